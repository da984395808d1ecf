// The pages at addresses that lead to no app: the start pages of both listeners, and unknown paths in a browser.
import { Failure } from '#kernel/error.ts'
import type { RealmReply } from '#web/realm-request.ts'
import { pageReply } from './page-reply.ts'
import { serverFrame } from './server-frame.ts'
import { errorPage } from './views/error-page.ts'
import { message } from './views/message.ts'

/** The start page of the public listener. @param headers of the request */
export async function signInServerPage(headers: Headers): Promise<RealmReply> {
  const frame = await serverFrame(headers)
  const { serverTitle, server, serverAdmin } = frame.language.messages.landing
  const html = message({ frame, title: serverTitle, paragraphs: [server, serverAdmin] })
  return pageReply(200, html)
}

/** What the start page of the admin listener leads to. */
export interface AdministrationWays {
  /** Whether `/docs` is served. */
  readonly docs: boolean
  /** The address where the administrators of the first tenant change what they sign in with. */
  readonly account: string | undefined
}

/** The start page of the admin listener: what an administrator can do next. @param headers of the request */
export async function administrationPage({ docs, account }: AdministrationWays, headers: Headers): Promise<RealmReply> {
  const frame = await serverFrame(headers)
  const { landing: words, layout, getStarted } = frame.language.messages
  const html = message({
    frame,
    title: layout.administration,
    paragraphs: [words.login, words.doctor, words.account],
    ...(account !== undefined && { other: { href: account, label: getStarted.account } }),
    ...(docs && { next: { href: '/docs', label: words.docs } }),
  })
  return pageReply(200, html)
}

/**
 * The page for an address in a browser that is not served.
 * @param headers of the request
 * @returns undefined if the request is not a browser's for a page
 */
export async function unknownAddressPage(
  { method, headers, id }: { readonly method: string; readonly headers: Headers; readonly id: string },
  failure: Failure,
): Promise<RealmReply | undefined> {
  const { accept } = headers
  const wantsPage = method === 'GET' && typeof accept === 'string' && accept.includes('text/html')
  if (!wantsPage || failure.code !== 'not_found') return undefined
  return pageReply(
    404,
    errorPage({
      frame: await serverFrame(headers),
      code: failure.code,
      requestId: id,
      detail: new Failure('not_found').message,
    }),
  )
}

type Headers = Readonly<Record<string, string | string[] | undefined>>
