// The paths of a realm to which its pages and endpoints lead the browser, below the realm's base URL.

/** The pages of a sign-in. */
export const SIGN_IN_PATHS = {
  sign_in: '/sign-in',
  second_factor: '/sign-in/second-factor',
  enrolment: '/sign-in/authenticator',
  recovery_codes: '/sign-in/recovery-codes',
  email: '/sign-in/email',
  details: '/sign-in/details',
  flow: '/sign-in/flow',
} as const

/** Where a person comes back to whom a flow sent elsewhere. */
export const FLOW_RETURN_PATH = '/sign-in/flow/return'
export const CONSENT_PATH = '/consent'
/** Where a person chooses an organization. */
export const ORGANIZATION_PATH = '/organization'
/** The logo of the client that a person is asked about. */
export const CONSENT_LOGO_PATH = '/consent/logo'
/** Where the browser takes up an authorization request again. */
export const RESUME_PATH = '/oauth/authorize/resume'
export const SIGN_OUT_PATH = '/sign-out'
export const SIGNED_OUT_PATH = '/signed-out'
/** What a person connected, as JSON. */
export const CONNECTIONS_PATH = '/connections'
/** Where a person chooses the language of the pages. */
export const LANGUAGE_PATH = '/language'
