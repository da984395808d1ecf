// Verifies the path of certificates from one that a client presented to an authority (RFC 5280 §6.1).
import type { X509Certificate } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type Extension, extensionsOf, pathLengthOf } from './certificate-extensions.ts'

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'
const RSA_BITS_MIN = 2048
const BROKEN_HASH = /md[245]|sha-?1(?!\d)/i
/** How many certificates of other authorities a client may present. */
export const INTERMEDIATES_MAX = 4
const OUTCOMES_KEPT = 2000

type Path = readonly X509Certificate[]

/** What was verified of a certificate, what came with it, and an authority. Dates are no part of it. */
const outcomes = new LRUCache<string, { readonly path: Path | undefined }>({ max: OUTCOMES_KEPT })

/**
 * Whether an authority issued a certificate for clients, itself or by intermediate authorities, and all of them are valid.
 * Signatures are verified once; dates each time.
 * @param presented the intermediate certificates that came with it, in any order
 * @param now milliseconds since 1970
 */
export function isIssuedBy(
  certificate: X509Certificate,
  presented: Path,
  authority: X509Certificate,
  now: number,
): boolean {
  const key = [certificate, authority, ...presented].map(({ fingerprint256 }) => fingerprint256).join(' ')
  const known = outcomes.get(key)
  const path = known ? known.path : pathTo(authority, certificate, presented)
  if (!known) outcomes.set(key, { path })
  return path?.every((one) => isValidAt(one, now)) ?? false
}

/** Whether a certificate is valid at a time. */
export function isValidAt({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  return validFromDate.getTime() <= now && now <= validToDate.getTime()
}

/** Whether the key of a certificate is long enough. */
export function isStrong({ publicKey }: X509Certificate): boolean {
  const bits = publicKey.asymmetricKeyDetails?.modulusLength
  return bits === undefined || bits >= RSA_BITS_MIN
}

/** The issuers of a certificate up to an authority, the certificate first; undefined where no path is right. */
function pathTo(authority: X509Certificate, certificate: X509Certificate, presented: Path): Path | undefined {
  if (!isForClients(certificate) || !isStrong(certificate)) return undefined
  return extend([certificate], authority, presented.filter(isIntermediate))
}

function extend(path: Path, authority: X509Certificate, others: Path): Path | undefined {
  const last = path.at(-1)
  if (!last) return undefined
  const between = path.length - 1
  if (issued(authority, last, between)) return [...path, authority]
  for (const other of others) {
    if (!issued(other, last, between)) continue
    const rest = others.filter((one) => one !== other)
    const whole = extend([...path, other], authority, rest)
    if (whole) return whole
  }
  return undefined
}

/** Whether an authority issued a certificate. @param between how many authorities there are below that certificate and with it */
function issued(authority: X509Certificate, certificate: X509Certificate, between: number): boolean {
  return (
    authority.ca &&
    certificate.checkIssued(authority) &&
    between <= pathLengthOf(extensionsOf(authority.raw)) &&
    isStrong(authority) &&
    !BROKEN_HASH.test(certificate.signatureAlgorithm ?? '') &&
    certificate.verify(authority.publicKey)
  )
}

/** Basic constraints, key usage, extended key usage, names and policies: what is verified here, or restricts nothing. */
const UNDERSTOOD: ReadonlySet<string> = new Set(['551d13', '551d0f', '551d25', '551d11', '551d20'])
const NAME_CONSTRAINTS = '551d1e'

/** Whether a certificate can stand between a client and an authority: nothing that it demands is left unverified. */
function isIntermediate(certificate: X509Certificate): boolean {
  const isUnderstood = ({ oid, critical }: Extension) => oid !== NAME_CONSTRAINTS && (!critical || UNDERSTOOD.has(oid))
  return isForClients(certificate) && extensionsOf(certificate.raw).every(isUnderstood)
}

/** Whether a certificate has a name constraint, which nothing here verifies (RFC 5280 §4.2.1.10). */
export function constrainsNames({ raw }: X509Certificate): boolean {
  return extensionsOf(raw).some(({ oid }) => oid === NAME_CONSTRAINTS)
}

function isForClients({ keyUsage: purposes }: X509Certificate): boolean {
  return (purposes ?? [CLIENT_AUTHENTICATION]).some(
    (purpose) => purpose === CLIENT_AUTHENTICATION || purpose === ANY_EXTENDED_KEY_USAGE,
  )
}
