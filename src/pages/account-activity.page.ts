// The page where people see what happened with their account.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { ownActivity } from '#domain/account/own-activity.service.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply } from './page-reply.ts'
import { accountActivity } from './views/account-activity.ts'

/** How many entries a page shows. */
const SHOWN = 25

/** The page of the recent activity. */
export const accountActivityPage: Endpoint = {
  name: 'account_activity',
  methods: ['GET'],
  paths: [ACCOUNT_PATHS.activity],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const visit = await visitAccount(services, realmRequest, ACCOUNT_PATHS.activity)
    if ('status' in visit) return visit
    const { context, signedIn } = visit
    const { data, nextCursor } = await ownActivity(context, signedIn.user, realmRequest.query.get('cursor'), SHOWN)
    return replyToVisit(visit, accountActivity({ ...frameOfVisit(visit), entries: data, cursor: nextCursor }))
  },
}
