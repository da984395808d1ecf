// The page and the JSON list where people see which accounts they connected at providers, and disconnect them.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { revokeConnection } from '#domain/connection/connection.service.ts'
import type { Connection } from '#domain/connection/connection.ts'
import type { Context } from '#domain/context.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { checkSameOrigin } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { CONNECTIONS_PATH } from '#web/page-paths.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { json, refuseAsJson } from '#web/reply.ts'
import { done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply } from './page-reply.ts'
import { accountConnections } from './views/account-connections.ts'

/** A user has one connection at each provider of a realm. */
const SHOWN = 100
const ConnectionId = idOf('connection')

/** The page of the connections. */
export const accountConnectionsPage: Endpoint = {
  name: 'account_connections',
  methods: ['GET', 'POST'],
  paths: [ACCOUNT_PATHS.connections],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const visit = await visitAccount(services, realmRequest, ACCOUNT_PATHS.connections)
    if ('status' in visit) return visit
    const { context, signedIn } = visit
    if (realmRequest.method === 'POST') {
      const id = ConnectionId.safeParse(realmRequest.form.get('connection')).data
      if (id === undefined) throw new Failure('not_found')
      await revokeConnection(context, { id }, ({ userId }) => userId === signedIn.user.id)
      return done(visit)
    }
    const connections = await connectionsOf(context, realmRequest.realm.id, signedIn.user.id)
    return replyToVisit(visit, accountConnections({ ...frameOfVisit(visit), connections }))
  },
}

/** The connections of the signed-in user as JSON: `GET /connections`, `DELETE /connections/{provider}`. */
export const connectionsEndpoint: Endpoint = {
  name: 'connections',
  methods: ['GET', 'DELETE'],
  paths: [CONNECTIONS_PATH, `${CONNECTIONS_PATH}/*`],
  refuse: refuseAsJson,
  async respond(services, realmRequest) {
    const { rest, method, realm } = realmRequest
    const signedIn = await currentSession(contextOf(services, realmRequest), realmRequest)
    if (!signedIn) throw new Failure('unauthenticated')
    const context = contextOfPerson(services, realmRequest, signedIn.user)
    const connections = await connectionsOf(context, realm.id, signedIn.user.id)
    if (method === 'GET') {
      const shown = connections.filter(({ provider }) => rest === undefined || provider.slug === rest)
      if (rest !== undefined && shown.length === 0) throw new Failure('not_found')
      const members = shown.map(({ provider, connection }) => ({
        provider: provider.slug,
        scopes_granted: connection.scopes,
        needs_reauth: connection.needsReauth,
        created_at: new Date(connection.createdAt).toISOString(),
        updated_at: new Date(connection.updatedAt).toISOString(),
      }))
      return json(200, rest === undefined ? members : members[0])
    }
    checkSameOrigin(realmRequest.headers, realmRequest.issuer)
    const meant = connections.find(({ provider }) => provider.slug === rest)
    if (!meant) throw new Failure('not_found')
    await revokeConnection(context, { id: meant.connection.id })
    return { status: 204, headers: { 'cache-control': 'no-store' } }
  },
}

/** The connections of a user that have not ended, with their providers; newest first. */
export async function connectionsOf({ read }: Context, realmId: string, userId: string) {
  const { data } = await read.connections.list(realmId, { limit: SHOWN, userId, revoked: false })
  const providers = await read.brokerProviders.ofIds(data.map(({ providerId }) => providerId))
  return data.flatMap((connection: Connection) => {
    const provider = providers.get(connection.providerId)
    return provider ? [{ connection, provider }] : []
  })
}
