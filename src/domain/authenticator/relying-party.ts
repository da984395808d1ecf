// For which host the passkeys of a realm are, and which page may ask for them (WebAuthn Level 3 §5.1.2).

/** A realm as browsers and authenticators know it. */
export interface RelyingParty {
  /** The RP id: the host of the realm's issuer. */
  readonly id: string
  /** The only origin whose pages may ask for its passkeys. */
  readonly origin: string
}

/**
 * The relying party of a realm.
 * @param issuer the realm's issuer identifier
 * @returns undefined where browsers have no passkeys: at an IP address, and over http except on localhost
 */
export function relyingPartyOf(issuer: string): RelyingParty | undefined {
  const { protocol, hostname, origin } = new URL(issuer)
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost')
  const isAddress = hostname.startsWith('[') || /^[\d.]+$/.test(hostname)
  return !isAddress && (protocol === 'https:' || isLocal) ? { id: hostname, origin } : undefined
}
