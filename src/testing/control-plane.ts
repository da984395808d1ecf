// A running server with everybody who administers something of it: for tests of surfaces whose documents tell tiers apart.
import { issuerOfClient, makeAdminClient, signInAtTerminal, tokenFor } from './admin-realm.ts'
import { type ServerOptions, startServer, type TestServer } from './server.ts'

const PASSWORD = 'correct horse battery staple'

/** A tenant, and tokens of who administers it. */
export interface PlacedTenant {
  readonly id: string
  readonly slug: string
  readonly partnerId: string
  /** The issuer of the realm that it came with, and what its paths call it. */
  readonly issuerId: string
  /** Of a tenant_admin. */
  readonly admin: string
  /** Of a program, with management:full. */
  readonly program: string
}

/** A server with two partners, three tenants besides the first one, and an administrator of each. */
export interface ControlPlane {
  readonly server: TestServer
  /** A token of a super_admin. */
  readonly superAdmin: string
  /** Acme, which has `shop` and `bank`; and a token of its partner_admin. */
  readonly acme: { readonly id: string; readonly admin: string }
  readonly shop: PlacedTenant
  readonly bank: PlacedTenant
  /** A tenant of the operator’s own partner. */
  readonly sibling: PlacedTenant
}

/** Starts a server and makes everybody. */
export async function startControlPlane(options: ServerOptions = {}): Promise<ControlPlane> {
  const server = await startServer(options)
  const firstIssuer = issuerOfClient(await makeAdminClient(server))
  const acme = await server.api<{ id: string }>('POST', '/v1/partners', { name: 'Acme', slug: 'acme' })
  const superAdmin = (await administrator(server, firstIssuer, { role: 'super_admin' })).token
  const partnerAdmin = (await administrator(server, firstIssuer, { role: 'partner_admin', partner_id: acme.id })).token
  return {
    server,
    superAdmin,
    acme: { id: acme.id, admin: partnerAdmin },
    shop: await placeTenant(server, 'shop', acme.id),
    bank: await placeTenant(server, 'bank', acme.id),
    sibling: await placeTenant(server, 'sibling'),
  }
}

/** Makes a tenant and who administers it. @param partnerId Default: the operator’s own partner */
export async function placeTenant(server: TestServer, slug: string, partnerId?: string): Promise<PlacedTenant> {
  const body = { name: slug, slug, ...(partnerId && { partner_id: partnerId }) }
  const tenant = await server.api<{ id: string; partner_id: string }>('POST', '/v1/tenants', body)
  const query = `?tenant_id=${tenant.id}`
  const { data } = await server.api<{ data: { issuer_id: string }[] }>('GET', `/v1/realms${query}`)
  const program = await makeAdminClient(server, query)
  return {
    id: tenant.id,
    slug,
    partnerId: tenant.partner_id,
    issuerId: data[0]?.issuer_id ?? '',
    admin: (await administrator(server, issuerOfClient(program), { role: 'tenant_admin' }, query)).token,
    program: await tokenFor(program),
  }
}

let made = 0

/** Makes an administrator and signs them in. @returns who it is and the access token */
export async function administrator(
  server: TestServer,
  issuer: string,
  role: object,
  query = '',
): Promise<{ id: string; token: string }> {
  const person = { email: `administrator-${++made}@example.com`, password: PASSWORD }
  const { id } = await server.api<{ id: string }>('POST', `/v1/administrators${query}`, { ...person, ...role })
  const { status, body } = await signInAtTerminal(server, issuer, person)
  if (status !== 200) throw new Error(`the token endpoint answered ${status}: ${JSON.stringify(body)}`)
  return { id, token: String(body.access_token) }
}

/** An event as the log shows it. */
export interface LoggedEvent {
  readonly type: string
  readonly subject: { readonly type: string; readonly id: string }
  readonly data: Readonly<Record<string, unknown>>
  readonly surface: string
  readonly actor: { readonly kind: string; readonly label: string | null }
}

/**
 * A tenant’s events of a type, newest first.
 * @param tenantId `platform` for what is above all tenants
 */
export async function eventsOf(server: TestServer, tenantId: string, type: string): Promise<LoggedEvent[]> {
  const path = `/v1/events?tenant_id=${tenantId}&type=${encodeURIComponent(type)}`
  const { data } = await server.api<{ data: LoggedEvent[] }>('GET', path)
  return data
}
