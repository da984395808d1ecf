// The page where people see what clients ask them to approve (OpenID Connect CIBA), and decide.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import {
  approveRequest,
  clientOf,
  denyRequest,
  levelNeeded,
  missingFor,
  type WaitingApproval,
  waitingApproval,
} from '#domain/backchannel-authentication/backchannel-authentication.service.ts'
import type { BackchannelAuthentication } from '#domain/backchannel-authentication/backchannel-authentication.ts'
import type { Client } from '#domain/client/client.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { declarationOf, describeDetail } from '#domain/resource/detail-type.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { renderId } from '#kernel/id.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { type AccountVisit, done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { hostWithoutRedirect } from './asking-client.ts'
import { failureReply } from './page-reply.ts'
import { type AskingClient, accountApproval, accountApprovals } from './views/account-approvals.ts'
import { signInForPage } from './waiting.ts'

const PATH = ACCOUNT_PATHS.approvals
/** How many requests a page shows: of those that wait, and of those that were decided. */
const SHOWN = 20
const RequestId = idOf('backchannel_authentication')

/**
 * The approvals: the list, and one request with what it asks for. A request is shown to nobody but the person whom it is
 * for; approving it needs a sign-in that is not older than the request.
 */
export const accountApprovalsPage: Endpoint = {
  name: 'account_approvals',
  methods: ['GET', 'POST'],
  paths: [PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const named = (realmRequest.method === 'POST' ? realmRequest.form : realmRequest.query).get('request')
    const query: Record<string, string> = named === undefined ? {} : { request: named.slice(0, 80) }
    const visit = await visitAccount(services, realmRequest, PATH, { query })
    if ('status' in visit) return visit
    if (realmRequest.method !== 'POST' && named === undefined) return showAll(visit)
    const id = RequestId.safeParse(named).data
    if (id === undefined) throw new Failure('not_found')
    const waiting = await waitingApproval(visit.context, id, visit.signedIn)
    if (realmRequest.method === 'POST' && realmRequest.form.get('decision') === 'deny') {
      await denyRequest(visit.context, waiting, visit.signedIn)
      return done(visit)
    }
    const missing = missingFor(visit.context, waiting, visit.signedIn)
    if (missing) return proveFirst(visit, waiting, missing)
    return realmRequest.method === 'POST' ? approve(visit, waiting) : showOne(visit, waiting)
  },
}

/** Has the person sign in, and come back to the request. */
function proveFirst(
  { context, realmRequest, signedIn }: AccountVisit,
  waiting: WaitingApproval,
  missing: 'sign_in' | 'level',
): RealmReply {
  const page = { path: PATH, query: { request: renderId('backchannel_authentication', waiting.request.id) } }
  const { signInMethods } = waiting.client
  const demands = { aal: levelNeeded(realmRequest.realm, waiting), signInMethods, loginHint: signedIn.user.email }
  return signInForPage(context, realmRequest, page, { ...demands, ...(missing === 'sign_in' && { maxAge: 0 }) })
}

async function approve(visit: AccountVisit, waiting: WaitingApproval): Promise<RealmReply> {
  const { form } = visit.realmRequest
  if (form.get('decision') !== 'approve')
    throw new Failure('invalid_request', 'The form does not say what was decided.')
  const { scopes, details } = waiting.request
  await approveRequest(visit.context, waiting, visit.signedIn, {
    scopes: new Set(scopes.filter((_, index) => form.get(`scope_${index}`) !== undefined)),
    details: new Set(details.flatMap((_, index) => (form.get(`detail_${index}`) === undefined ? [] : [index]))),
  })
  return done(visit)
}

async function showAll(visit: AccountVisit): Promise<RealmReply> {
  const { context, realmRequest, signedIn } = visit
  const of = { now: context.clock.now(), most: SHOWN }
  const read = (waiting: boolean) =>
    context.read.backchannelAuthentications.ofUser(realmRequest.realm.id, signedIn.user.id, { ...of, waiting })
  const [waiting, decided] = await Promise.all([read(true), read(false)])
  const open = await Promise.all(
    waiting.map(async (request) => ({ request, client: await clientOf(context, request) })),
  )
  const html = accountApprovals({
    ...frameOfVisit(visit),
    waiting: open.flatMap(({ request, client }) => (client ? [itemOf(request, client)] : [])),
    decided: await Promise.all(decided.map((request) => decidedOf(visit, request))),
  })
  return replyToVisit(visit, html)
}

function itemOf({ id, createdAt, expiresAt }: BackchannelAuthentication, client: Client) {
  return { id: renderId('backchannel_authentication', id), client: askingOf(client), createdAt, expiresAt }
}

async function decidedOf({ context, realmRequest }: AccountVisit, request: BackchannelAuthentication) {
  const named = await context.read.clients.find(realmRequest.realm.id, request.clientId)
  const { status, decidedAt, grantedScopes } = request
  return {
    name: named?.client.label ?? '',
    isApproved: status === 'approved',
    at: decidedAt ?? request.createdAt,
    scopes: grantedScopes ?? [],
  }
}

async function showOne(visit: AccountVisit, { request, client }: WaitingApproval): Promise<RealmReply> {
  const { read, registry, scope } = visit.context
  const known = await registry.resources(scope.tenantId)
  const wanted = request.resources.flatMap((identifier) => known.get(identifier) ?? [])
  const described = new Map(wanted.flatMap(({ scopes }) => scopes.map(({ name, description }) => [name, description])))
  const { directoryId } = realmOf(scope)
  const { organizationId } = request
  const organization = organizationId === null ? undefined : await read.organizations.find(directoryId, organizationId)
  const html = accountApproval({
    ...frameOfVisit(visit),
    ...itemOf(request, client),
    bindingMessage: request.bindingMessage ?? undefined,
    ...(wanted.length > 0 && { resource: { name: wanted.map(({ name }) => name).join(', ') } }),
    scopes: request.scopes.map((name) => ({ name, description: described.get(name) || undefined })),
    details: request.details.map((detail) => {
      const owner = declarationOf(detail, wanted)
      return owner ? describeDetail(detail, owner.declared) : undefined
    }),
    account: visit.signedIn.user.email,
    organization: organization?.name,
  })
  return replyToVisit(visit, html)
}

/** Who asks, as the page for consent tells it. */
function askingOf(client: Client): AskingClient {
  return {
    name: client.label,
    host: hostWithoutRedirect(client),
    firstParty: client.firstParty,
    isRegistered: client.registeredBy === 'administrator',
  }
}
