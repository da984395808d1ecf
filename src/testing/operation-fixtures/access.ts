// Owns the inputs of operations on sessions, tokens, grants and API keys.
import { apiKeyCreate } from '#domain/api-key/api-key.operations.ts'
import { startBackchannelAuthentication } from '#domain/backchannel-authentication/backchannel-authentication.service.ts'
import { clientGet } from '#domain/client/client.operations.ts'
import { delegationGrantCreate } from '#domain/delegation-grant/delegation-grant.operations.ts'
import { startDeviceAuthorization } from '#domain/device-authorization/device-authorization.service.ts'
import { DEVICE_CODE_GRANT } from '#domain/device-authorization/device-authorization.ts'
import { eventList } from '#domain/event/event.operations.ts'
import { grantList } from '#domain/grant/grant.operations.ts'
import { sessionList } from '#domain/session/session.operations.ts'
import { subjectMappingCreate } from '#domain/subject-mapping/subject-mapping.operations.ts'
import { trustedIssuerCreate } from '#domain/trusted-issuer/trusted-issuer.operations.ts'
import { webhookCreate } from '#domain/webhook/webhook.operations.ts'
import { createAccess } from '../access.ts'
import { issueTokenPair } from '../domain-fixtures.ts'
import { byId, type Fixture, type Fixtures, type Maker } from './maker.ts'

/** Longer than a session lasts, in milliseconds. */
const LONG_AGO = 4e10

const apiKey = (maker: Maker) => maker.run(apiKeyCreate, { name: maker.word(), permissions: ['users:read'] })
const webhook = (maker: Maker) =>
  maker.run(webhookCreate, { url: `https://${maker.word()}.example.com/`, events: ['user.*'] })
const issuance = byId(({ services }) => issueTokenPair(services.contextFor()))

/** What a user who is signed in has of something. */
async function ofUser(maker: Maker, list: typeof sessionList | typeof grantList): Promise<{ id: string }> {
  const user = await maker.busyUser()
  const { data } = await maker.run(list, { userId: user.id })
  const [one] = data
  if (!one) throw new Error('the user has none')
  return one
}
const session = byId((maker) => ofUser(maker, sessionList))
const grant = byId((maker) => ofUser(maker, grantList))

const event: Fixture = async (maker) => ({ input: { id: (await maker.run(eventList)).data[0]?.id } })

const decision: Fixture = ({ services: { clock, decisions, realm } }) => {
  const id = decisions.nextId()
  decisions.note({
    ...{ id, at: clock.now(), tenantId: realm.tenantId, realmId: realm.id, clientId: 'client', isKnown: true },
    ...{ network: '192.0.2.1', endpoint: 'token_endpoint', step: 'grant', error: 'invalid_grant', description: 'No.' },
    ...{ reason: null, meaning: null, advice: null, policy: null, policyValue: null, given: null },
  })
  return { input: { id } }
}

const delegation = async (maker: Maker) => ({
  fromUserId: (await maker.user()).id,
  toClientId: (await maker.client()).id,
  hops: 3,
  scopes: ['openid'],
  tokenBudget: 10,
})
const delegationGrant = byId(async (maker) => maker.run(delegationGrantCreate, await delegation(maker)))

const trusted = async (maker: Maker) => ({
  name: maker.word(),
  issuer: `https://${maker.word()}.example.com`,
  policies: [{ name: 'All', clients: [(await maker.client()).id] }],
})
const madeTrusted = async (maker: Maker) => maker.run(trustedIssuerCreate, await trusted(maker))
const trustedIssuer = byId(madeTrusted)
const mapping = async (maker: Maker) => ({
  trustedIssuerId: (await madeTrusted(maker)).id,
  subject: maker.word(),
  userId: (await maker.user()).id,
})
const madeMapping = async (maker: Maker) => maker.run(subjectMappingCreate, await mapping(maker))
const subjectMapping = byId(madeMapping)

const policy = async (maker: Maker) => {
  const { id, policies } = await madeTrusted(maker)
  return { trustedIssuerId: id, id: policies[0]?.id ?? '' }
}
const issuerPolicy = byId(policy)

/** A client that asked a user for an approval. */
const approval = byId(async (maker) => {
  const context = maker.services.contextFor()
  const user = await maker.user()
  const client = await context.read.clients.find(maker.services.realm.id, (await maker.client()).id)
  if (!client) throw new Error('the client was not made')
  const asked = { scopes: ['openid'], resources: [], details: [], aal: 1, hint: { userId: user.id }, loginHint: null }
  const request = { ...asked, bindingMessage: null, lifetime: undefined, notificationToken: undefined }
  const { authReqId } = await startBackchannelAuthentication(context, client.client, request)
  const hash = context.crypto.digest(authReqId)
  const made = await context.read.backchannelAuthentications.findByRequestId(hash)
  if (!made) throw new Error('the request was not made')
  return made
})

/** The code of a device that asks to be let in. */
const deviceCode = async (maker: Maker) => {
  const context = maker.services.contextFor()
  const made = await maker.client({ grantTypes: [DEVICE_CODE_GRANT], authMethod: 'none' })
  const named = await context.read.clients.find(maker.services.realm.id, made.id)
  if (!named) throw new Error('the client was not made')
  return (await startDeviceAuthorization(context, named.client, { scopes: ['openid'], resources: [] })).userCode
}

/** Calls of what is done to sessions, tokens, consents, keys, webhooks and the log. */
export const ACCESS: Fixtures = {
  'session.get': session,
  'session.revoke': session,
  'session.revoke_all': async (maker) => ({ input: { userId: (await maker.busyUser()).id } }),
  'session.purge': async (maker) => {
    const { clock, database, realm, tenantId } = maker.services
    const [{ id }, { id: clientId }] = [await maker.user(), await maker.client()]
    await createAccess(database, { id, tenantId }, { realmId: realm.id, clientId }, clock.now() - LONG_AGO)
    return { input: {} }
  },
  'api_key.update': byId(apiKey, undefined, { name: 'Another', permissions: ['users:read', 'groups:read'] }),
  'api_key.rotate': byId(apiKey),
  'grant.create': async (maker) => ({
    input: { userId: (await maker.user()).id, client: (await maker.client()).clientId, scopes: ['openid'] },
  }),
  'grant.revoke_matching': async (maker) => ({
    input: { pattern: (await maker.run(clientGet, { id: (await maker.busyClient()).id })).clientId, reason: 'a test' },
  }),
  'grant.get': grant,
  'grant.list_of_user': async (maker) => ({ input: { userId: (await maker.user()).id } }),
  'backchannel_authentication.get': approval,
  'device_authorization.approve': async (maker) => ({
    input: { userCode: await deviceCode(maker), userId: (await maker.user()).id },
  }),
  'device_authorization.deny': async (maker) => ({ input: { userCode: await deviceCode(maker) } }),
  'grant.revoke': grant,
  'trusted_issuer.create': async (maker) => ({ input: await trusted(maker) }),
  'trusted_issuer.get': trustedIssuer,
  'trusted_issuer.update': async (maker) => ({
    input: { id: (await madeTrusted(maker)).id, name: maker.word(), accepts: ['jwt_bearer'], policies: [] },
  }),
  'trusted_issuer.delete': byId(async (maker) => ({ id: (await madeMapping(maker)).trustedIssuerId })),
  'trusted_issuer.refresh_keys': trustedIssuer,
  'issuer_policy.create': async (maker) => ({
    input: { trustedIssuerId: (await madeTrusted(maker)).id, name: maker.word(), scopes: ['openid'] },
  }),
  'issuer_policy.get': issuerPolicy,
  'issuer_policy.update': async (maker) => ({ input: { id: (await policy(maker)).id, enabled: false } }),
  'issuer_policy.delete': issuerPolicy,
  'subject_mapping.create': async (maker) => ({ input: await mapping(maker) }),
  'subject_mapping.get': subjectMapping,
  'subject_mapping.delete': subjectMapping,
  'delegation_grant.create': [
    async (maker) => ({ input: await delegation(maker) }),
    async (maker) => ({ input: { fromAgentId: (await maker.agent()).id, toAgentId: (await maker.agent()).id } }),
  ],
  'delegation_grant.get': delegationGrant,
  'delegation_grant.revoke': delegationGrant,
  'issuance.get': issuance,
  'issuance.revoke': issuance,
  'revocation.simulate': async (maker) => ({ input: { userId: (await maker.busyUser()).id } }),
  'revocation.create': [
    async (maker) => ({ input: { userId: (await maker.busyUser()).id } }),
    async (maker) => ({ input: { grantId: (await ofUser(maker, grantList)).id, reason: 'a test' } }),
    async (maker) => ({ input: { sessionId: (await ofUser(maker, sessionList)).id } }),
    async ({ services }) => ({ input: { tokenId: (await issueTokenPair(services.contextFor())).id } }),
  ],

  'api_key.create': (maker) => ({ input: { name: maker.word(), permissions: ['users:read'] } }),
  'api_key.get': byId(apiKey),
  'api_key.revoke': byId(apiKey),

  'event.purge': () => ({ input: { before: '2020-01-01T00:00:00Z' } }),
  'webhook.create': () => ({ input: { url: 'https://hooks.example.com/', events: ['user.*'] } }),
  'webhook.get': byId(webhook),
  'webhook.update': async (maker) => ({ input: { id: (await webhook(maker)).id, active: false, events: ['role.*'] } }),
  'webhook.delete': byId(webhook),
  'webhook.rotate_secret': async (maker) => ({ input: { id: (await webhook(maker)).id, overlapSeconds: 60 } }),
  'webhook.list_deliveries': byId(webhook),
  'webhook.test': byId(webhook),
  'webhook.replay': async (maker) => ({ input: { id: (await webhook(maker)).id, fromSeq: 1 } }),

  'event.get': event,
  'decision.get': decision,
}
