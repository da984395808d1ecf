// Checks that nobody gets by one permission what another permission guards.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { registrationCreate, registrationUpdate } from '#domain/application/registration.operations.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { failure } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { administratorRenewLink } from './administrator/administrator.operations.ts'
import { agentCreate, agentRotateSecret, agentUpdate } from './agent/agent.operations.ts'
import { CIBA_GRANT } from './client/backchannel.ts'
import { clientCreate, clientRotateSecret, clientUpdate } from './client/client.operations.ts'
import { registerClient } from './client/registration.service.ts'
import type { Context } from './context.ts'
import { groupAddMembers, groupCreate, groupNest } from './group/group.operations.ts'
import { invitationCreate } from './organization/invitation.operations.ts'
import {
  organizationAddMember,
  organizationCreate,
  organizationUpdateMember,
} from './organization/organization.operations.ts'
import { realmCreate, realmUpdate } from './realm/realm.operations.ts'
import { resourceCreate } from './resource/resource.operations.ts'
import { roleAssign, roleCreate } from './role/role.operations.ts'
import { userCreate } from './user/user.operations.ts'
import { webhookCreate, webhookReplay, webhookUpdate } from './webhook/webhook.operations.ts'

let services: TestServices
before(async () => {
  services = await openTestServices()
})
after(() => services.close())

const all = () => services.contextFor()
const holding = (...permissions: string[]) => services.contextFor({ permissions })
/** A person with the same permissions, whose sign-in is too old for a credential. */
const staleUser = (context: Context): Context => {
  const authenticatedAt = services.clock.now() - 901_000
  return { ...context, actor: { ...context.actor, kind: 'user', id: services.random.id(), authenticatedAt } }
}

test('webhooks:write alone delivers no events: not from now on, and not the log by a replay from 1', async () => {
  const given = { url: 'https://receiver.example/', events: ['*'] }
  const alone = holding('webhooks:write')
  const both = holding('webhooks:write', 'events:read')
  await assert.rejects(callOperation(webhookCreate, alone, given), failure('forbidden'))
  const { id } = await callOperation(webhookCreate, both, given)
  await assert.rejects(callOperation(webhookReplay, alone, { id, fromSeq: 1 }), failure('forbidden'))
  await callOperation(webhookReplay, both, { id, fromSeq: 1 })
  for (const change of [{ url: 'https://other.example/' }, { events: ['user.*'] }, { active: true }]) {
    await assert.rejects(callOperation(webhookUpdate, alone, { id, ...change }), failure('forbidden'))
  }
  await callOperation(webhookUpdate, alone, { id, active: false })
})

test('administrators:write and credentials:write without * make no link for a super_admin', async () => {
  const program = holding('administrators:write', 'credentials:write', 'administrators:*')
  await assert.rejects(callOperation(administratorRenewLink, program), failure('forbidden'))
  assert.match((await callOperation(administratorRenewLink, all())).url, /bootstrap=/)
})

test('clients:write alone rotates and changes no agent’s client', async () => {
  const agent = await callOperation(agentCreate, all(), { name: 'Clerk' })
  const client = await services.registry.client(services.tenantId, services.realm.id, agent.clientId)
  const id = client?.id ?? ''
  const alone = holding('clients:write')
  await assert.rejects(callOperation(clientRotateSecret, alone, { id }), failure('forbidden'))
  await assert.rejects(callOperation(clientUpdate, alone, { id, label: 'Mine' }), failure('forbidden'))
  await callOperation(clientRotateSecret, holding('clients:write', 'agents:write'), { id })
  await callOperation(agentRotateSecret, holding('agents:write'), { id: agent.id })
})

test('who gives a client other keys makes a credential: programs need credentials:write, and persons a fresh sign-in', async () => {
  const keys = (kid: string) => ({
    keys: [{ kty: 'OKP', crv: 'Ed25519', kid, x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }],
  })
  const given = { label: 'Signs', authMethod: 'private_key_jwt', grantTypes: ['client_credentials'], jwks: keys('a') }
  const { id } = await callOperation(clientCreate, all(), given)
  const program = holding('clients:write')
  await callOperation(clientUpdate, program, { id, label: 'Renamed', jwks: keys('a') })
  const other = { id, jwks: keys('b') }
  await assert.rejects(callOperation(clientUpdate, program, other), failure('forbidden'))
  const elsewhere = { id, jwks: null, jwksUri: 'https://keys.example/jwks.json' }
  await assert.rejects(callOperation(clientUpdate, program, elsewhere), failure('forbidden'))
  await callOperation(clientUpdate, holding('clients:write', 'credentials:write'), other)
  const person = (authenticatedAt: number) => ({
    ...program,
    actor: { ...program.actor, kind: 'user' as const, id: services.random.id(), authenticatedAt },
  })
  const stale = person(services.clock.now() - 901_000)
  const back = { id, jwks: keys('c') }
  await assert.rejects(callOperation(clientUpdate, stale, back), failure('insufficient_user_authentication'))
  await callOperation(clientUpdate, stale, { id, label: 'Signs again' })
  await callOperation(clientUpdate, person(services.clock.now()), back)
})

test('clients:write alone lets no client introspect every token or skip consent, nor takes one over that does', async () => {
  const alone = holding('clients:write', 'credentials:write')
  for (const [member, permission] of [
    ['introspectAllTokens', 'issuances:read'],
    ['firstParty', 'grants:write'],
  ] as const) {
    const given = { label: 'Opens', redirectUris: ['https://app.example/cb'], [member]: true }
    const both = holding('clients:write', 'credentials:write', permission)
    await assert.rejects(callOperation(clientCreate, alone, given), failure('forbidden'), member)
    const { id } = await callOperation(clientCreate, alone, { ...given, [member]: false })
    await assert.rejects(callOperation(clientUpdate, alone, { id, [member]: true }), failure('forbidden'), member)
    await callOperation(clientUpdate, alone, { id, label: 'Plain' })
    await callOperation(clientUpdate, both, { id, [member]: true })
    const elsewhere = { id, redirectUris: ['https://evil.example/cb'] }
    await assert.rejects(callOperation(clientUpdate, alone, elsewhere), failure('forbidden'), member)
    await assert.rejects(callOperation(clientRotateSecret, alone, { id }), failure('forbidden'), member)
    await callOperation(clientRotateSecret, both, { id })
  }
})

for (const [scope, ...needed] of [
  ['global_token_revocation', 'revocations:write', 'sessions:write'],
  ['ssf.manage', 'sessions:read', 'users:read'],
] as const) {
  test(`clients:write or agents:write alone gives no client ${scope}, nor takes one over that has it`, async () => {
    for (const [own, create, update, rotate, given] of [
      [
        'clients:write',
        clientCreate,
        clientUpdate,
        clientRotateSecret,
        { label: 'Able', grantTypes: ['client_credentials'] },
      ],
      ['agents:write', agentCreate, agentUpdate, agentRotateSecret, { name: 'Able' }],
    ] as const) {
      const member = own === 'agents:write' ? 'allowedScopes' : 'scopes'
      const call = (permissions: readonly string[], operation: object, input: object) => {
        const context = holding(own, 'credentials:write', ...permissions)
        return callOperation(operation as typeof agentUpdate, context, input as never)
      }
      for (const some of [[], ...needed.map((one) => [one])]) {
        await assert.rejects(call(some, create, { ...given, [member]: [scope] }), failure('forbidden'), own)
      }
      const { id } = await call([], create, given)
      await assert.rejects(call([], update, { id, [member]: [scope] }), failure('forbidden'), own)
      await call(needed, update, { id, [member]: [scope] })
      await assert.rejects(call([], rotate, { id }), failure('forbidden'), own)
      await call(needed, rotate, { id })
    }
  })
}

test('groups:write alone puts nobody into a group that has a role, or that lies in one', async () => {
  const { id: userId } = await callOperation(userCreate, all(), { email: 'ann@example.com' })
  const [outer, inner, plain] = [
    await callOperation(groupCreate, all(), { name: 'Outer' }),
    await callOperation(groupCreate, all(), { name: 'Inner' }),
    await callOperation(groupCreate, all(), { name: 'Plain' }),
  ]
  const role = await callOperation(roleCreate, all(), { name: 'reader', permissions: ['orders:read'] })
  await callOperation(roleAssign, all(), { id: role.id, groupId: outer.id })
  await callOperation(groupNest, all(), { id: outer.id, childGroupId: inner.id })
  const alone = holding('groups:write')
  for (const { id } of [outer, inner]) {
    await assert.rejects(callOperation(groupAddMembers, alone, { id, userIds: [userId] }), failure('forbidden'))
    await assert.rejects(callOperation(groupNest, alone, { id, childGroupId: plain.id }), failure('forbidden'))
  }
  await callOperation(groupAddMembers, alone, { id: plain.id, userIds: [userId] })
  await callOperation(groupAddMembers, holding('groups:write', 'roles:write'), { id: inner.id, userIds: [userId] })
})

test('organizations:write alone gives no member permissions, and leaves those that a member has', async () => {
  const { id: userId } = await callOperation(userCreate, all(), { email: 'bob@example.com' })
  const { id } = await callOperation(organizationCreate, all(), { name: 'Team' })
  const alone = holding('organizations:write')
  const permissions = ['orders:refund']
  const guest = { id, email: 'eve@example.com', acceptUrl: 'https://app.example/join', mail: false }
  await assert.rejects(callOperation(organizationAddMember, alone, { id, userId, permissions }), failure('forbidden'))
  await assert.rejects(callOperation(invitationCreate, alone, { ...guest, permissions }), failure('forbidden'))
  await callOperation(organizationAddMember, alone, { id, userId })
  const change = { id, userId, permissions }
  await assert.rejects(callOperation(organizationUpdateMember, alone, change), failure('forbidden'))
  await callOperation(organizationUpdateMember, holding('organizations:write', 'roles:write'), change)
  await callOperation(organizationUpdateMember, alone, { ...change, role: 'admin' })
  await callOperation(organizationUpdateMember, alone, { id, userId, permissions: [] })
  await callOperation(invitationCreate, alone, guest)
})

test('realms:write alone changes neither the algorithm nor the rotation of keys', async () => {
  const alone = holding('realms:write')
  for (const change of [{ algorithm: 'EdDSA' }, { policy: { keyRotationDays: 30 } }]) {
    await assert.rejects(callOperation(realmUpdate, alone, change), failure('forbidden'), JSON.stringify(change))
  }
  await callOperation(realmUpdate, alone, { name: 'Renamed' })
  await callOperation(realmUpdate, holding('realms:write', 'keys:write'), { policy: { keyRotationDays: 30 } })
})

test('realms:write alone lets nobody register clients', async () => {
  const alone = holding('realms:write')
  const policy = { registration: { mode: 'open' } }
  await assert.rejects(callOperation(realmUpdate, alone, { policy }), failure('forbidden'))
  await assert.rejects(callOperation(realmCreate, alone, { name: 'Open', policy }), failure('forbidden'))
  for (const change of [{ clientIdMetadata: 'any_https' }, { clientIdMetadataHosts: ['app.example'] }]) {
    await assert.rejects(callOperation(realmUpdate, alone, { policy: change }), failure('forbidden'))
  }
  const both = holding('realms:write', 'clients:write')
  await callOperation(realmUpdate, both, { policy: { registration: { mode: 'admin_only' } } })
  const opened = [{ mode: 'open' }, { mode: 'approved_redirects' }, { clientCredentials: true }]
  for (const registration of opened) {
    const change = { policy: { registration } }
    await assert.rejects(callOperation(realmUpdate, both, change), failure('forbidden'), JSON.stringify(registration))
    await assert.rejects(callOperation(realmCreate, both, { name: 'Open', ...change }), failure('forbidden'))
  }
  const stale = staleUser(both)
  await assert.rejects(callOperation(realmUpdate, stale, { policy }), failure('insufficient_user_authentication'))
  await callOperation(realmUpdate, holding('realms:write', 'clients:write', 'credentials:write'), { policy })
  await callOperation(realmUpdate, both, { policy: { registration: { mode: 'admin_only' } } })
})

test('clients:write alone gives a client that registered itself no rights of its own', async () => {
  const policy = { registration: { mode: 'open' as const, clientCredentials: true } }
  await callOperation(realmUpdate, all(), { policy })
  const realm = (await services.registry.realmById(services.realm.id))?.realm
  assert.ok(realm)
  const document = { grant_types: ['client_credentials'], client_name: 'Mine' }
  const {
    client: { id },
  } = await registerClient(services.contextFor({ realm }), document, undefined)
  const resource = { identifier: 'https://notes.example/', name: 'Notes', scopes: [{ name: 'notes:read' }] }
  await callOperation(resourceCreate, all(), resource)
  const alone = holding('clients:write', 'grants:write', 'issuances:read')
  for (const change of [
    { scopes: ['notes:read'] },
    { audiences: [resource.identifier] },
    { introspectAllTokens: true },
    { tokenExchangeAllowed: true },
    { redirectUris: ['https://app.example/cb'], grantTypes: ['client_credentials', 'authorization_code'] },
  ]) {
    const attempt = (context: Context) => callOperation(clientUpdate, context, { id, ...change })
    await assert.rejects(attempt(alone), failure('forbidden'), JSON.stringify(change))
    await assert.rejects(attempt(staleUser(alone)), failure('insufficient_user_authentication'), JSON.stringify(change))
  }
  await callOperation(clientUpdate, alone, { id, label: 'Theirs' })
  const both = holding('clients:write', 'credentials:write')
  await callOperation(clientUpdate, both, { id, scopes: ['notes:read'], audiences: [resource.identifier] })
  await callOperation(clientUpdate, alone, { id, scopes: [], audiences: [] })
})

test('clients:write alone sends the codes of a client nowhere else', async () => {
  const redirectUris = ['https://app.example/cb', 'https://app.example/old']
  const { id } = await callOperation(clientCreate, all(), { label: 'Sends', redirectUris })
  const alone = holding('clients:write')
  for (const added of ['https://evil.example/cb', 'https://app.example/other']) {
    const change = { id, redirectUris: [...redirectUris, added] }
    await assert.rejects(callOperation(clientUpdate, alone, change), failure('forbidden'))
    await assert.rejects(
      callOperation(clientUpdate, staleUser(alone), change),
      failure('insufficient_user_authentication'),
    )
  }
  await callOperation(clientUpdate, alone, { id, redirectUris: ['https://app.example/cb'] })
  await callOperation(clientUpdate, holding('clients:write', 'credentials:write'), { id, redirectUris })
})

test('clients:write alone has the tokens of a client pushed nowhere else', async () => {
  const endpoint = (path: string) => ({ backchannelClientNotificationEndpoint: `https://app.example/${path}` })
  const given = { label: 'Pings', grantTypes: [CIBA_GRANT], ...endpoint('cb'), backchannelTokenDeliveryMode: 'ping' }
  const { id } = await callOperation(clientCreate, all(), given)
  const [alone, both] = [holding('clients:write'), holding('clients:write', 'credentials:write')]
  for (const change of [
    { id, backchannelTokenDeliveryMode: 'push' },
    { id, ...endpoint('evil') },
  ]) {
    await assert.rejects(callOperation(clientUpdate, alone, change), failure('forbidden'))
    await assert.rejects(
      callOperation(clientUpdate, staleUser(alone), change),
      failure('insufficient_user_authentication'),
    )
    await callOperation(clientUpdate, both, change)
  }
  const poll = { id, backchannelTokenDeliveryMode: 'poll', backchannelClientNotificationEndpoint: null }
  await callOperation(clientUpdate, alone, poll)
  const back = { ...poll, ...endpoint('evil'), backchannelTokenDeliveryMode: 'ping' }
  await assert.rejects(callOperation(clientUpdate, alone, back), failure('forbidden'))
})

test('organizations:write alone is shown no link that makes an account', async () => {
  const { id } = await callOperation(organizationCreate, all(), { name: 'Guests' })
  const alone = holding('organizations:write')
  const guest = (email: string) => ({ id, email, role: 'admin' })
  const invite = (context: Context, email: string) => callOperation(invitationCreate, context, guest(email))
  await assert.rejects(invite(alone, 'ceo@example.com'), failure('forbidden'))
  await assert.rejects(invite(holding('organizations:write', 'users:write'), 'ceo@example.com'), failure('forbidden'))
  await assert.rejects(
    invite(holding('organizations:write', 'credentials:write'), 'ceo@example.com'),
    failure('forbidden'),
  )
  const stale = staleUser(holding('organizations:write', 'users:write'))
  await assert.rejects(invite(stale, 'ceo@example.com'), failure('insufficient_user_authentication'))
  const { acceptUrl } = await invite(
    holding('organizations:write', 'users:write', 'credentials:write'),
    'ceo@example.com',
  )
  assert.match(String(acceptUrl), /invitation=/)
})

test('clients:write and applications:write alone make, change and rotate no client that administers the platform', async () => {
  const registration = (scopes: string[]) => ({ name: 'Nightly', level: 'global', type: 'service', scopes })
  const both = ['applications:write', 'clients:write']
  const wanted = registration(['admin:write'])
  await assert.rejects(
    callOperation(registrationCreate, holding('applications:write'), registration([])),
    failure('forbidden'),
  )
  await assert.rejects(callOperation(registrationCreate, holding(...both), wanted), failure('forbidden'))
  const plain = await callOperation(registrationCreate, holding(...both), { ...registration([]), name: 'Plain' })
  const { id: applicationId } = await callOperation(registrationCreate, all(), wanted)
  const clientOf = async (id: string) =>
    (await all().read.applications.findWithClient(services.realm.id, id))?.client?.id ?? ''
  const clients = holding('clients:write')
  const grant = { id: await clientOf(plain.id), scopes: ['admin:read'] }
  await assert.rejects(callOperation(clientUpdate, clients, grant), failure('forbidden'))
  const id = await clientOf(applicationId)
  await assert.rejects(callOperation(clientRotateSecret, clients, { id }), failure('forbidden'))
  await assert.rejects(callOperation(clientUpdate, clients, { id, label: 'Mine' }), failure('forbidden'))
  const suspension = { id: applicationId, status: 'suspended' }
  await assert.rejects(callOperation(registrationUpdate, holding(...both), suspension), failure('forbidden'))
  await callOperation(registrationUpdate, all(), suspension)
})
