// The page on which a user chooses the organization to sign in for.
import { recordProgress } from '#domain/authorization/transaction.ts'
import { Failure } from '#kernel/error.ts'
import { parseId, renderId } from '#kernel/id.ts'
import { ORGANIZATION_PATH } from '#web/page-paths.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { brandedFor } from './brand.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { organizationChoice } from './views/organization.ts'
import { findWaiting, resume, switchAccount, tokenOfForm, type Waiting } from './waiting-authorization.ts'

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
    const { waiting: found, reply } = await findWaiting(services, realmRequest, 'organization')
    if (!found) return reply
    const { context, reviewed } = found
    const branded = await brandedFor(context, realmRequest, { client: reviewed.client })
    const waiting: Waiting = { ...found, realmRequest: branded }
    return realmRequest.method === 'POST' ? answerForm(waiting) : show(waiting)
  },
}

async function answerForm(waiting: Waiting): Promise<RealmReply> {
  const { context, realmRequest, transaction, signedIn } = waiting
  const { form } = realmRequest
  const chosen = parseId('organization', form.get('organization') ?? '')
  const decision = form.get('decision')
  await context.write(async (unit) => {
    if (decision === 'deny') return recordProgress(context, unit, transaction, { denied: true })
    if (decision === 'switch_account') return switchAccount(waiting, unit)
    if (chosen === undefined) throw new Failure('invalid_request', 'The form does not say what was chosen.')
    return recordProgress(context, unit, transaction, { organization: { userId: signedIn.user.id, id: chosen } })
  })
  return resume(realmRequest, transaction)
}

function show(waiting: Waiting): RealmReply {
  const { realmRequest, transaction, reviewed, signedIn } = waiting
  const { client, organization, request } = reviewed
  const { email, name } = signedIn.user
  const own = organization.kind === 'open' ? organization.organizations : []
  const html = organizationChoice({
    frame: frameOf(realmRequest),
    action: `${realmRequest.base}${ORGANIZATION_PATH}`,
    transaction: transaction.id,
    csrf: tokenOfForm(waiting, 'organization'),
    client: client.label,
    organizations: own.map((one) => ({ id: renderId('organization', one.id), name: one.name })),
    named: (request.organization ?? null) !== null,
    account: { email, name: name ?? undefined },
  })
  return pageReply(200, html, { leadsAway: true })
}
