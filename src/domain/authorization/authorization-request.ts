// A checked authorization request, and what the user did about it.
import type { Id } from '#kernel/id.ts'
import type { LanguageTag } from '#language/languages.ts'
import type { Confirmation } from '../token-family/token-family.ts'
import type { AuthorizationDetail } from './authorization-detail.ts'
import type { RequestedClaims } from './requested-claims.ts'
import type { ResponseMode } from './response-mode.ts'

/** All values; `create` is supported only where people can make accounts (Initiating User Registration via OpenID Connect 1.0). */
export const PROMPTS = ['none', 'login', 'consent', 'select_account', 'create'] as const
export type Prompt = (typeof PROMPTS)[number]

/** The values of `prompt` that a realm supports. @param canRegister whether people can make accounts there */
export function promptsOf(canRegister: boolean): readonly Prompt[] {
  return canRegister ? PROMPTS : PROMPTS.filter((value) => value !== 'create')
}

/**
 * The scopes about the user instead of a resource (OpenID Connect Core §5.4, §11), and `groups`, `roles` and
 * `organization`.
 */
export const OPENID_SCOPES: ReadonlySet<string> = new Set([
  'openid',
  'profile',
  'email',
  'phone',
  'address',
  'groups',
  'roles',
  'organization',
  'offline_access',
])

/**
 * The user of an `id_token_hint` (OpenID Connect Core §3.1.2.1): a user of this realm; nobody if the hint is not an ID
 * token of the realm for this client.
 */
export type Hint = { readonly userId: Id | undefined }

/** A checked authorization request (RFC 6749 §4.1.1). It does not change after it was accepted. */
export interface AuthorizationRequest {
  /** The client’s row id. */
  readonly clientId: Id
  /** The client's `client_id`. */
  readonly clientIdentifier: string
  readonly redirectUri: string
  /** Whether the request contained the redirect URI. */
  readonly redirectUriGiven: boolean
  readonly state: string | null
  /** How the response travels; absent for the default. */
  readonly responseMode?: ResponseMode
  /** BASE64URL(SHA256(code_verifier)) (RFC 7636 §4.2). */
  readonly codeChallenge: string
  readonly scopes: readonly string[]
  /** Identifiers of resources (RFC 8707); empty for the realm itself. */
  readonly resources: readonly string[]
  /** What `authorization_details` asks for (RFC 9396); absent where there is none. */
  readonly details?: readonly AuthorizationDetail[]
  readonly nonce: string | null
  /** What the `claims` parameter asks for; absent where there is none. */
  readonly claims?: RequestedClaims | null
  readonly prompt: readonly Prompt[]
  /** `max_age`: the maximum age of the sign-in, in seconds. */
  readonly maxAge: number | null
  readonly loginHint: string | null
  /** The language that `ui_locales` asks for; absent or null for none that the pages have. */
  readonly language?: LanguageTag | null
  /** `organization`: the id or the slug of the organization that the sign-in is for; absent or null for none. */
  readonly organization?: string | null
  /** The assurance level that `acr_values` requests, 1 to 3; 1 if it names no known level. */
  readonly aal: number
  readonly hint: Hint | null
  /**
   * The device authorization that the request belongs to (RFC 8628). The client then gets no redirect: the redirect URI
   * is a page of this realm.
   */
  readonly device?: Id
  /** The key that the client must prove when it exchanges the code (RFC 9449 §10). */
  readonly boundTo?: Confirmation | null
}

/** What the user did about a request since it began. */
export interface Progress {
  /** The user who signed in for the request. */
  readonly signedIn: Id | null
  /** The user who consented. */
  readonly allowed: Id | null
  readonly denied: boolean
  /** Whether the user wants to use another account. */
  readonly switching: boolean
  /** Whether nothing that the person could prove reaches the level. */
  readonly unreachable: boolean
  /** The organization that a user chose; absent before. */
  readonly organization?: { readonly userId: Id; readonly id: Id }
}

/** The state of a new request. */
export const NO_PROGRESS: Progress = {
  signedIn: null,
  allowed: null,
  denied: false,
  switching: false,
  unreachable: false,
}
