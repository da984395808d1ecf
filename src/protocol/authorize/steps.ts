// The steps of every kind of authorization request, in order.
import * as person from './person.ts'
import * as possession from './possession.ts'
import * as response from './response.ts'
import { type Row, stepsByKind } from './step.ts'
import * as target from './target.ts'

const A = 'authorize'
const P = 'pushed'
const D = 'device'
const B = 'backchannel'

// A failure before the redirect URI is found is shown to the person; a later one is sent to the client, with the state.
// biome-ignore format: it is a table
const ROWS: readonly Row[] = [
  [response.redirectUri,          A, P,       ],
  [response.state,                A, P,       ],
  [response.responseMode,         A, P,       ],
  [response.codeGrant,            A, P,       ],
  [response.responseType,         A, P,       ],
  [possession.codeChallenge,      A, P,       ],
  [possession.dpopKey,            A, P,       ],
  [target.resources,              A, P, D, B, ],
  [target.scopes,                 A, P, D, B, ],
  [target.details,                A, P, D, B, ],
  [person.prompt,                 A, P,       ],
  [person.maxAge,                 A, P,       ],
  [person.nonce,                  A, P,       ],
  [person.claims,                 A, P,       ],
  [person.loginHint,              A, P,    B, ],
  [person.uiLocales,              A, P,       ],
  [person.organization,           A, P, D, B, ],
  [person.authenticationContext,  A, P,    B, ],
  [person.hints,                  A, P,    B, ],
]

export const STEPS = stepsByKind(ROWS, { ...response, ...possession, ...target, ...person })

/** The steps that find out where to send the error of a request object that cannot be opened. */
export const ADDRESS = [response.redirectUri, response.state, response.responseMode]
