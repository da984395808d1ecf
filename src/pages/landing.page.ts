// The pages at addresses that lead to no app: the start pages of both listeners, and unknown paths in a browser.
import { Failure } from '#kernel/error.ts'
import type { RealmReply } from '#web/realm-request.ts'
import { pageReply } from './page-reply.ts'
import { errorPage } from './views/error-page.ts'
import type { Frame } from './views/layout.ts'
import { message } from './views/message.ts'

const frame: Frame = { brand: { name: 'Countersign' } }

/** The start page of the public listener. */
export function signInServerPage(): RealmReply {
  const html = message({
    frame,
    title: 'This server signs people in',
    paragraphs: [
      'Apps send you here to sign in, and you return to them afterwards. Open the app that you want to use.',
      'The administration of this server has an address of its own. Whoever runs the server knows it.',
    ],
  })
  return pageReply(200, html)
}

/** What the start page of the admin listener leads to. */
export interface AdministrationWays {
  /** Whether `/docs` is served. */
  readonly docs: boolean
  /** The address where the administrators of the first tenant change what they sign in with. */
  readonly account: string | undefined
}

/** The start page of the admin listener: what an administrator can do next. */
export function administrationPage({ docs, account }: AdministrationWays): RealmReply {
  const html = message({
    frame,
    title: 'Administration of this server',
    paragraphs: [
      'Administrators work with the command line: "countersign login" signs you in, also as the administrator of one tenant with "--tenant" and its id.',
      'To see whether everything is set up, run "countersign doctor". To register the first app, run "countersign client create --help".',
      'Your account is where you change your password, and set up a passkey or an authenticator app. To demand one of every administrator, run "countersign tenant update default --admin-min-aal 2".',
    ],
    ...(account !== undefined && { other: { href: account, label: 'Open your account' } }),
    ...(docs && { next: { href: '/docs', label: 'Read the API documentation' } }),
  })
  return pageReply(200, html)
}

/**
 * The page for an address in a browser that is not served.
 * @param headers of the request
 * @returns undefined if the request is not a browser's for a page
 */
export function unknownAddressPage(
  { method, headers, id }: { readonly method: string; readonly headers: Headers; readonly id: string },
  failure: Failure,
): RealmReply | undefined {
  const { accept } = headers
  const wantsPage = method === 'GET' && typeof accept === 'string' && accept.includes('text/html')
  if (!wantsPage || failure.code !== 'not_found') return undefined
  return pageReply(
    404,
    errorPage({ frame, code: failure.code, requestId: id, detail: new Failure('not_found').message }),
  )
}

type Headers = Readonly<Record<string, string | string[] | undefined>>
