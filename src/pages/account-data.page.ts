// The page where people download what is stored about them.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { ownData } from '#domain/account/own-data.service.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply } from './page-reply.ts'
import { accountData } from './views/account-data.ts'

/** The page with the button, and the file. Both need a recent sign-in. */
export const accountDataPage: Endpoint = {
  name: 'account_data',
  methods: ['GET', 'POST'],
  paths: [ACCOUNT_PATHS.data],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const visit = await visitAccount(services, realmRequest, ACCOUNT_PATHS.data, { recent: true })
    if ('status' in visit) return visit
    if (realmRequest.method !== 'POST') return replyToVisit(visit, accountData(frameOfVisit(visit)))
    return fileReply(await ownData(visit.context, visit.signedIn))
  },
}

function fileReply(body: AsyncIterable<string>): RealmReply {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="my-data.json"',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
    body,
  }
}
