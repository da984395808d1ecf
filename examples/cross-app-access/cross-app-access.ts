// A company's identity provider lets an agent into an API without a browser: an ID-JAG for a token, and why others get none
// (draft-ietf-oauth-identity-assertion-authz-grant; AuthPlane, “Trusted IdPs”, “XAA policies”).
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

const { ISSUER = 'http://127.0.0.1:9000', COUNTERSIGN_ADMIN_URL: ADMIN = 'http://127.0.0.1:9001' } = process.env
const KEY = process.env.AUTHPLANE_ADMIN_API_KEY ?? process.env.COUNTERSIGN_ADMIN_API_KEY ?? ''
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const API = 'https://api.example.com/orders'

type Thing = Readonly<Record<string, string>>

async function admin(method: string, path: string, body?: object): Promise<Thing> {
  const reply = await fetch(`${ADMIN}${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`)
  return text ? JSON.parse(text) : {}
}

// The identity provider of the company. Its key is pinned; a real one publishes it, and `jwks_uri` says where.
const company = 'https://company.example'
const { publicKey, privateKey } = await generateKeyPair('ES256')
const jwk = { ...(await exportJWK(publicKey)), kid: 'company', alg: 'ES256', use: 'sig' }

const resource = await admin('POST', '/admin/resources', {
  ...{ slug: 'orders', uri: API, backend_kind: 'mint', display_name: 'Orders' },
  scopes: [{ name: 'orders:read', description: 'Read orders' }, { name: 'orders:cancel' }],
})
const agent = await admin('POST', '/admin/clients', {
  ...{ client_name: 'Travel agent', grant_types: [GRANT], scope: 'orders:read orders:cancel' },
  token_endpoint_auth_method: 'client_secret_post',
})
const user = await admin('POST', '/admin/users', { email: 'grace@company.example', name: 'Grace' })

let count = 0
function assertion(claims: JWTPayload = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({
    ...{ iss: company, sub: 'employee-7', aud: ISSUER, iat: now, exp: now + 120, jti: `once-${now}-${++count}` },
    ...{ client_id: agent.client_id, resource: API, scope: 'orders:read orders:cancel', ...claims },
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'company', typ: 'oauth-id-jag+jwt' })
    .sign(privateKey)
}

/** The scopes of the token that an assertion gives, or why it gives none: its error, and the reason that only administrators read. */
async function present(sent: string): Promise<string> {
  const reply = await fetch(`${ISSUER}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ grant_type: GRANT, assertion: sent },
      client_id: agent.client_id ?? '',
      client_secret: agent.client_secret ?? '',
    }),
  })
  const { scope } = (await reply.json()) as Thing
  if (scope) return scope
  // The client is told little. Administrators read why, by the id of the request.
  const { error, reason } = await admin('GET', `/v1/decisions/${reply.headers.get('x-request-id')}`)
  return `${error}, ${reason}`
}

console.log(`Nobody trusts the company: ${await present(await assertion())}`)
const idp = await admin('POST', '/v1/realms/default/trusted-issuers', {
  ...{ name: 'Company', issuer: company, jwks: { keys: [jwk] } },
})
console.log(`No policy yet: ${await present(await assertion())}`)
const policy = await admin('POST', '/admin/xaa/policies', {
  ...{ name: 'Reading', idp_id: idp.id, client_ids: [agent.client_id], scopes: ['orders:read'], resources: [API] },
})
console.log(`No mapping yet: ${await present(await assertion())}`)
const mapping = await admin('POST', '/admin/xaa/subject-mappings', {
  ...{ idp_id: idp.id, idp_subject: 'employee-7', local_user_id: user.id },
})
const used = await assertion()
console.log(`The policy lets through: ${await present(used)}`)
console.log(`The same again: ${await present(used)}`)
console.log(`For another client: ${await present(await assertion({ client_id: 'somebody-else' }))}`)
console.log(`For another API: ${await present(await assertion({ resource: 'https://other.example.com/' }))}`)
console.log(`Of yesterday: ${await present(await assertion({ iat: 1, exp: 2 }))}`)
await admin('PUT', `/admin/idps/${idp.id}`, { enabled: false })
console.log(`The company is not trusted any more: ${await present(await assertion())}`)

await admin('DELETE', `/admin/xaa/subject-mappings/${mapping.id}`)
await admin('DELETE', `/admin/xaa/policies/${policy.id}`)
await admin('DELETE', `/admin/idps/${idp.id}`)
await admin('DELETE', `/admin/users/${user.id}?force=true`)
await admin('DELETE', `/admin/clients/${agent.client_id}?force=true`)
await admin('DELETE', `/admin/resources/${resource.id}`)
console.log('Deleted everything again.')
