// The rules of a realm for clients that register themselves (RFC 7591).
import * as z from 'zod'
import { definedOnly } from '../update.ts'
import { flawOfRedirectUri, isHostOf, matchesRedirectUri } from './redirect-uri.ts'
import { TrustedIssuer } from './trusted-issuer.ts'

export const REGISTRATION_MODES = ['off', 'open', 'approved_redirects', 'admin_only'] as const

const HOST = /^(\*\.([a-z0-9-]+\.)+[a-z0-9-]+|([a-z0-9-]+\.)*[a-z0-9-]+|\[::1\])$/
const SCHEME = /^[a-z][a-z0-9+.-]*:$/

/** Whether a text approves redirect URIs: it is a redirect URI, a host, `*.` and a domain, or a private-use scheme. */
function isApproval(text: string): boolean {
  if (HOST.test(text)) return true
  if (!SCHEME.test(text)) return flawOfRedirectUri(text) === undefined
  return !/^https?:$/.test(text) && flawOfRedirectUri(`${text}//app.example/`) === undefined
}

const count = (most: number) => z.number().int().min(1).max(most)

const members = {
  mode: z
    .enum(REGISTRATION_MODES)
    .describe(
      'Who can register clients. approved_redirects: everybody, with approved redirect URIs. admin_only: who has an initial access token.',
    ),
  approvedRedirects: z
    .array(z.string().max(2000).refine(isApproval, 'neither a redirect URI, nor a host, nor a scheme with a colon'))
    .max(100)
    .describe(
      'What clients can be sent to in the mode approved_redirects: redirect URIs, hosts (`app.example.com`, `*.example.com`, `localhost`) or schemes (`com.example.app:`).',
    ),
  clientCredentials: z
    .boolean()
    .describe('Whether registered clients can use the grant client_credentials. They get no scopes by it.'),
  softwareStatementIssuers: z
    .array(TrustedIssuer)
    .max(10)
    .describe(
      'The issuers whose software statements (RFC 7591, section 2.3) clients can register with. What a statement says wins, and its redirect URIs are approved. Without any, statements are ignored.',
    ),
  unusedDays: count(365).describe('Days after which a registered client that nobody used is deleted.'),
  maxClients: count(100_000).describe('How many clients that registered themselves the realm has at most.'),
  networkPerHour: count(10_000).describe('Registrations from one network in an hour, without an initial access token.'),
  realmPerHour: count(100_000).describe('Registrations in an hour, without an initial access token.'),
}

export const RegistrationPolicy = z.strictObject(members)
export type RegistrationPolicy = z.output<typeof RegistrationPolicy>

/** A change of the rules; absent members stay unchanged. */
export const RegistrationPatch = RegistrationPolicy.partial()

/** The default rules: nobody registers clients. */
export const DEFAULT_REGISTRATION: RegistrationPolicy = {
  mode: 'off',
  approvedRedirects: [],
  clientCredentials: false,
  softwareStatementIssuers: [],
  unusedDays: 7,
  maxClients: 10_000,
  networkPerHour: 60,
  realmPerHour: 600,
}

/** The rules with some members replaced. */
export function withRegistration(
  before: RegistrationPolicy,
  patch: z.output<typeof RegistrationPatch> = {},
): RegistrationPolicy {
  return { ...before, ...definedOnly(patch) } as RegistrationPolicy
}

/** Whether the rules approve a redirect URI. */
export function isApproved({ approvedRedirects }: RegistrationPolicy, uri: string): boolean {
  return approvedRedirects.some((approval) => {
    if (HOST.test(approval)) return isHostOf(approval, uri)
    if (SCHEME.test(approval)) return uri.startsWith(approval)
    return matchesRedirectUri([approval], uri, { native: true })
  })
}
