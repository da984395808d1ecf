// One object of every kind that paths can name, in a tenant of a running server, for calls by callers without access.

import { REQUEST_ID } from '#domain/decision/request-id.ts'
import { ID_PREFIXES, type Noun, parseId } from '#kernel/id.ts'
import { issuerOfClient, makeAdminClient } from './admin-realm.ts'
import { askingDevice } from './asking-device.ts'
import { administrator } from './control-plane.ts'
import { keptMail } from './kept-mail.ts'
import { signInAtProvider } from './linked-account.ts'
import { OIDC_PROVIDER } from './provider-members.ts'
import { getEnrolled, getTokens } from './realm-tokens.ts'
import type { TestServer } from './server.ts'

/** Where things are made. */
export interface TestTenant {
  readonly server: TestServer
  /** The tenant’s. */
  readonly id: string
  readonly partnerId: string
  /** Of the realm that the tenant came with. */
  readonly issuerId: string
  /** A receiver of webhooks. */
  readonly hook: string
  /** The ids of what was made in it, as the native API writes them. */
  readonly made: Set<string>
}

/** Ids of the path’s parameters in their order, without the realm’s. */
export type Ids = readonly string[]

let made = 0

/** A name that was not used before. */
export function uniqueName(word = 'thing'): string {
  return `${word}-${++made}`
}

interface Made {
  readonly id: string
}

async function make(site: TestTenant, path: string, body: object): Promise<string> {
  const inRealm = path.startsWith('/v1/realms/')
  const { id } = await site.server.api<Made>('POST', inRealm ? path : `${path}?tenant_id=${site.id}`, body)
  site.made.add(id)
  return id
}

const realm = ({ issuerId }: TestTenant) => `/v1/realms/${issuerId}`

async function newest(site: TestTenant, path: string): Promise<string> {
  const { data } = await site.server.api<{ data: Made[] }>('GET', path)
  if (!data[0]) throw new Error(`${path} is empty`)
  site.made.add(data[0].id)
  return data[0].id
}

async function user(site: TestTenant): Promise<string> {
  return make(site, `${realm(site)}/users`, { email: `${uniqueName('user')}@${site.id.slice(4)}.example` })
}
async function group(site: TestTenant): Promise<string> {
  return make(site, `${realm(site)}/groups`, { name: uniqueName('group') })
}
async function organization(site: TestTenant): Promise<string> {
  return make(site, `${realm(site)}/organizations`, { name: 'Team', slug: uniqueName('team') })
}
async function project(site: TestTenant): Promise<string> {
  return make(site, '/v1/projects', { name: uniqueName('project') })
}

async function member(site: TestTenant): Promise<Ids> {
  const ids = [await group(site), await user(site)] as const
  await site.server.api('POST', `${realm(site)}/groups/${ids[0]}/members`, { user_ids: [ids[1]] })
  return ids
}

/** A permission that the realm knows. */
async function rolePermission(site: TestTenant): Promise<string> {
  const permission = `${uniqueName('docs')}:read`
  await site.server.api('POST', `${realm(site)}/role-permissions`, { permission })
  return permission
}

/** What SharkAuth calls a permission. */
export function permissionId(permission: string): string {
  return `perm_${btoa(permission).replaceAll('=', '')}`
}

/** A role and a permission that it has. */
async function rolesPermission(site: TestTenant): Promise<Ids> {
  const permission = await rolePermission(site)
  return [await make(site, `${realm(site)}/roles`, { name: uniqueName('role'), permissions: [permission] }), permission]
}

async function userRole(site: TestTenant): Promise<Ids> {
  const role = await make(site, `${realm(site)}/roles`, { name: uniqueName('role') })
  const userId = await user(site)
  await site.server.api('POST', `${realm(site)}/roles/${role}/assign`, { user_id: userId })
  return [userId, role]
}

async function nested(site: TestTenant): Promise<Ids> {
  const ids = [await group(site), await group(site)] as const
  await site.server.api('POST', `${realm(site)}/groups/${ids[0]}/children`, { child_group_id: ids[1] })
  return ids
}

async function organizationMember(site: TestTenant): Promise<Ids> {
  const ids = [await organization(site), await user(site)] as const
  await site.server.api('POST', `${realm(site)}/organizations/${ids[0]}/members`, { user_id: ids[1] })
  return ids
}

async function invitation(site: TestTenant): Promise<Ids> {
  const id = await organization(site)
  const guest = { email: `${uniqueName('guest')}@${site.id.slice(4)}.example`, accept_url: 'https://app.example/join' }
  return [id, await make(site, `${realm(site)}/organizations/${id}/invitations`, guest)]
}

async function projectKey(site: TestTenant): Promise<Ids> {
  const id = await project(site)
  return [id, await make(site, `/v1/projects/${id}/keys`, { name: 'Key' })]
}

async function provider(site: TestTenant): Promise<string> {
  return make(site, `${realm(site)}/identity-providers`, {
    provider_type: 'oidc',
    name: uniqueName('provider'),
    ...OIDC_PROVIDER,
  })
}

async function brokerProvider(site: TestTenant): Promise<string> {
  return make(site, `${realm(site)}/broker-providers`, { slug: uniqueName('keys'), protocol: 'api_key' })
}

/** A key that a user has at a provider. */
async function connection(site: TestTenant): Promise<string> {
  const email = `${uniqueName('connected')}@${site.id.slice(4)}.example`
  const userId = await make(site, `${realm(site)}/users`, { email })
  const given = { user_id: userId, provider_id: await brokerProvider(site), access_token: 'a-key' }
  return make(site, `${realm(site)}/connections`, given)
}

/** Signs somebody in, so that there is a session, a consent and a token. */
async function signedIn(site: TestTenant, what: 'sessions' | 'grants' | 'issuances'): Promise<Ids> {
  const { userId } = await getTokens(site.server, site.issuerId)
  return [await newest(site, `${realm(site)}/${what}?user_id=${userId}`)]
}

async function administratorSession(site: TestTenant): Promise<string> {
  const query = `?tenant_id=${site.id}`
  const issuer = issuerOfClient(await makeAdminClient(site.server, query))
  const { id } = await administrator(site.server, issuer, { role: 'tenant_admin' }, query)
  return newest(site, `/v1/administrator-sessions${query}&user_id=${id}`)
}

/** A client that asked a user for an approval. */
async function approval(site: TestTenant): Promise<string> {
  const email = `${uniqueName('asked')}@${site.id.slice(4)}.example`
  await make(site, `${realm(site)}/users`, { email })
  const client = await site.server.api<{ client_id: string; client_secret: string }>('POST', `${realm(site)}/clients`, {
    label: 'Asks',
    grant_types: ['urn:openid:params:grant-type:ciba'],
    redirect_uris: [],
  })
  const { status } = await fetch(`${site.server.url}/realms/${site.issuerId}/oauth/bc-authorize`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}` },
    body: new URLSearchParams({ scope: 'openid', login_hint: email }),
  })
  if (status !== 200) throw new Error(`the request was refused with ${status}`)
  return newest(site, `${realm(site)}/backchannel-authentications`)
}

async function trustedIssuer(site: TestTenant): Promise<string> {
  const issuer = `https://${uniqueName('idp')}.example`
  return make(site, `${realm(site)}/trusted-issuers`, { name: 'Company', issuer })
}

async function application(site: TestTenant): Promise<string> {
  return make(site, `${realm(site)}/applications`, { name: uniqueName('application') })
}

async function proxySite(site: TestTenant): Promise<string> {
  const given = { public_url: `https://${uniqueName('app')}.example`, upstream: 'https://upstream.example' }
  return make(site, `${realm(site)}/proxy-sites`, { ...given, application_id: await application(site) })
}

async function proxyRule(site: TestTenant): Promise<string> {
  return make(site, `${realm(site)}/proxy-rules`, { name: uniqueName('rule'), path: '/x/*' })
}

/** The issuer of the next mappings and policies of a tenant: a realm trusts only so many, which have only so many. */
const issuers = new WeakMap<TestTenant, { readonly id: Promise<string>; uses: number }>()

function sharedIssuer(site: TestTenant): Promise<string> {
  const known = issuers.get(site)
  const issuer = known && known.uses < 20 ? known : { id: trustedIssuer(site), uses: 0 }
  issuer.uses++
  issuers.set(site, issuer)
  return issuer.id
}

async function subjectMapping(site: TestTenant): Promise<string> {
  const email = `${uniqueName('mapped')}@${site.id.slice(4)}.example`
  const userId = await make(site, `${realm(site)}/users`, { email })
  const given = { trusted_issuer_id: await sharedIssuer(site), subject: uniqueName('them'), user_id: userId }
  return make(site, `${realm(site)}/subject-mappings`, given)
}

async function issuerPolicy(site: TestTenant): Promise<string> {
  return make(site, `${realm(site)}/issuer-policies`, { trusted_issuer_id: await sharedIssuer(site), name: 'All' })
}

/** A client that may act for a user. */
async function delegationGrant(site: TestTenant): Promise<string> {
  const email = `${uniqueName('from')}@${site.id.slice(4)}.example`
  const fromUser = await make(site, `${realm(site)}/users`, { email })
  const client = { label: 'Acts', grant_types: ['client_credentials'] }
  const toClient = await make(site, `${realm(site)}/clients`, client)
  return make(site, `${realm(site)}/delegation-grants`, { from_user_id: fromUser, to_client_id: toClient })
}

async function deviceCode(site: TestTenant): Promise<string> {
  return (await askingDevice(site.server, site.issuerId)).userCode
}

async function webhook(site: TestTenant): Promise<string> {
  return make(site, '/v1/webhooks', { url: site.hook, events: ['partner.*'] })
}

async function event(site: TestTenant): Promise<string> {
  return newest(site, `/v1/events?tenant_id=${site.id}`)
}

async function tenant({ server, partnerId }: TestTenant): Promise<string> {
  const body = { name: 'Tenant', slug: uniqueName('tenant'), partner_id: partnerId }
  return (await server.api<Made>('POST', '/v1/tenants', body)).id
}

async function partner({ server }: TestTenant): Promise<string> {
  return (await server.api<Made>('POST', '/v1/partners', { name: 'Partner', slug: uniqueName('partner') })).id
}

async function client(site: TestTenant): Promise<string> {
  return make(site, `${realm(site)}/clients`, { label: 'C', grant_types: ['client_credentials'] })
}

async function resource(site: TestTenant): Promise<string> {
  return make(site, '/v1/resources', { identifier: `https://${uniqueName('api')}.example/`, name: 'A' })
}

async function resourceClient(site: TestTenant): Promise<Ids> {
  return [await resource(site), await client(site)]
}

const SCOPED = { scopes: [{ name: 'read', description: 'Read' }] }

/** Two resources, one behind the other. */
async function frontingLink(site: TestTenant): Promise<Ids> {
  const [source = '', target = ''] = await Promise.all(
    ['gateway', 'behind'].map((word) =>
      make(site, '/v1/resources', { ...SCOPED, identifier: `https://${uniqueName(word)}.example/` }),
    ),
  )
  const link = { source, target, scope_map: { read: ['read'] } }
  await site.server.api('POST', `/v1/fronting-links?tenant_id=${site.id}`, link)
  return [source, target]
}

const one = (maker: (site: TestTenant) => Promise<string>) => async (site: TestTenant) => [await maker(site)]

/** Somebody with an authenticator app. */
async function authenticator(site: TestTenant): Promise<Ids> {
  const userId = await getEnrolled(site.server, site.issuerId)
  return [userId, await newest(site, `${realm(site)}/users/${userId}/authenticators`)]
}

/** Somebody who signed in at an identity provider. */
async function linkedAccount(site: TestTenant): Promise<Ids> {
  const email = `${uniqueName('linked')}@${site.id.slice(4)}.example`
  await signInAtProvider(site.server, site.issuerId, email)
  const userId = await newest(site, `${realm(site)}/users?search=${email}`)
  return [userId, await newest(site, `${realm(site)}/users/${userId}/linked-accounts`)]
}

/** Somebody with a browser that is remembered. */
async function rememberedDevice(site: TestTenant): Promise<Ids> {
  await site.server.api('PATCH', realm(site), { policy: { remembered_device_days: 30 } })
  const userId = await getEnrolled(site.server, site.issuerId, true)
  return [userId, await newest(site, `${realm(site)}/users/${userId}/remembered-devices`)]
}

/** A request that the tenant’s realm refused; the id is that of the decision. */
async function refusedRequest({ server, issuerId }: TestTenant): Promise<string> {
  const { headers } = await fetch(`${server.url}/realms/${issuerId}/oauth/authorize`)
  return headers.get('x-request-id') ?? ''
}

/** How what a path names is made, by the words before the path’s parameters. */
const MAKERS: Readonly<Record<string, (site: TestTenant) => Promise<Ids>>> = {
  partners: one(partner),
  tenants: one(tenant),
  directories: one((site) => newest(site, `/v1/directories?tenant_id=${site.id}`)),
  projects: one(project),
  'projects/keys': projectKey,
  'projects/api-keys': projectKey,
  users: one(user),
  'users/authenticators': authenticator,
  'users/linked-accounts': linkedAccount,
  'users/remembered-devices': rememberedDevice,
  'users/roles': userRole,
  'users/oauth-accounts': linkedAccount,
  groups: one(group),
  'groups/members': member,
  'groups/children': nested,
  'groups/nested': nested,
  organizations: one(organization),
  'organizations/members': organizationMember,
  'organizations/invitations': invitation,
  roles: one((site) => make(site, `${realm(site)}/roles`, { name: uniqueName('role') })),
  'role-permissions': async (site) => [await rolePermission(site)],
  permissions: async (site) => [permissionId(await rolePermission(site))],
  'roles/permissions': rolesPermission,
  clients: one(client),
  applications: one(application),
  apps: one(async (site) => {
    const body = { label: uniqueName('app'), grant_types: ['client_credentials'] }
    const path = `${realm(site)}/clients`
    const { application } = await site.server.api<{ application: Made }>('POST', path, body)
    site.made.add(application.id)
    return application.id
  }),
  flows: one((site) =>
    make(site, `${realm(site)}/flows`, {
      name: uniqueName('flow'),
      trigger: 'login',
      mode: 'disabled',
      steps: [{ type: 'require_mfa_challenge' }],
    }),
  ),
  'identity-providers': one(provider),
  'broker-providers': one(brokerProvider),
  providers: one(brokerProvider),
  broker: one(connection),
  connections: one(connection),
  'initial-access-tokens': one((site) =>
    make(site, `${realm(site)}/initial-access-tokens`, { name: uniqueName('token') }),
  ),
  agents: one((site) => make(site, `${realm(site)}/agents`, { name: uniqueName('agent') })),
  sessions: (site) => signedIn(site, 'sessions'),
  grants: (site) => signedIn(site, 'grants'),
  consents: (site) => signedIn(site, 'grants'),
  consent: (site) => signedIn(site, 'grants'),
  'email-domains': one((site) => make(site, `${realm(site)}/email-domains`, { domain: `${uniqueName('d')}.example` })),
  'delegation-grants': one(delegationGrant),
  'may-act': one(delegationGrant),
  'trusted-issuers': one(trustedIssuer),
  'issuer-policies': one(issuerPolicy),
  idps: one(trustedIssuer),
  policies: one(issuerPolicy),
  'proxy-sites': one(proxySite),
  'proxy-rules': one(proxyRule),
  'rules/db': one(proxyRule),
  db: one(proxyRule),
  'subject-mappings': one(subjectMapping),
  'fronting-links': frontingLink,
  fronting: frontingLink,
  issuances: (site) => signedIn(site, 'issuances'),
  'backchannel-authentications': one(approval),
  'device-authorizations': one(deviceCode),
  'device-codes': one(deviceCode),
  resources: one(resource),
  tokens: (site) => signedIn(site, 'issuances'),
  'resources/exchange-clients': resourceClient,
  'resources/runtime-clients': resourceClient,
  'resources/allowed-clients': resourceClient,
  'resources/client-ids': resourceClient,
  'api-clients': one((site) => make(site, '/v1/api-clients', { label: 'Program' })),
  administrators: one((site) => make(site, '/v1/administrators', { email: `${uniqueName('admin')}@example.com` })),
  'administrator-sessions': one(administratorSession),
  webhooks: one(webhook),
  'webhooks/deliveries': async (site) => {
    const id = await webhook(site)
    return [id, await createDelivery(site, id)]
  },
  'api-keys': one((site) => make(site, '/v1/api-keys', { name: 'Key', permissions: ['users:read'] })),
  decisions: async (site) => [await refusedRequest(site)],
  events: one(event),
  audit: one(event),
  'audit-logs': one(event),
  Users: one(user),
  Groups: one(group),
  'mail-templates': async () => ['invitation', 'en'],
  'dev-inbox': one((site) => keptMail(site.server, site.issuerId)),
  emails: one((site) => keptMail(site.server, site.issuerId)),
  'email-preview': async () => ['magic_link'],
  'email-templates': async () => ['magic_link'],
  ResourceTypes: async () => ['User'],
  Schemas: async () => ['urn:ietf:params:scim:schemas:core:2.0:User'],
}

/** Two collections of one surface have the same name. */
function unambiguous(path: string): string {
  return path.replace('/sso/connections', '/identity-providers')
}

/** What stands before a path’s parameters: `groups/members` for `…/groups/{id}/members/{user_id}`; the realm does not count. */
export function collectionOf(path: string): string {
  const inside = unambiguous(path).replace('/{issuer_id}', '')
  return [...inside.matchAll(/([\w-]+)\/\{\w+\}/g)].map(([, word]) => word).join('/')
}

/** Makes one more of what a list at a path shows, so that there is something to be kept from others. */
export async function createListItem(site: TestTenant, path: string): Promise<void> {
  const last = unambiguous(path).split('/').at(-1) ?? ''
  await MAKERS[last]?.(site)
}

/** What is the same in every tenant. */
const EVERYWHERE = ['', 'ResourceTypes', 'Schemas', 'mail-templates', 'email-preview', 'email-templates']

/** Whether a path names anything that is of one tenant, besides the realm. */
export function isTenantOwned(path: string): boolean {
  return !EVERYWHERE.includes(collectionOf(path))
}

/** Makes what a path names. @throws Error for a path that nothing is known to be made for */
export async function createByPath(site: TestTenant, path: string): Promise<Ids> {
  const collection = collectionOf(path)
  if (collection === '') return []
  const maker = MAKERS[collection]
  if (!maker) throw new Error(`Say in src/testing/things.ts how one of ${collection} is made, for ${path}.`)
  return maker(site)
}

/**
 * Makes something of a noun.
 * @param noun `issuer_id` for what URLs call a realm; undefined for anything
 * @returns its id
 */
export async function createOfType(site: TestTenant, noun: Noun | 'issuer_id' | undefined): Promise<string> {
  if (noun === 'issuer_id') return site.issuerId
  if (noun === 'tenant') return site.id
  if (noun === 'partner') return site.partnerId
  if (noun === 'realm') return (await site.server.api<Made>('GET', `/v1/realms/${site.issuerId}`)).id
  if (noun === 'webhook_delivery') return createDelivery(site, await webhook(site))
  const collection = `${(noun ?? 'user').replaceAll('_', '-')}s`
  return (await createByPath(site, `/${collection}/{id}`)).at(-1) ?? ''
}

/**
 * Makes something of a noun that other things refer to, so that who may filter by it finds them: somebody who is signed
 * in and in a group, a client with tokens.
 * @returns its id
 */
export async function createReferenced(site: TestTenant, noun: Noun | 'issuer_id' | undefined): Promise<string> {
  if (noun === 'group') return (await member(site))[0] ?? ''
  if (noun === 'organization') return (await organizationMember(site))[0] ?? ''
  if (noun !== 'user' && noun !== 'client' && noun !== undefined) return createOfType(site, noun)
  const { userId, clientId } = await getTokens(site.server, site.issuerId)
  site.made.add(userId).add(clientId)
  if (noun === 'client') return clientId
  await site.server.api('POST', `${realm(site)}/groups/${await group(site)}/members`, { user_ids: [userId] })
  return userId
}

/** Has a webhook deliver something. @returns the delivery’s id */
export async function createDelivery(site: TestTenant, webhookId: string): Promise<string> {
  const path = `/v1/webhooks/${webhookId}/test?tenant_id=${site.id}`
  const { delivery_id: id } = await site.server.api<{ delivery_id: string }>('POST', path)
  site.made.add(id)
  return id
}

/**
 * What of a tenant’s a text reveals: an id of anything in it, or somebody’s address.
 * @param sent what the request said itself
 */
export function disclosedIds({ made, id, issuerId }: TestTenant, text: string, sent: string): string[] {
  const marks = [...made].flatMap((one) => [one, uuidOf(one)])
  const addresses = [`@${id.slice(4)}.example`, `@${issuerId}.example`]
  return [...marks, ...addresses, id, uuidOf(id), issuerId].filter(
    (mark) => text.includes(mark) && !sent.includes(mark),
  )
}

/** An id that nothing has, of the same form. */
export function unknownIdLike(id: string): string {
  if (REQUEST_ID.test(id)) return id.replace(/\w+$/, 'zzzzzz')
  return id.includes('_') ? id.replace(/_\w+$/, `_${'0'.repeat(26)}`) : '018f0000-0000-7000-8000-000000000000'
}

/** An id with a prefix as the UUID that it stands for; what is no id stays. */
export function uuidOf(id: string): string {
  const noun = Object.entries(ID_PREFIXES).find(([, prefix]) => id.startsWith(`${prefix}_`))?.[0]
  return (noun && parseId(noun as Noun, id)) ?? id
}
