// The response modes: how an authorization response travels to a client, and whether it is signed.

/** Where the parameters of a response stand: in the query or the fragment of a redirect, or in a form that a page posts. */
export type Carrier = 'query' | 'fragment' | 'form'

interface ResponseModeRules {
  readonly carrier: Carrier
  /** Whether the parameters are the claims of one JWT (JARM §2.3). */
  readonly signed: boolean
}

/**
 * Every response mode of a code: OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2, JARM §2.3. A code
 * never stands in a fragment unsigned, where each script of the client's page could exchange it for another one.
 */
export const RESPONSE_MODES = {
  query: { carrier: 'query', signed: false },
  form_post: { carrier: 'form', signed: false },
  /** JARM §2.3.4: for a code, the same as `query.jwt`. */
  jwt: { carrier: 'query', signed: true },
  'query.jwt': { carrier: 'query', signed: true },
  'fragment.jwt': { carrier: 'fragment', signed: true },
  'form_post.jwt': { carrier: 'form', signed: true },
} as const satisfies Record<string, ResponseModeRules>

export type ResponseMode = keyof typeof RESPONSE_MODES

/** The mode of a request that names none (OAuth 2.0 Multiple Response Types §2.1). */
export const DEFAULT_RESPONSE_MODE = 'query'

/** Whether a text is the name of a mode. */
export function isResponseMode(name: string): name is ResponseMode {
  return Object.hasOwn(RESPONSE_MODES, name)
}
