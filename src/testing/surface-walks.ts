// Owns what the examples of the surfaces are made of: who calls, what is there before, what is sent.
import { askingDevice } from './asking-device.ts'
import { apiKey } from './invalid-callers.ts'
import { connectionOf } from './kept-connection.ts'
import { signInAtProvider } from './linked-account.ts'
import { SAML_CERTIFICATE } from './provider-members.ts'
import { exchange, getCode, makeClient, makePerson } from './realm.ts'
import { GROUP_SCHEMA, patchOf, USER_SCHEMA } from './scim.ts'
import type { TestServer } from './server.ts'
import { uuidOf } from './tenant-resources.ts'
import { until } from './until.ts'

/** Ids by the word before them in paths, or by the name of the parameter. */
export type Known = Record<string, string>

/** A server with what walks need. */
export interface WalkPlace {
  readonly server: TestServer
  /** The access token of a super_admin of the first tenant. */
  readonly superAdmin: string
  /** The address of a receiver of webhooks. */
  readonly hook: string
}

/** Calls of the rows of a surface. */
export interface Walk {
  readonly surface: string
  /** Where the paths of its rows begin. */
  readonly under: string
  /** Makes what the rows do not make themselves. */
  readonly prepare: (place: WalkPlace) => Promise<{ token: string; known: Known }>
  /** What is sent, by method and path behind `under`. */
  readonly bodies: Readonly<Record<string, (known: Known) => object>>
  /** Parameters of lists. */
  readonly queries?: Readonly<Record<string, string>>
  /** What else is known to the rows of a path behind `under` than to the others. */
  readonly about?: Readonly<Record<string, Known>>
}

const PASSWORD = 'plenty of ink for everyone'
const REALM = '/v1/realms/default'
const CALLBACK = 'https://app.example.com/callback'
const M2M = { grant_types: ['client_credentials'], scopes: ['openid', 'reports:read'] }
const PUBLIC_JWK = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}
const OIDC = {
  issuer: 'https://idp.example.com',
  client_id: 'countersign',
  client_secret: 'a secret of the provider',
  authorization_endpoint: 'https://idp.example.com/authorize',
  token_endpoint: 'https://idp.example.com/token',
  jwks_uri: 'https://idp.example.com/jwks',
}

interface Made {
  readonly id: string
}

/** Somebody of the first realm who is signed in, and the session. */
async function signIn(server: TestServer, email: string): Promise<{ users: string; sessions: string }> {
  const person = await makePerson(server, email)
  const client = await makeClient(server)
  await exchange(server, client, await getCode(server, client, person))
  const { data } = await server.api<{ data: Made[] }>('GET', `${REALM}/sessions?user_id=${person.id}`)
  return { users: person.id, sessions: data[0]?.id ?? '' }
}

interface MadeTenant {
  readonly tenants: string
  /** Of the realm that it came with. */
  readonly issuerId: string
  /** The partner that it belongs to. */
  readonly operator: string
}

/** Creates a tenant of the operator’s own partner. */
async function makeTenant(server: TestServer, slug: string): Promise<MadeTenant> {
  const tenant = await server.api<Made & { partner_id: string }>('POST', '/v1/tenants', { name: slug, slug })
  const { data } = await server.api<{ data: { issuer_id: string }[] }>('GET', `/v1/realms?tenant_id=${tenant.id}`)
  return { tenants: tenant.id, issuerId: data[0]?.issuer_id ?? '', operator: tenant.partner_id }
}

/** The row of the native API that the command line does not have. */
const native: Walk = {
  surface: 'native',
  under: '/v1/realms/{issuer_id}/external-idps',
  prepare: async ({ server }) => ({ token: server.adminKey, known: { issuer_id: 'default' } }),
  bodies: { 'POST ': () => ({ label: 'Staff directory', ...OIDC }) },
}

const scaikey: Walk = {
  surface: 'scaikey',
  under: '/api/v1/admin',
  async prepare({ server, superAdmin }) {
    const { sessions } = await signIn(server, 'grace@example.com')
    const { tenants, issuerId, operator } = await makeTenant(server, 'hooli')
    const group = await server.api<Made>('POST', `/v1/realms/${issuerId}/groups`, { name: 'Backend' })
    return { token: superAdmin, known: { sessions, tenants, operator, child_group_id: group.id } }
  },
  queries: { 'GET /audit': 'action=user.created' },
  bodies: {
    'POST /partners': () => ({ name: 'Northwind', slug: 'northwind', contact_email: 'it@northwind.example' }),
    'PATCH /partners/{id}': () => ({ max_tenants: 20 }),
    'POST /tenants': ({ operator }) => ({ partner_id: operator, name: 'Acme', slug: 'acme' }),
    'PATCH /tenants/{id}': () => ({ contact_email: 'it@acme.example' }),
    'POST /users': ({ tenants }) => ({
      tenant_id: tenants,
      email: 'ada@example.com',
      display_name: 'Ada Lovelace',
      first_name: 'Ada',
      last_name: 'Lovelace',
      department: 'Engineering',
      password: PASSWORD,
    }),
    'PATCH /users/{id}': () => ({ title: 'Analyst', status: 'ACTIVE' }),
    'POST /users/{id}/reset-password': () => ({ new_password: 'another phrase of four words' }),
    'POST /groups': ({ tenants }) => ({ tenant_id: tenants, name: 'Engineering', description: 'Who builds things' }),
    'PATCH /groups/{id}': () => ({ description: 'Who builds and runs things' }),
    'POST /groups/{id}/members': ({ users = '' }) => ({ user_ids: [users] }),
    'POST /groups/{id}/nested': ({ child_group_id }) => ({ child_group_id }),
    'POST /applications': ({ tenants }) => ({
      tenant_id: tenants,
      name: 'Orders',
      application_type: 'WEB',
      redirect_uris: [CALLBACK],
      allowed_scopes: ['openid', 'profile', 'email'],
    }),
    'PATCH /applications/{id}': () => ({ token_lifetime: 900 }),
    'POST /identity-providers': ({ tenants }) => ({
      tenant_id: tenants,
      provider_type: 'OIDC',
      name: 'Staff directory',
      config: OIDC,
      domains: ['acme.example'],
    }),
    'PATCH /identity-providers/{id}': () => ({ enabled: false }),
    'POST /agents': ({ tenants, users }) => ({
      tenant_id: tenants,
      name: 'Ledger assistant',
      agent_type: 'ASSISTANT',
      allowed_tools: ['ledger.read'],
      allowed_scopes: ['ledger:read'],
      owner_id: users,
    }),
    'PATCH /agents/{id}': () => ({ rate_limit_rpm: 60 }),
  },
}

const zautha: Walk = {
  surface: 'zautha',
  under: '/v1/admin',
  async prepare({ server, superAdmin, hook }) {
    const { users } = await signIn(server, 'edith@example.com')
    return { token: superAdmin, known: { users: uuidOf(users), hook } }
  },
  queries: { 'GET /audit': 'action=organization.created', 'GET /users': 'search=edith' },
  bodies: {
    'POST /tenants': () => ({ name: 'Globex', slug: 'globex' }),
    'PATCH /tenants/{tenant_id}': () => ({ name: 'Globex Corporation' }),
    'POST /projects': () => ({
      name: 'Storefront',
      slug: 'storefront',
      environment: 'development',
      allowed_origins: ['https://shop.example.com'],
      allowed_redirects: ['https://shop.example.com/callback'],
    }),
    'PATCH /projects/{id}': () => ({ allowed_origins: ['https://shop.example.com', 'https://beta.example.com'] }),
    'POST /projects/{id}/api-keys': () => ({ name: 'Web' }),
    'PATCH /users/{id}': () => ({ metadata: { plan: 'pro' } }),
    'POST /organizations': () => ({ name: 'Analytical Engines', slug: 'analytical-engines' }),
    'PATCH /organizations/{id}': () => ({ logo_url: 'https://engines.example.com/logo.svg' }),
    'POST /organizations/{id}/members': ({ users }) => ({ user_id: users, role: 'member' }),
    'PATCH /organizations/{id}/members/{user_id}': () => ({ permissions: ['orders:read'] }),
    'POST /organizations/{id}/invitations': () => ({
      email: 'charles@example.com',
      role: 'member',
      accept_url: 'https://shop.example.com/join',
    }),
    'POST /webhooks': ({ hook }) => ({ url: hook, events: ['user.created', 'user.updated'] }),
  },
}

/** What the paths call a mail by. */
const MAILS = { 'email-templates': 'magic_link', 'email-preview': 'magic_link' }

/** A logo of one shape. */
const LOGO = btoa('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><circle cx="1" cy="1" r="1"/></svg>')

/** Has a webhook deliver an event. @returns the ids of both */
async function deliver(server: TestServer, url: string): Promise<Known> {
  const webhook = await server.api<Made>('POST', '/v1/webhooks', { url, events: ['role.*'] })
  await server.api('POST', `${REALM}/roles`, { name: 'Delivered' })
  let delivery: Made | undefined
  await until(async () => {
    const path = `/v1/webhooks/${webhook.id}/deliveries?status=delivered`
    delivery = (await server.api<{ data: Made[] }>('GET', path)).data[0]
    return delivery !== undefined
  })
  return { webhooks: webhook.id, deliveries: delivery?.id ?? '' }
}

const SHOP = {
  allowed_callback_urls: ['https://shop.example.com/callback'],
  allowed_logout_urls: ['https://shop.example.com/'],
}

const VAULT_CLIENT = { client_id: 'here', client_secret: 'their secret' }

const sharkauth: Walk = {
  surface: 'sharkauth',
  under: '/api/v1',
  async prepare({ server, hook }) {
    const person = await signIn(server, 'joan@example.com')
    await server.api('PATCH', `${REALM}/users/${person.users}`, { email_verified: true })
    await signInAtProvider(server, 'default', 'joan@example.com')
    await server.api('PATCH', `${REALM}/users/${person.users}`, { email_verified: false })
    const delivered = await deliver(server, hook)
    const issued = await server.api<{ data: Made[] }>('GET', `${REALM}/issuances?user_id=${person.users}`)
    const role = { name: 'Orders editor', permissions: ['orders:read', 'orders:write'] }
    const roles = await server.api<Made>('POST', `${REALM}/roles`, role)
    const held = await server.api<Made>('POST', `${REALM}/roles`, { name: 'Reader', permissions: ['orders:read'] })
    await server.api('POST', `${REALM}/roles/${held.id}/assign`, { user_id: person.users })
    const agents = await server.api<Made>('POST', `${REALM}/agents`, { name: 'Support assistant' })
    const application = await server.api<Made>('POST', `${REALM}/applications`, { name: 'Wiki' })
    const site = { application_id: application.id, public_url: 'https://wiki.example.com' }
    await server.api('POST', `${REALM}/proxy-sites`, { ...site, upstream: 'https://origin.example.com' })
    const rule = { name: 'Pages', path: '/pages/*', application_id: application.id }
    const { id: db } = await server.api<Made>('POST', `${REALM}/proxy-rules`, rule)
    const team = await server.api<Made>('POST', `${REALM}/organizations`, { name: 'Codebreakers' })
    const head = await server.api<Made>('POST', `${REALM}/users`, { email: 'head@example.com' })
    for (const { id } of [head, { id: person.users }])
      await server.api('POST', `${REALM}/organizations/${team.id}/members`, { user_id: id, role: 'admin' })
    const delegate = await server.api<Made>('POST', `${REALM}/agents`, { name: 'Bookkeeper' })
    const client = await server.api<Made & { client_id: string }>('POST', `${REALM}/clients`, {
      label: 'Reports',
      ...M2M,
    })
    const { id: connectionId, providerId } = await connectionOf(server, person.users ?? '')
    const portal = await server.api<{ application: Made }>('POST', `${REALM}/clients`, { label: 'Portal', ...M2M })
    const codes = [(await askingDevice(server)).userCode, (await askingDevice(server)).userCode]
    return {
      token: server.adminKey,
      known: {
        '/api/v1/admin/vault/connections': connectionId,
        ...{ providers: providerId, apps: portal.application.id },
        // Each is decided once.
        get 'device-codes'() {
          return codes.shift() ?? ''
        },
        ...{ ...person, uid: person.users, roles: roles.id, rid: held.id, agents: agents.id },
        ...{ organizations: team.id, client: client.client_id, actor: client.id, db },
        ...{ ...delivered, ...MAILS, hook, issuances: issued.data[0]?.id ?? '' },
        ...{ delegate: delegate.id, permissions: 'perm_b3JkZXJzOnJlYWQ', pid: 'perm_b3JkZXJzOndyaXRl' },
      },
    }
  },
  queries: {
    'GET /audit-logs': 'action=role.created',
    'GET /users': 'search=joan',
    'GET /admin/permissions/batch-usage': 'ids=perm_b3JkZXJzOnJlYWQ,perm_b3JkZXJzOndyaXRl',
  },
  bodies: {
    'POST /admin/auth/revoke-jti': ({ issuances }) => ({ jti: uuidOf(issuances ?? '') }),
    'POST /admin/audit-logs/purge': () => ({ before: '2026-01-01T00:00:00Z' }),
    'POST /admin/flows': () => ({
      name: 'Require MFA on login',
      trigger: 'login',
      enabled: true,
      priority: 10,
      steps: [
        { type: 'require_mfa_enrollment', config: {} },
        { type: 'require_mfa_challenge', config: {} },
      ],
    }),
    'PATCH /admin/flows/{id}': () => ({ enabled: false }),
    'POST /admin/flows/{id}/test': () => ({ user: { email: 'joan@example.com', mfa_enabled: true } }),
    'POST /sso/connections': () => ({
      ...{ type: 'saml', name: 'Acme', domain: 'acme.example', saml_idp_url: 'https://idp.acme.example/sso' },
      saml_idp_cert: SAML_CERTIFICATE,
    }),
    'PUT /sso/connections/{id}': () => ({ name: 'Acme staff', domain: 'acme.example', enabled: true }),
    'POST /vault/providers': () => ({ name: 'github_two', template: 'github', ...VAULT_CLIENT }),
    'PATCH /vault/providers/{id}': () => ({ display_name: 'GitHub of the team' }),
    'POST /webhooks': ({ hook }) => ({ url: hook, events: ['user.created', 'org.member.added'] }),
    'PATCH /webhooks/{id}': () => ({ events: ['user.created', 'system.audit_log'] }),
    'POST /webhooks/{id}/test': () => ({ event_type: 'user.created' }),
    'PATCH /admin/email-config': () => ({ verify_redirect_url: null }),
    'POST /admin/test-email': () => ({ to: 'joan@example.com' }),
    'PATCH /admin/email-templates/{id}': () => ({ subject: 'Sign in to {{ realm }}' }),
    'POST /admin/email-templates/{id}/preview': () => ({ sample_data: { AppName: 'Bletchley' } }),
    'POST /admin/email-templates/{id}/send-test': () => ({ to_email: 'joan@example.com' }),
    'PATCH /admin/branding': () => ({ name: 'Bletchley', primary_color: '#0b5a54', font_family: 'serif' }),
    'POST /admin/branding/logo': () => ({ logo: LOGO }),
    'PATCH /admin/branding/design-tokens': () => ({ design_tokens: { radius: '8px', motion: 'none' } }),
    'POST /admin/users': () => ({ email: 'karen@example.com', name: 'Karen Spärck', password: PASSWORD }),
    'PATCH /users/{id}': () => ({ name: 'Joan Clarke', metadata: '{"plan":"pro"}' }),
    'POST /users/{id}/roles': ({ roles }) => ({ role_id: roles }),
    'POST /permissions': () => ({ action: 'export', resource: 'orders' }),
    'POST /roles/{id}/permissions': () => ({ permission_id: 'perm_b3JkZXJzOmV4cG9ydA' }),
    'POST /agents/{id}/policies': ({ delegate = '' }) => ({ may_act: [{ agent_id: delegate, scope: 'billing:read' }] }),
    'PATCH /api-keys/{id}': () => ({ name: 'Weekly export' }),
    'POST /roles': () => ({ name: 'Auditor', description: 'Reads everything' }),
    'PUT /roles/{id}': () => ({ name: 'Order editor', description: 'Changes orders' }),
    'POST /users/{id}/revoke-agents': () => ({ reason: 'left the company' }),
    'PATCH /admin/users/{id}/tier': () => ({ tier: 'pro' }),
    'POST /agents': () => ({
      client_name: 'my-billing-agent',
      grant_types: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      scope: 'billing:read',
      token_endpoint_auth_method: 'client_secret_basic',
    }),
    'PATCH /admin/config': () => ({ auth: { session_lifetime: '12h' }, jwt: { lifetime: '15m' } }),
    'POST /admin/apps': () => ({ name: 'Web shop', ...SHOP }),
    'PATCH /admin/apps/{id}': () => ({ ...SHOP, allowed_origins: ['https://shop.example.com'] }),
    'PATCH /agents/{id}': () => ({ description: 'Reads invoices' }),
    'POST /agents/{id}/rotate-dpop-key': () => ({ new_public_jwk: PUBLIC_JWK, reason: 'every quarter' }),
    'POST /admin/organizations': () => ({ name: 'Bombe', slug: 'bombe', metadata: '{"hut":8}' }),
    'PATCH /admin/organizations/{id}': () => ({ name: 'Hut 8' }),
    'PATCH /admin/organizations/{id}/members/{uid}': () => ({ role: 'admin' }),
    'POST /admin/organizations/{id}/roles': () => ({ name: 'Cryptanalyst', description: 'Breaks codes' }),
    'POST /admin/organizations/{id}/invitations': () => ({ email: 'alan@example.com', role: 'member' }),
    'POST /admin/oauth/device-codes/{user_code}/approve': ({ users }) => ({ user_id: users }),
    'POST /admin/consents': ({ users, client }) => ({ user_id: users, client_id: client, scope: 'openid' }),
    'POST /admin/oauth/revoke-by-pattern': () => ({ client_id_pattern: 'shark_agent_v3.2_*', reason: 'withdrawn' }),
    'POST /admin/may-act': ({ users, actor }) => ({ from_id: actor, to_id: users, max_hops: 1, scopes: ['openid'] }),
    'POST /auth/check': ({ users }) => ({ user_id: users, action: 'read', resource: 'orders' }),
    'POST /api-keys': () => ({ name: 'Nightly export', scopes: ['users:read'] }),
    'POST /admin/proxy/rules/db': () => ({ name: 'Reports', pattern: '/reports/*', require: 'tier:pro', priority: 10 }),
    'PATCH /admin/proxy/rules/db/{id}': () => ({ enabled: false }),
    'POST /admin/proxy/simulate': () => ({ host: 'wiki.example.com', method: 'GET', path: '/pages/home' }),
    'POST /audit-logs/export': () => ({
      action: 'role.created',
      from: '2026-01-01T00:00:00+00:00',
      to: '2099-01-01T00:00:00+00:00',
    }),
  },
}

const RETURN_URLS = '/resources/{id}/policy/connect/allowed-return-urls'

const authplane: Walk = {
  surface: 'authplane',
  under: '/admin',
  async prepare({ server }) {
    const person = await signIn(server, 'hedy@example.com')
    const { data } = await server.api<{ data: Made[] }>('GET', `${REALM}/grants?user_id=${person.users}`)
    const other = await signIn(server, 'george@example.com')
    const client = await server.api<Made & { client_id: string }>('POST', `${REALM}/clients`, {
      label: 'Gateway',
      grant_types: ['client_credentials'],
    })
    const tokens = await server.api<{ data: Made[] }>('GET', `${REALM}/issuances?user_id=${other.users}`)
    for (const slug of ['gateway', 'notes']) {
      const identifier = `https://${slug}.example.com/`
      await server.api('POST', '/v1/resources', { slug, identifier, scopes: [{ name: `${slug}:use` }] })
    }
    const broker = await connectionOf(server, person.users ?? '')
    await server.api('POST', `${REALM}/broker-providers`, { slug: 'climate', protocol: 'api_key' })
    const api = { slug: 'weather-api', backend: 'broker', broker_provider: 'climate' }
    await server.api('POST', '/v1/resources', api)
    const known = {
      ...person,
      ...{ 'broker-providers': broker.providerId, broker: broker.id },
      ...{ fronting: 'gateway', source: 'gateway', target: 'notes', slug: 'gateway' },
      consent: data[0]?.id ?? '',
      tokens: tokens.data[0]?.id ?? '',
      client: client.client_id,
      client_id: client.client_id,
    }
    return { token: server.adminKey, known }
  },
  queries: {
    'GET /issuances': 'since=24h&limit=20',
    'GET /audit': 'action=client.created',
    [`DELETE ${RETURN_URLS}`]: 'url=https://app.example.com/connected',
  },
  about: { [RETURN_URLS]: { resources: 'weather-api' } },
  bodies: {
    'POST /clients': () => ({
      client_name: 'My App',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example.com/oauth/callback'],
      scope: 'tools/read tools/write',
      token_endpoint_auth_method: 'client_secret_post',
    }),
    'PATCH /clients/{id}': () => ({ client_name: 'My other App' }),
    'POST /resources': () => ({
      slug: 'my-mcp-server',
      uri: 'http://mcp.example.com/mcp',
      backend_kind: 'mint',
      display_name: 'My MCP Server',
      scopes: [{ name: 'tools/read', description: 'Read the data' }],
    }),
    'PATCH /resources/{id}': () => ({ display_name: 'Our MCP Server' }),
    'POST /users': () => ({ email: 'lamarr@example.com', name: 'Hedy Lamarr', password: PASSWORD }),
    'PATCH /users/{id}': () => ({ name: 'Hedwig Kiesler' }),
    'PATCH /settings/dcr': () => ({ mode: 'approved_redirects' }),
    'POST /resources/{id}/policy/exchange/allowed-clients': ({ client }) => ({ client_id: client }),
    'POST /resources/{id}/policy/runtime/client-ids': ({ client }) => ({ client_id: client }),
    [`POST ${RETURN_URLS}`]: () => ({ url: 'https://app.example.com/connected' }),
    'POST /broker-providers': () => ({
      slug: 'github',
      protocol: 'oauth',
      display_name: 'GitHub',
      config_data: {
        client_id: 'github-oauth-app-client-id',
        client_secret_ref: 'CONNECTOR_GITHUB_SECRET',
        authorize_url: 'https://github.com/login/oauth/authorize',
        token_url: 'https://github.com/login/oauth/access_token',
      },
    }),
    'PATCH /broker-providers/{id}': () => ({ display_name: 'GitHub of the team' }),
    'POST /fronting': ({ source, target }) => ({ source, target, scope_map: { 'gateway:use': ['notes:use'] } }),
    'PATCH /fronting/{source}/{target}': () => ({ scope_map: { 'gateway:use': ['notes:use'] } }),
    'POST /idps': () => ({ name: 'Company', issuer: 'https://idp.example.com' }),
    'PUT /idps/{id}': () => ({ name: 'The company' }),
    'POST /xaa/policies': ({ idps, client = '' }) => ({ name: 'Tools', idp_id: idps, client_ids: [client] }),
    'PUT /xaa/policies/{id}': () => ({ scopes: ['tools/read'] }),
    'POST /xaa/subject-mappings': ({ idps, users }) => ({
      idp_id: idps,
      idp_subject: '00u1hedy',
      local_user_id: users,
    }),
  },
}

const search = (filter: string) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
  filter,
  count: 1,
})
const employee = {
  schemas: [USER_SCHEMA],
  userName: 'barbara@example.com',
  externalId: '00u1a2b3c4',
  name: { givenName: 'Barbara', familyName: 'Liskov' },
  emails: [{ value: 'barbara@example.com', type: 'work', primary: true }],
  active: true,
}
const staff = (users = '') => ({ schemas: [GROUP_SCHEMA], displayName: 'Staff', members: [{ value: users }] })

/** A walk through the service where it begins at a path, about a tenant of its own. */
function scim(under: string, slug: string): Walk {
  return {
    surface: 'scim',
    under,
    async prepare({ server }) {
      const { tenants, issuerId } = await makeTenant(server, slug)
      const permissions = ['users:*', 'groups:*']
      const token = await apiKey(server, `?tenant_id=${tenants}`, { reach: 'tenant', permissions })
      return { token, known: { issuer_id: issuerId, ResourceTypes: 'User', Schemas: GROUP_SCHEMA } }
    },
    queries: {
      'GET /Users': 'filter=userName eq "barbara@example.com"&count=10',
      'GET /Groups': 'filter=displayName eq "Staff"&count=10',
    },
    bodies: {
      'POST /Users': () => employee,
      'POST /Users/.search': () => search('userName eq "barbara@example.com"'),
      'PUT /Users/{id}': () => ({ ...employee, title: 'Professor' }),
      'PATCH /Users/{id}': () => patchOf({ op: 'replace', path: 'active', value: false }),
      'POST /Groups': ({ Users }) => staff(Users),
      'POST /Groups/.search': () => search('displayName eq "Staff"'),
      'PUT /Groups/{id}': ({ Users }) => staff(Users),
      'PATCH /Groups/{id}': ({ Users }) => patchOf({ op: 'remove', path: `members[value eq "${Users}"]` }),
      'POST /Bulk': () => ({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations: [
          {
            method: 'POST',
            path: '/Users',
            bulkId: 'new',
            data: { schemas: [USER_SCHEMA], userName: 'tony@example.com' },
          },
        ],
      }),
    },
  }
}

/** The walks through all rows of the surfaces, but for those of the command line. */
export const WALKS: readonly Walk[] = [
  native,
  scaikey,
  zautha,
  sharkauth,
  authplane,
  scim('/scim/v2', 'initech'),
  scim('/v1/realms/{issuer_id}/scim/v2', 'umbrella'),
]
