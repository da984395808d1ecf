// The page on which a user chooses the organization to sign in for.
import { type Review, review } from '#domain/authorization/review.ts'
import { findTransaction, recordProgress, type Transaction } from '#domain/authorization/transaction.ts'
import type { Context } from '#domain/context.ts'
import type { SignedIn } from '#domain/sign-in/signed-in.ts'
import { Failure } from '#kernel/error.ts'
import { parseId, renderId } from '#kernel/id.ts'
import { readCookie } from '#web/cookies.ts'
import { checkCsrf, csrfToken } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { ORGANIZATION_PATH, RESUME_PATH } from '#web/page-paths.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { brandedFor } from './brand.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { organizationChoice } from './views/organization.ts'

interface Waiting {
  readonly context: Context
  readonly realmRequest: RealmRequest
  readonly transaction: Transaction
  readonly reviewed: Review
  readonly signedIn: SignedIn
}

/**
 * The choice of an organization. It counts only for the user who made it, and whether that user is a member is looked up
 * anew by each step that follows.
 */
export const organizationPage: Endpoint = {
  name: 'organization',
  methods: ['GET', 'POST'],
  paths: [ORGANIZATION_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const posted = realmRequest.method === 'POST'
    const id = (posted ? realmRequest.form : realmRequest.query).get('transaction')
    const transaction = await findTransaction(context, id, readCookie(realmRequest, 'browser'))
    const reviewed = await review(context, await currentSession(context, realmRequest), transaction)
    const { signedIn } = reviewed
    if (posted) checkCsrf(context, realmRequest, formPurpose(transaction.replaces ?? transaction.key, signedIn))
    const over = posted && transaction.replaces !== undefined
    if (over || !signedIn || reviewed.decision !== 'organization') return resume(realmRequest, transaction)
    const branded = await brandedFor(context, realmRequest, { client: reviewed.client })
    const waiting: Waiting = { context, realmRequest: branded, transaction, reviewed, signedIn }
    return posted ? answerForm(waiting) : show(waiting)
  },
}

async function answerForm({ context, realmRequest, transaction, reviewed, signedIn }: Waiting): Promise<RealmReply> {
  const { form } = realmRequest
  const chosen = parseId('organization', form.get('organization') ?? '')
  const decision = form.get('decision')
  await context.write(async (unit) => {
    if (decision === 'deny') return recordProgress(context, unit, transaction, { denied: true })
    if (decision === 'switch_account') {
      const { device } = reviewed.request
      if (device !== undefined) await unit.deviceAuthorizations.release(device, signedIn.user.id)
      return recordProgress(context, unit, transaction, { switching: true })
    }
    if (chosen === undefined) throw new Failure('invalid_request', 'The form does not say what was chosen.')
    return recordProgress(context, unit, transaction, { organization: { userId: signedIn.user.id, id: chosen } })
  })
  return resume(realmRequest, transaction)
}

function show({ context, realmRequest, transaction, reviewed, signedIn }: Waiting): RealmReply {
  const { client, organization, request } = reviewed
  const { email, name } = signedIn.user
  const own = organization.kind === 'open' ? organization.organizations : []
  const html = organizationChoice({
    frame: frameOf(realmRequest),
    action: `${realmRequest.base}${ORGANIZATION_PATH}`,
    transaction: transaction.id,
    csrf: csrfToken(context, readCookie(realmRequest, 'browser') ?? '', formPurpose(transaction.key, signedIn)),
    client: client.label,
    organizations: own.map((one) => ({ id: renderId('organization', one.id), name: one.name })),
    named: (request.organization ?? null) !== null,
    account: { email, name: name ?? undefined },
  })
  return pageReply(200, html, { leadsAway: true })
}

function resume({ base }: RealmRequest, { id }: Transaction): RealmReply {
  return seeOther(withQuery(base + RESUME_PATH, { transaction: id }))
}

function formPurpose(key: string, signedIn: SignedIn | undefined): string[] {
  return ['organization', key, signedIn?.session.id ?? '']
}
