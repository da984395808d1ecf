import { seeOther, withQuery } from '#domain/authorization/authorization-response.ts'
import { type Review, review } from '#domain/authorization/review.ts'
import { findTransaction, recordProgress, type Transaction } from '#domain/authorization/transaction.ts'
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { claimDevice, userCodeOf } from '#domain/device-authorization/device-authorization.service.ts'
import { shownUserCode } from '#domain/device-authorization/device-authorization.ts'
import { contextOf, type Endpoint, type RealmReply, type RealmRequest } from '#domain/realm-request.ts'
import { checkForm, checkSameOrigin, csrfToken, readCookie } from '#domain/sign-in/browser.ts'
import type { SignedIn } from '#domain/sign-in/current-session.ts'
import { Failure } from '#kernel/error.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { consent } from './views/consent.ts'
import { destinationOf } from './views/destination.ts'
import { deviceConsent } from './views/device.ts'

const PATH = '/consent'

/** An authorization request that waits for a person’s consent. */
interface Waiting {
  readonly context: Context
  readonly realmRequest: RealmRequest
  readonly transaction: Transaction
  readonly reviewed: Review
  readonly signedIn: SignedIn
}

/**
 * The page that asks whether a client may have what it wants. What is allowed is what the transaction says, never what
 * the form says; the form’s token is for one person, so that nobody allows in the name of who was signed in before.
 */
export const consentPage: Endpoint = {
  name: 'consent',
  methods: ['GET', 'POST'],
  paths: [PATH],
  refuse: failureReply,
  async respond(house, realmRequest) {
    const context = contextOf(house, realmRequest)
    const posted = realmRequest.method === 'POST'
    if (posted) checkSameOrigin(realmRequest.headers, realmRequest.issuer)
    const id = (posted ? realmRequest.form : realmRequest.query).get('transaction')
    const transaction = await findTransaction(context, id, readCookie(realmRequest, 'browser'))
    const reviewed = await review(context, realmRequest, transaction)
    const { signedIn } = reviewed
    if (posted) checkForm(context, realmRequest, about(transaction, signedIn))
    if (!signedIn || reviewed.decision !== 'consent') return resume(realmRequest, transaction)
    const waiting: Waiting = { context, realmRequest, transaction, reviewed, signedIn }
    if (posted) return answerForm(waiting)
    return reviewed.request.device === undefined ? show(waiting) : showDevice(waiting, reviewed.request.device)
  },
}

async function answerForm({ context, realmRequest, transaction, reviewed, signedIn }: Waiting): Promise<RealmReply> {
  const userId = signedIn.user.id
  const decision = realmRequest.form.get('decision')
  await context.write(async (unit) => {
    if (decision === 'allow') return recordProgress(context, unit, transaction, { allowed: userId })
    if (decision === 'switch_account') {
      const { device } = reviewed.request
      if (device !== undefined) await unit.deviceAuthorizations.release(device, userId)
      return recordProgress(context, unit, transaction, { switching: true })
    }
    if (decision !== 'deny') throw new Failure('invalid_request', 'The form does not say what was decided.')
    await recordProgress(context, unit, transaction, { denied: true })
    unit.emit('grant.denied', {
      subject: { type: 'client', id: reviewed.client.id },
      actor: { kind: 'user', id: userId },
      data: { userId, clientId: reviewed.client.clientId, asked: reviewed.asks },
    })
  })
  return resume(realmRequest, transaction)
}

function show(waiting: Waiting): RealmReply {
  const { request, client } = waiting.reviewed
  const html = consent({
    ...shownOf(waiting),
    // Every client there is was registered by an administrator of the realm.
    client: { name: client.label, verified: true },
    redirectUri: request.redirectUri,
  })
  return pageReply(200, html, { leadsTo: request.redirectUri })
}

async function showDevice(waiting: Waiting, id: string): Promise<RealmReply> {
  const { context, reviewed, signedIn } = waiting
  const device = await claimDevice(context, id, signedIn.user.id)
  const html = deviceConsent({
    ...shownOf(waiting),
    client: { name: reviewed.client.label, host: hostOf(reviewed.client) },
    userCode: shownUserCode(userCodeOf(context, device)),
    origin: { ip: device.ip, userAgent: device.userAgent, at: device.createdAt },
    now: context.clock.now(),
  })
  return pageReply(200, html)
}

/** The site that a client sends people back to elsewhere. */
function hostOf({ redirectUris }: Client): string | undefined {
  return redirectUris.map(destinationOf).find(({ kind }) => kind === 'web')?.label
}

/** What any consent page shows. */
function shownOf({ context, realmRequest, transaction, reviewed, signedIn }: Waiting) {
  const { request, resources } = reviewed
  const wanted = request.resources.flatMap((identifier) => resources.get(identifier) ?? [])
  const described = new Map(wanted.flatMap(({ scopes }) => scopes.map(({ name, description }) => [name, description])))
  const { email, name } = signedIn.user
  return {
    frame: frameOf(realmRequest),
    action: `${realmRequest.base}${PATH}`,
    transaction: transaction.id,
    csrf: csrfToken(context, readCookie(realmRequest, 'browser') ?? '', about(transaction, signedIn)),
    ...(wanted.length > 0 && { resource: { name: wanted.map((resource) => resource.name).join(', ') } }),
    scopes: request.scopes.map((scope) => ({ name: scope, description: described.get(scope) || undefined })),
    account: { email, name: name ?? undefined },
  }
}

function resume({ base }: RealmRequest, { id }: Transaction): RealmReply {
  return seeOther(withQuery(`${base}/oauth/authorize/resume`, { transaction: id }))
}

function about({ id }: Transaction, signedIn: SignedIn | undefined): string[] {
  return ['consent', id, signedIn?.session.id ?? '']
}
