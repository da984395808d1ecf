// Decides what a browser loads when its user signs out, so that clients end their sessions there (OpenID Connect
// Front-Channel Logout 1.0 §3).
import type { RegisteredClient } from '../client/client.ts'
import { isWithin } from '../client/redirect-uri.ts'
import { sidOf } from '../client/subject-identifier.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf, type Realm } from '../realm/realm.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'

/** How many clients the page loads at most. */
const CLIENTS_MAX = 100
/** How long their origins are together at most, in characters: a header of the page names them. */
const ORIGINS_MAX = 6000
/** How many clients are looked at, and get an entry. */
const ENTRIES_MAX = 1000

/** One frame of the page. */
export interface LogoutFrame {
  readonly uri: string
  /** What is added to its query (§3). */
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * Inside the write that ends a session: the frames for the clients that got tokens in it. That they are shown is noted among
 * the deliveries, and which clients are not shown, which is an event too; whether a client ends its session, nobody knows.
 */
export async function showLogout(context: Context, unit: Unit, signedIn: SignedIn): Promise<LogoutFrame[]> {
  const { clock, random, registry, scope } = context
  const realm = realmOf(scope)
  const { session, user } = signedIn
  const clientIds = await unit.logoutDeliveries.frontChannelClients(user.id, session.id, ENTRIES_MAX)
  const known = await Promise.all(clientIds.map((clientId) => registry.client(realm.tenantId, realm.id, clientId)))
  const active = known.filter(
    (client) => client?.status === 'active' && client.frontchannelLogoutUri,
  ) as RegisteredClient[]
  const placed = placesOf(realm, active)
  const now = clock.now()
  const deliveries = placed.map(({ client, error }) => ({
    id: random.id(),
    realmId: realm.id,
    clientId: client.id,
    userId: user.id,
    sessionId: session.id,
    status: error === null ? ('shown' as const) : ('failed' as const),
    attempts: 1,
    responseStatus: null,
    error,
    createdAt: now,
    attemptedAt: now,
    nextAttemptAt: null,
    settledAt: now,
  }))
  await unit.logoutDeliveries.insert(deliveries)
  const names = new Map(placed.map(({ client }) => [client.id, client.clientId]))
  for (const { id, clientId, userId, sessionId, attempts, error, responseStatus } of deliveries) {
    if (error === null) continue
    unit.emit('logout.failed', {
      subject: { type: 'logout_delivery', id },
      realmId: realm.id,
      result: 'failure',
      data: { clientId: names.get(clientId) ?? null, userId, sessionId, attempts, error, responseStatus },
    })
  }
  return placed.flatMap(({ client, error }) => (error === null ? frameOf(context, client, session.id) : []))
}

/** A client, and why the page does not load its URI; null where it does. */
interface Placed {
  readonly client: RegisteredClient
  readonly error: 'too_many_clients' | 'not_allowed' | null
}

function placesOf(realm: Realm, clients: readonly RegisteredClient[]): Placed[] {
  const origins = new Set<string>()
  let length = 0
  let shown = 0
  return clients.map((client) => {
    const origin = new URL(client.frontchannelLogoutUri ?? '').origin
    if (!isAllowed(realm, client, origin)) return { client, error: 'not_allowed' }
    const longer = origins.has(origin) ? length : length + origin.length
    if (shown >= CLIENTS_MAX || longer > ORIGINS_MAX) return { client, error: 'too_many_clients' }
    origins.add(origin)
    length = longer
    shown += 1
    return { client, error: null }
  })
}

/** Whether an origin is that of a redirect URI of the client (§2) within the bounds of the realm, which may be newer. */
function isAllowed(realm: Realm, { redirectUris }: RegisteredClient, origin: string): boolean {
  return redirectUris.some((uri) => URL.canParse(uri) && new URL(uri).origin === origin && isWithin(realm, uri))
}

function frameOf(context: Context, client: RegisteredClient, sessionId: string): LogoutFrame[] {
  const { frontchannelLogoutUri: uri, frontchannelLogoutSessionRequired: isRequired } = client
  if (uri === null) return []
  const iss = issuerOf(realmOf(context.scope), context.registry.settings)
  return [{ uri, parameters: isRequired ? { iss, sid: sidOf(context, client, sessionId) } : {} }]
}
