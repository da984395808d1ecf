// Sign-ins that return to a page of the realm, and not to a client.
import { Failure } from '#kernel/error.ts'
import { VERIFICATION_PATH } from '../account/account-link.ts'
import { ACCOUNT_PATHS } from '../account/account-paths.ts'
import type { Prompt } from '../authorization/authorization-request.ts'
import { isConnectPath } from '../connection/connect-paths.ts'
import { CONSOLE_PATH } from '../console/console-handoff.ts'
import { START_PATH } from '../identity-provider/identity-provider.ts'
import { INVITATION_PATH } from '../organization/invitation.ts'
import { SITE_SIGN_IN_PATH } from '../proxy-site/site-sign-in.ts'
import type { SignInMethod } from './methods.ts'

/** The pages that a sign-in can return to, below the realm's base URL. There is no other way to name where it returns. */
const RETURN_PATHS: readonly string[] = [
  INVITATION_PATH,
  VERIFICATION_PATH,
  START_PATH,
  CONSOLE_PATH,
  SITE_SIGN_IN_PATH,
  ...Object.values(ACCOUNT_PATHS),
]

/** A page of the realm that waits for a person to sign in. */
export interface PageRequest {
  /** Where the person returns. */
  readonly page: { readonly path: string; readonly query: Readonly<Record<string, string>> }
  readonly prompt: readonly Prompt[]
  /** The maximum age of the sign-in, in seconds; null for any. */
  readonly maxAge: number | null
  /** Fills the e-mail field. */
  readonly loginHint: string | null
  /** The assurance level that the page needs, 1 or 2. */
  readonly aal: number
  /** The methods that the page takes; null or undefined for all of the realm. */
  readonly signInMethods?: readonly SignInMethod[] | null
  readonly hint: null
}

/** What a page asks of a sign-in besides where it returns. */
export type PageDemands = Partial<Pick<PageRequest, 'maxAge' | 'loginHint' | 'aal' | 'signInMethods'>>

/**
 * The request of a page that needs a person to sign in, or to sign in again, or with more assurance. The page begins it
 * (`beginTransaction` with the browser's secret, `src/domain/authorization/transaction.ts`) and redirects to `/sign-in` with
 * its id as `transaction`. After the sign-in, the browser is back at the page, which looks at the session again: the request
 * grants nothing by itself. See `signInForPage` in `src/pages/waiting.ts`.
 * @param path one of the pages that a sign-in can return to
 * @param query what the page gets in its query, never a secret of somebody else than the person
 * @throws Failure `invalid_request` for another path
 */
export function pageRequest(
  path: string,
  query: Readonly<Record<string, string>> = {},
  { maxAge = null, loginHint = null, aal = 1, signInMethods = null }: PageDemands = {},
): PageRequest {
  if (!RETURN_PATHS.includes(path) && !isConnectPath(path))
    throw new Failure('invalid_request', 'A sign-in cannot return to this page.')
  return { page: { path, query }, prompt: [], maxAge, loginHint, aal, hint: null, signInMethods }
}
