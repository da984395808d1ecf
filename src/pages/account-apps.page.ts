// The page where people see what they allowed to which app, and withdraw it.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { withdrawFromClient } from '#domain/account/own-account.service.ts'
import { hostOfDocument } from '#domain/client/client-id-url.ts'
import type { Context } from '#domain/context.ts'
import { withdrawDelegation } from '#domain/delegation-grant/delegation-grant.service.ts'
import type { Grant } from '#domain/grant/grant.ts'
import { declarationOf, describeDetail } from '#domain/resource/detail-type.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { type AccountVisit, done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply } from './page-reply.ts'
import { type ActingApp, type AllowedAccess, accountApps } from './views/account-apps.ts'

/** How many consents a page shows; an app has one for each API. */
const SHOWN = 50
const ClientId = idOf('client')
const DelegationGrantId = idOf('delegation_grant')

/** The page of the apps. */
export const accountAppsPage: Endpoint = {
  name: 'account_apps',
  methods: ['GET', 'POST'],
  paths: [ACCOUNT_PATHS.apps],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const visit = await visitAccount(services, realmRequest, ACCOUNT_PATHS.apps)
    if ('status' in visit) return visit
    if (realmRequest.method !== 'POST') return show(visit)
    if (realmRequest.form.get('decision') === 'end') {
      const grant = DelegationGrantId.safeParse(realmRequest.form.get('delegation')).data
      if (grant === undefined) throw new Failure('not_found')
      await withdrawDelegation(visit.context, visit.signedIn, grant)
      return done(visit)
    }
    const id = ClientId.safeParse(realmRequest.form.get('client')).data
    if (id === undefined) throw new Failure('not_found')
    await withdrawFromClient(visit.context, visit.signedIn, id)
    return done(visit)
  },
}

async function show(visit: AccountVisit): Promise<RealmReply> {
  const { context, realmRequest, signedIn } = visit
  const cursor = realmRequest.query.get('cursor')
  const query = { limit: SHOWN, cursor, userId: signedIn.user.id, revoked: false }
  const { data, nextCursor } = await context.read.grants.list(realmRequest.realm.id, query)
  const ofClient = Map.groupBy(data, ({ clientId }) => clientId)
  const apps = await Promise.all([...ofClient].map(([clientId, grants]) => appOf(visit, clientId, grants)))
  // The first page has the apps that act for the person.
  const agents = cursor === undefined ? await agentsOf(visit) : []
  return replyToVisit(visit, accountApps({ ...frameOfVisit(visit), apps, agents, cursor: nextCursor }))
}

async function agentsOf({ context, realmRequest, signedIn }: AccountVisit): Promise<ActingApp[]> {
  const now = context.clock.now()
  const query = { limit: SHOWN, fromUserId: signedIn.user.id, revoked: false }
  const { data } = await context.read.delegationGrants.list(realmRequest.realm.id, query)
  const living = data.filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
  return Promise.all(
    living.map(async ({ id, toClientId, createdAt: since, expiresAt: until, scopes }) => {
      const named = await context.read.clients.find(realmRequest.realm.id, toClientId)
      return { id, name: named?.client.label ?? '', since, until, scopes: scopes?.map((name) => ({ name })) ?? null }
    }),
  )
}

async function appOf({ context, realmRequest }: AccountVisit, clientId: string, grants: readonly Grant[]) {
  const named = await context.read.clients.find(realmRequest.realm.id, clientId)
  const isDocument = named?.client.registeredBy === 'metadata_document'
  return {
    id: clientId,
    name: named?.client.label ?? '',
    host: isDocument ? hostOfDocument(named.client.clientId) : undefined,
    since: Math.min(...grants.map(({ createdAt }) => createdAt)),
    access: await Promise.all(grants.map((grant) => accessOf(context, grant))),
  }
}

/** A consent in the words of the page that asked for it. */
async function accessOf({ registry, scope }: Context, grant: Grant): Promise<AllowedAccess> {
  const resource = (await registry.resources(scope.tenantId)).get(grant.resource)
  const described = new Map(resource?.scopes.map(({ name, description }) => [name, description]))
  return {
    ...(grant.resource !== '' && { resource: { name: resource?.name ?? grant.resource } }),
    scopes: grant.scopes.map((name) => ({ name, description: described.get(name) || undefined })),
    details: grant.details.flatMap((detail) => {
      const owner = resource && declarationOf(detail, [resource])
      return owner ? [describeDetail(detail, owner.declared)] : []
    }),
  }
}
