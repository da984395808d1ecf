// Decides what a browser loads when its user signs out, so that clients end their sessions there (OpenID Connect
// Front-Channel Logout 1.0 §3).
import type { RegisteredClient } from '../client/client.ts'
import { sidOf } from '../client/subject-identifier.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'

/** How many clients the page loads at most. */
const CLIENTS_MAX = 20

/** One frame of the page. */
export interface LogoutFrame {
  readonly uri: string
  /** What is added to its query (§3). */
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * Inside the write that ends a session: the frames for the clients that got tokens in it. That they are shown is noted among
 * the deliveries; whether a client ends its session, nobody knows.
 */
export async function showLogout(context: Context, unit: Unit, signedIn: SignedIn): Promise<LogoutFrame[]> {
  const { clock, random, registry, scope } = context
  const realm = realmOf(scope)
  const { session, user } = signedIn
  const clientIds = await unit.logoutDeliveries.frontChannelClients(user.id, session.id, CLIENTS_MAX)
  const known = await Promise.all(clientIds.map((clientId) => registry.client(realm.tenantId, realm.id, clientId)))
  const shown = known.filter((client) => client?.status === 'active') as RegisteredClient[]
  const now = clock.now()
  await unit.logoutDeliveries.insert(
    shown.map((client) => ({
      id: random.id(),
      realmId: realm.id,
      clientId: client.id,
      userId: user.id,
      sessionId: session.id,
      status: 'shown',
      attempts: 1,
      responseStatus: null,
      error: null,
      createdAt: now,
      attemptedAt: now,
      nextAttemptAt: null,
      settledAt: now,
    })),
  )
  return shown.flatMap((client) => frameOf(context, client, session.id))
}

function frameOf(context: Context, client: RegisteredClient, sessionId: string): LogoutFrame[] {
  const { frontchannelLogoutUri: uri, frontchannelLogoutSessionRequired: isRequired } = client
  if (uri === null) return []
  const iss = issuerOf(realmOf(context.scope), context.registry.settings)
  return [{ uri, parameters: isRequired ? { iss, sid: sidOf(context, client, sessionId) } : {} }]
}
