// Bodies of rows that take more than their schema says, or whose schema says nothing.
import { OIDC_PROVIDER, SAML_CERTIFICATE } from './provider-members.ts'
import {
  createByPath,
  createDelivery,
  createOfType,
  type Ids,
  permissionId,
  type TestTenant,
  uniqueName,
} from './tenant-resources.ts'

/** What a body is made for. */
export interface BodyRequest {
  readonly site: TestTenant
  /** What the path names. */
  readonly ids: Ids
  /** The member that is tried out, where one is. */
  readonly tried: string | undefined
}

const PASSWORD = 'correct horse battery staple'
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const scimUser = async () => ({ userName: `${uniqueName('provisioned')}@example.com` })
const scimGroup = async () => ({ displayName: uniqueName('provisioned') })
const scimPatch = async () => ({
  schemas: [PATCH],
  Operations: [{ op: 'replace', path: 'displayName', value: uniqueName() }],
})

/** An image of one pixel. */
const CONTENT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const PIXEL = { as: 'logo', content: CONTENT, logo: CONTENT }

/** By operation: what the body has besides what its schema requires. */
const MEMBERS: Readonly<Record<string, (wanted: BodyRequest) => Promise<object>>> = {
  'resource.create': async ({ tried }) => ({
    identifier: `https://${uniqueName('api')}.example/`,
    ...(tried === 'broker_provider_id' && { backend_kind: 'broker' }),
  }),
  'identity_provider.create': async () => ({
    ...{ provider_type: 'oidc', ...OIDC_PROVIDER, config: OIDC_PROVIDER },
    ...{ type: 'saml', saml_idp_url: 'https://idp.example.com/sso', saml_idp_cert: SAML_CERTIFICATE },
  }),
  'branding.upload': async () => PIXEL,
  'realm_branding.upload': async () => PIXEL,
  'delegation_grant.create': async ({ site, tried = '' }) => ({
    ...(!tried.startsWith('from_') && { from_user_id: await createOfType(site, 'user') }),
    ...(!tried.startsWith('to_') && { to_client_id: await createOfType(site, 'client') }),
  }),
  'agent.create': async () => ({ client_name: uniqueName() }),
  // Of one user: those of all would end what the other tests sign in with.
  'session.revoke_all': async ({ site }) => ({ user_id: await createOfType(site, 'user') }),
  'proxy_site.create': async () => ({
    public_url: `https://${uniqueName('app')}.example.com`,
    upstream: 'https://upstream.example.com',
  }),
  'proxy_rule.create': async () => ({ path: '/admin/*', pattern: '/admin/*' }),
  'agent.set_policies': async () => ({ policies: [], may_act: [] }),
  'role.add_permission': async ({ site }) => {
    const [permission = ''] = await createByPath(site, '/role-permissions/{permission}')
    return { permission, permission_id: permissionId(permission) }
  },
  'role_permission.create': async () => ({
    permission: `${uniqueName('doc')}:read`,
    action: 'read',
    resource: uniqueName('doc'),
  }),
  'grant.create': async ({ site }) => consentBody(site),
  'email_domain.create': async () => ({ domain: `${uniqueName('d')}.example` }),
  'flow.create': async () => ({ steps: [{ type: 'delay', config: { seconds: 1 } }] }),
  'user.set_password': async () => ({ password: PASSWORD }),
  'administrator.set_password': async () => ({ password: PASSWORD }),
  'administrator.create': async ({ tried }) => (tried === 'partner_id' ? { role: 'partner_admin' } : {}),
  'administrator.update': async ({ tried }) => (tried === 'partner_id' ? { role: 'partner_admin' } : {}),
  'api_key.create': async ({ tried }) => ({ reach: tried === 'realm' ? 'realm' : 'tenant' }),
  'role.assign': roleSubject,
  'role.unassign': async (wanted) => {
    const subject = await roleSubject(wanted)
    const [id] = wanted.ids
    if (id) await wanted.site.server.api('POST', `/v1/realms/${wanted.site.issuerId}/roles/${id}/assign`, subject)
    return subject
  },
  'invitation.accept': acceptance,
  'project_key.verify': async ({ site }) => ({ key: await publishableKey(site) }),
  // A test is not replayed, which only its own webhook’s caller is told.
  'webhook.replay': async ({ site, ids: [id], tried }) =>
    tried === 'delivery_id' && id ? { delivery_id: await createDelivery(site, id) } : { from_seq: 1 },
  'registration.create': async ({ tried }) => (tried === 'partner_id' ? { scope: 'PARTNER' } : {}),
  'scim_user.create': scimUser,
  'scim_user.replace': scimUser,
  'scim_user.patch': scimPatch,
  'scim_group.create': scimGroup,
  'scim_group.replace': scimGroup,
  'scim_group.patch': scimPatch,
  'scim.bulk': async () => ({ Operations: [] }),
}

/** What the body of an operation has besides what its schema requires. */
export async function additionalMembers(operation: string, wanted: BodyRequest): Promise<object> {
  return (await MEMBERS[operation]?.(wanted)) ?? {}
}

/** A client that may be given a consent. */
async function consentBody(site: TestTenant): Promise<object> {
  const client = await createOfType(site, 'client')
  return { client_id: client, scopes: ['openid'], scope: 'openid' }
}

/** Whom a role is given to. */
async function roleSubject({ site, tried }: BodyRequest): Promise<object> {
  if (tried === 'group_id') return { group_id: await createOfType(site, 'group') }
  if (tried !== 'organization_id') return { user_id: await createOfType(site, 'user') }
  const [organization_id, user_id] = await createByPath(site, '/organizations/{id}/members/{user_id}')
  return { organization_id, user_id }
}

/** An invitation of somebody who is there, to be accepted. */
async function acceptance(wanted: BodyRequest): Promise<object> {
  const { server, issuerId } = wanted.site
  const realm = `/v1/realms/${issuerId}`
  const email = `${uniqueName('invited')}@example.com`
  const user = await server.api<{ id: string }>('POST', `${realm}/users`, { email })
  const organization = await createOfType(wanted.site, 'organization')
  const { accept_url: url } = await server.api<{ accept_url: string }>(
    'POST',
    `${realm}/organizations/${organization}/invitations`,
    { email, accept_url: 'https://app.example/join', mail: false },
  )
  return { token: new URL(url).searchParams.get('invitation'), user_id: user.id }
}

async function publishableKey(site: TestTenant): Promise<string> {
  const project = await createOfType(site, 'project')
  const path = `/v1/projects/${project}/keys?tenant_id=${site.id}`
  return (await site.server.api<{ publishable_key: string }>('POST', path, { name: 'Key' })).publishable_key
}
