// The page where people link accounts at identity providers, and unlink them.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { ownLinkedAccounts, unlinkOwnAccount } from '#domain/account/own-linked-accounts.service.ts'
import { authorizationUrl } from '#domain/external-sign-in/authorization-url.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { renderId } from '#kernel/id.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { seeOther } from '#web/reply.ts'
import { type AccountVisit, done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { providerOfRealm } from './external-sign-in.ts'
import { failureReply, wordsFor } from './page-reply.ts'
import { accountLinkedAccounts } from './views/account-linked-accounts.ts'

const LinkedAccountId = idOf('linked_account')

/** The page of the linked accounts. It needs a recent sign-in, with a second factor of a person who has one. */
export const accountLinkedAccountsPage: Endpoint = {
  name: 'account_linked_accounts',
  methods: ['GET', 'POST'],
  paths: [ACCOUNT_PATHS.linked_accounts],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const visit = await visitAccount(services, realmRequest, ACCOUNT_PATHS.linked_accounts, { recent: true })
    if ('status' in visit) return visit
    if (realmRequest.method !== 'POST') return show(visit)
    try {
      return await answerForm(visit)
    } catch (error) {
      if (error instanceof Failure && error.code === 'conflict') {
        return show(visit, wordsFor(realmRequest, 'account').onlyWay)
      }
      throw error
    }
  },
}

async function answerForm(visit: AccountVisit): Promise<RealmReply> {
  const { context, realmRequest, signedIn, browser } = visit
  const { form } = realmRequest
  const { id: sessionId, userId } = signedIn.session
  if (form.get('decision') === 'link') {
    const provider = await providerOfRealm(visit, form.need('provider'))
    const asked = { purpose: { kind: 'link', userId, sessionId }, maxAge: null, selectsAccount: true } as const
    return seeOther(await authorizationUrl(context, provider, asked, browser.secret), browser.setCookie)
  }
  if (form.get('decision') !== 'unlink') throw new Failure('invalid_request', 'The form does not say what was decided.')
  const id = LinkedAccountId.safeParse(form.get('linked_account')).data
  if (id === undefined) throw new Failure('not_found')
  await unlinkOwnAccount(context, signedIn, id)
  return done(visit)
}

async function show(visit: AccountVisit, problem?: string): Promise<RealmReply> {
  const { linked, others } = await ownLinkedAccounts(visit.context, visit.signedIn.user)
  const html = accountLinkedAccounts({
    ...frameOfVisit(visit, problem),
    linked: linked.map(({ account, provider }) => ({ ...account, provider })),
    others: others.map(({ id, name }) => ({ id: renderId('identity_provider', id), name })),
  })
  return replyToVisit(visit, html, { status: problem ? 409 : 200 })
}
