// What the person who is signed in connected at providers, as JSON below the path of the vault, and its end.
import { VAULT_PATH } from '#domain/connection/connect-paths.ts'
import { revokeConnection } from '#domain/connection/connection.service.ts'
import type { Connection } from '#domain/connection/connection.ts'
import type { Context } from '#domain/context.ts'
import type { Services } from '#domain/open-context.ts'
import { Failure } from '#kernel/error.ts'
import { ID_PREFIXES, type Noun, parseId, renderId } from '#kernel/id.ts'
import { refuseAsCoded } from '#web/coded-refusal.ts'
import { checkSameOrigin } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmRequest } from '#web/realm-request.ts'
import { json, NO_STORE } from '#web/reply.ts'
import { connectionsOf } from './account-connections.page.ts'

const BASE = `${VAULT_PATH}/connections`

/** `GET …/connections`. */
export const vaultConnectionsEndpoint: Endpoint = {
  name: 'vault_connections',
  methods: ['GET'],
  paths: [BASE],
  refuse: refuseAsCoded,
  async respond(services, realmRequest) {
    const { context, userId } = await personOf(services, realmRequest)
    const connections = await connectionsOf(context, realmRequest.realm.id, userId)
    const data = connections.map(({ connection, provider }) => ({
      id: rendered('connection', 'vc', connection.id),
      provider_id: rendered('broker_provider', 'vp', provider.id),
      provider_name: provider.slug,
      provider_display_name: provider.name,
      ...(provider.iconUrl !== null && { provider_icon_url: provider.iconUrl }),
      scopes: connection.scopes,
      ...timesOf(connection),
      needs_reauth: connection.needsReauth,
    }))
    return json(200, { data, total: data.length })
  },
}

/** `DELETE …/connections/{id}`. */
export const vaultConnectionEndpoint: Endpoint = {
  name: 'vault_connection',
  methods: ['DELETE'],
  paths: [`${BASE}/{id}`],
  refuse: refuseAsCoded,
  async respond(services, realmRequest) {
    const { context, userId } = await personOf(services, realmRequest)
    checkSameOrigin(realmRequest.headers, realmRequest.issuer)
    const named = realmRequest.path.slice(BASE.length + 1)
    const id = parseId('connection', named.replace(/^vc_/, `${ID_PREFIXES.connection}_`))
    if (id === undefined) throw new Failure('not_found')
    await revokeConnection(context, { id }, isOwn(userId))
    return { status: 204, headers: NO_STORE }
  },
}

async function personOf(services: Services, request: RealmRequest): Promise<{ context: Context; userId: string }> {
  const signedIn = await currentSession(contextOf(services, request), request)
  if (!signedIn) throw new Failure('unauthenticated', 'Sign in first: send the cookie of a session.')
  return { context: contextOfPerson(services, request, signedIn.user), userId: signedIn.user.id }
}

/** One that ended is not listed, and not there. */
const isOwn =
  (id: string) =>
  ({ userId, revokedAt }: Connection): boolean =>
    userId === id && revokedAt === null

function rendered(noun: Noun, prefix: string, id: string): string {
  return renderId(noun, id).replace(/^[a-z]+/, prefix)
}

function timesOf({ expiresAt, refreshedAt, createdAt, updatedAt }: Connection) {
  const times = { expires_at: expiresAt, last_refreshed_at: refreshedAt, created_at: createdAt, updated_at: updatedAt }
  return Object.fromEntries(
    Object.entries(times).flatMap(([name, at]) =>
      at === null ? [] : [[name, new Date(at).toISOString().replace(/\.\d+/, '')]],
    ),
  )
}
