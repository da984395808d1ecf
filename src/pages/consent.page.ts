// The consent page, where a user allows or denies the access that a client requests.
import { userActor } from '#domain/actor.ts'
import { idOfChosen } from '#domain/authorization/chosen-organization.ts'
import { type Review, review } from '#domain/authorization/review.ts'
import { findTransaction, recordProgress } from '#domain/authorization/transaction.ts'
import type { Client } from '#domain/client/client.ts'
import { linksOf, logoOf } from '#domain/client/shown-about.ts'
import { claimDevice, userCodeOf } from '#domain/device-authorization/device-authorization.service.ts'
import { formatUserCode } from '#domain/device-authorization/device-authorization.ts'
import { declarationOf, describeDetail } from '#domain/resource/detail-type.ts'
import { Failure } from '#kernel/error.ts'
import { readCookie } from '#web/cookies.ts'
import { currentSession } from '#web/current-session.ts'
import { CONSENT_LOGO_PATH, CONSENT_PATH } from '#web/page-paths.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { withQuery } from '#web/reply.ts'
import { hostOfClient, hostWithoutRedirect } from './asking-client.ts'
import { brandedFor } from './brand.ts'
import { failureReply, frameOf, imageReply, pageReply } from './page-reply.ts'
import { consent } from './views/consent.ts'
import { deviceConsent } from './views/device.ts'
import { findWaiting, resume, switchAccount, tokenOfForm, type Waiting } from './waiting-authorization.ts'

/**
 * The consent page. The granted access is always that of the transaction, never that of the form. The CSRF token of the
 * form is bound to one user, so that nobody consents for the user who was signed in before.
 */
export const consentPage: Endpoint = {
  name: 'consent',
  methods: ['GET', 'POST'],
  paths: [CONSENT_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const { waiting: found, reply } = await findWaiting(services, realmRequest, 'consent')
    if (!found) return reply
    const { context, reviewed } = found
    const { client, organization } = reviewed
    const organizationId = idOfChosen(organization)
    const branded = await brandedFor(context, realmRequest, { client, organizationId })
    const waiting: Waiting = { ...found, realmRequest: branded }
    if (realmRequest.method === 'POST') return answerForm(waiting)
    return reviewed.request.device === undefined ? show(waiting) : showDevice(waiting, reviewed.request.device)
  },
}

/**
 * The logo of the client that a person is asked about, from this server: the page loads nothing of others, and nobody but
 * that person can have an image fetched.
 */
export const consentLogo: Endpoint = {
  name: 'consent_logo',
  methods: ['GET'],
  paths: [CONSENT_LOGO_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const id = realmRequest.query.get('transaction')
    const transaction = await findTransaction(context, id, readCookie(realmRequest, 'browser'))
    const reviewed = await review(context, await currentSession(context, realmRequest), transaction)
    if (!reviewed.signedIn || reviewed.decision !== 'consent') throw new Failure('not_found')
    const { client, request } = reviewed
    const logo = await logoOf(context, client, hostFor(client, request))
    if (!logo) throw new Failure('not_found')
    return imageReply(logo)
  },
}

async function answerForm(waiting: Waiting): Promise<RealmReply> {
  const { context, realmRequest, transaction, reviewed, signedIn } = waiting
  const userId = signedIn.user.id
  const decision = realmRequest.form.get('decision')
  await context.write(async (unit) => {
    if (decision === 'allow') return recordProgress(context, unit, transaction, { allowed: userId })
    if (decision === 'switch_account') return switchAccount(waiting, unit)
    if (decision !== 'deny') throw new Failure('invalid_request', 'The form does not say what was decided.')
    await recordProgress(context, unit, transaction, { denied: true })
    unit.emit('grant.denied', {
      subject: { type: 'client', id: reviewed.client.id, label: reviewed.client.label },
      actor: userActor(signedIn.user),
      data: { userId, clientId: reviewed.client.clientId, asked: reviewed.consentRequests },
    })
  })
  return resume(realmRequest, transaction)
}

async function show(waiting: Waiting): Promise<RealmReply> {
  const html = consent({
    ...shownOf(waiting),
    client: await askingOf(waiting),
    redirectUri: waiting.reviewed.request.redirectUri,
  })
  return pageReply(200, html, { leadsAway: true })
}

/** Who asks: what the client calls itself, the host by which people know it, and what it says about itself that is there. */
async function askingOf({ context, realmRequest, transaction, reviewed: { client, request } }: Waiting) {
  const host = hostFor(client, request)
  const logo = await logoOf(context, client, host)
  return {
    name: client.label,
    firstParty: client.firstParty,
    isRegistered: client.registeredBy === 'administrator',
    host,
    links: linksOf(client, host),
    ...(logo && { logo: withQuery(realmRequest.base + CONSENT_LOGO_PATH, { transaction: transaction.id }) }),
  }
}

function hostFor(client: Client, { redirectUri, device }: Review['request']): string | undefined {
  return device === undefined ? hostOfClient(client, redirectUri) : hostWithoutRedirect(client)
}

async function showDevice(waiting: Waiting, id: string): Promise<RealmReply> {
  const { context, signedIn } = waiting
  const device = await claimDevice(context, id, signedIn.user.id)
  const html = deviceConsent({
    ...shownOf(waiting),
    client: await askingOf(waiting),
    userCode: formatUserCode(userCodeOf(context, device)),
    origin: { ip: device.ip, userAgent: device.userAgent, at: device.createdAt },
    now: context.clock.now(),
  })
  return pageReply(200, html)
}

/** The parts that every consent page shows. */
function shownOf(waiting: Waiting) {
  const { realmRequest, transaction, reviewed, signedIn } = waiting
  const { request, resources, organization } = reviewed
  const wanted = request.resources.flatMap((identifier) => resources.get(identifier) ?? [])
  const described = new Map(wanted.flatMap(({ scopes }) => scopes.map(({ name, description }) => [name, description])))
  const { email, name } = signedIn.user
  return {
    frame: frameOf(realmRequest),
    action: `${realmRequest.base}${CONSENT_PATH}`,
    transaction: transaction.id,
    csrf: tokenOfForm(waiting, 'consent'),
    ...(wanted.length > 0 && { resource: { name: wanted.map((resource) => resource.name).join(', ') } }),
    scopes: [...new Set([...request.scopes, ...(request.claims?.scopes ?? [])])].map((scope) => ({
      name: scope,
      description: described.get(scope) || undefined,
    })),
    details: (request.details ?? []).flatMap((detail) => {
      const owner = declarationOf(detail, wanted)
      return owner ? [describeDetail(detail, owner.declared)] : []
    }),
    account: { email, name: name ?? undefined },
    ...(organization.kind === 'chosen' && { organization: organization.organization.name }),
  }
}
