// The status lists of a realm (draft-ietf-oauth-status-list §8): which of its tokens were revoked.
import { Failure } from '#kernel/error.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { refuseAsJson } from '#web/reply.ts'
import { publishedList } from './published-list.ts'
import { addressOfList, listNamed, STATUS_LISTS_PATH } from './token-status.ts'

/** A list is served while its tokens may be valid, also after the realm stopped naming lists in tokens. */
export const statusListEndpoint: Endpoint = {
  name: 'status_list',
  methods: ['GET'],
  paths: [`${STATUS_LISTS_PATH}/*`],
  crossOrigin: true,
  refuse: refuseAsJson,
  async respond(services, request) {
    const context = contextOf(services, request)
    const { realm, issuer, rest = '', headers } = request
    const list = listNamed(context, realm, rest)
    if (list === undefined) throw new Failure('not_found', 'The realm has no such status list.')
    const { token, etag } = await publishedList(context, list, addressOfList(context, realm, issuer, list))
    // The time in the list begins when it is fetched, so a copy must not be older than that.
    const caching = { etag, 'cache-control': 'no-cache' }
    if (isKnown(headers['if-none-match'], etag)) return { status: 304, headers: caching }
    return { status: 200, headers: { 'content-type': 'application/statuslist+jwt', ...caching }, body: token }
  },
}

/** Whether a client has what it asks for (RFC 9110 §13.1.2). */
function isKnown(header: string | readonly string[] | undefined, etag: string): boolean {
  const given = [header ?? []].flat().join(',').split(',')
  const plain = (text: string) => text.trim().replace(/^W\//, '')
  return given.some((one) => one.trim() === '*' || plain(one) === plain(etag))
}
