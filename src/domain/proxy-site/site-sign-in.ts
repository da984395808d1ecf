// How a person who is signed in at a realm becomes signed in at a site of the proxy.

/** The page of a realm that sends people on to a site, below the issuer. */
export const SITE_SIGN_IN_PATH = '/proxy/sign-in'

/** Where people come back to with a code, at every site. */
export const SITE_CALLBACK_PATH = '/.countersign/callback'

/** What a code for a site stands for. */
export interface SiteCode {
  readonly sessionId: string
  readonly publicUrl: string
  /** The digest of the secret in the cookie of the browser that began. */
  readonly state: string
  readonly returnTo: string
}
