// The page where people delete their accounts, and the one that says that it is done.
import { ACCOUNT_DELETED_PATH, ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { confirmsDeletion, deleteOwnAccount, mayDeleteAccount } from '#domain/account/own-deletion.service.ts'
import { NO_SIGN_OUT_REQUEST } from '#domain/sign-in/sign-out.ts'
import { Failure } from '#kernel/error.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { signedOutReply } from '#web/sign-out-reply.ts'
import { tell } from './account-form.ts'
import { frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply, wordsFor } from './page-reply.ts'
import { accountDeletion } from './views/account-deletion.ts'

/** The page of the deletion. It needs a recent sign-in, and the address of the account typed once more. */
export const accountDeletionPage: Endpoint = {
  name: 'account_deletion',
  methods: ['GET', 'POST'],
  paths: [ACCOUNT_PATHS.deletion],
  refuse: failureReply,
  async respond(services, realmRequest) {
    if (!mayDeleteAccount(contextOf(services, realmRequest))) throw new Failure('not_found')
    const visit = await visitAccount(services, realmRequest, ACCOUNT_PATHS.deletion, { recent: true })
    if ('status' in visit) return visit
    const isForm = realmRequest.method === 'POST'
    if (isForm && confirmsDeletion(visit.signedIn, realmRequest.form.get('confirmation') ?? '')) {
      const frames = await deleteOwnAccount(visit.context, visit.signedIn)
      return signedOutReply(realmRequest, NO_SIGN_OUT_REQUEST, frames, ACCOUNT_DELETED_PATH)
    }
    const problem = isForm ? wordsFor(realmRequest, 'accountDeletion').wrong : undefined
    const html = accountDeletion({ ...frameOfVisit(visit, problem), email: visit.signedIn.user.email })
    return replyToVisit(visit, html, { status: problem ? 400 : 200 })
  },
}

/** The page after the deletion. */
export const accountDeletedPage: Endpoint = {
  name: 'account_deleted',
  methods: ['GET'],
  paths: [ACCOUNT_DELETED_PATH],
  refuse: failureReply,
  respond: async (_services, realmRequest) => {
    const words = wordsFor(realmRequest, 'accountDeletion')
    return tell(realmRequest, 200, {
      title: words.doneTitle,
      paragraphs: [words.done, wordsFor(realmRequest, 'signOut').done],
    })
  },
}
