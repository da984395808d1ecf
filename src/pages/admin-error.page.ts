// The pages that explain the errors of the admin APIs to developers.
import { Failure } from '#kernel/error.ts'
import { adminExplanation } from '#kernel/error-explanation.ts'
import type { RealmReply } from '#web/realm-request.ts'
import { pageReply } from './page-reply.ts'
import { serverFrame } from './server-frame.ts'
import { explanation } from './views/explanation.ts'

/**
 * The page about an error. It is the same for everybody, and needs no credential.
 * @param code as the error body names it
 * @param headers of the request
 * @throws Failure `not_found` for a code that no error has
 */
export async function adminErrorPage(code: string, headers: Headers): Promise<RealmReply> {
  const found = adminExplanation(code)
  if (!found) throw new Failure('not_found', 'There is no such error.')
  return pageReply(200, explanation({ frame: await serverFrame(headers), code, ...found, reasons: [] }))
}

type Headers = Parameters<typeof serverFrame>[0]
