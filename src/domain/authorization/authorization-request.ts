import type { Id } from '#kernel/id.ts'

export const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const
export type Prompt = (typeof PROMPTS)[number]

/** The scopes that speak of the person rather than of a resource (OpenID Connect Core §5.4, §11), `groups` among them. */
export const OPENID_SCOPES: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'groups', 'offline_access'])

/**
 * Whom an `id_token_hint` names (OpenID Connect Core §3.1.2.1): a user of this realm, or nobody where it is not one of
 * the realm’s ID tokens for this client.
 */
export type Hint = { readonly userId: Id | undefined }

/** A checked authorization request (RFC 6749 §4.1.1). Nothing of it changes once it is accepted. */
export interface AuthorizationRequest {
  /** The client’s row id. */
  readonly clientId: Id
  /** Its identifier on the wire. */
  readonly clientIdentifier: string
  readonly redirectUri: string
  /** Whether the request named it. */
  readonly redirectUriGiven: boolean
  readonly state: string | null
  /** BASE64URL(SHA256(code_verifier)) (RFC 7636 §4.2). */
  readonly codeChallenge: string
  readonly scopes: readonly string[]
  /** Identifiers of resources (RFC 8707); empty for the realm itself. */
  readonly resources: readonly string[]
  readonly nonce: string | null
  readonly prompt: readonly Prompt[]
  /** Seconds since the sign-in that are acceptable. */
  readonly maxAge: number | null
  readonly loginHint: string | null
  /** The assurance level that `acr_values` asks for, 1 to 3; 1 where it asks for none that is known. */
  readonly aal: number
  readonly hint: Hint | null
  /**
   * The device authorization that it is about (RFC 8628): nobody is redirected to the client then, and the redirect URI
   * is this realm’s own page.
   */
  readonly device?: Id
}

/** What a person has done about a request since it began. */
export interface Progress {
  /** Who signed in for it. */
  readonly signedIn: Id | null
  /** Who allowed it. */
  readonly allowed: Id | null
  readonly denied: boolean
  /** Whether another account is wanted than the one that is signed in. */
  readonly switching: boolean
}

/** Nothing was done yet. */
export const NO_PROGRESS: Progress = { signedIn: null, allowed: null, denied: false, switching: false }
