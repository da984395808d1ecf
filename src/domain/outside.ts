// What the domain asks of the world outside, as interfaces. The room `outside` fulfils them; tests own time and chance.

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
}

export interface Random {
  /** A UUIDv7, greater than every one before it in this process. */
  id(): string
  /** `bytes` of randomness, base64url; 32 unless told. */
  secret(bytes?: number): string
  /** `length` characters of `alphabet`, each equally likely. */
  text(length: number, alphabet: string): string
}

export type SigningAlgorithm = 'ES256' | 'RS256' | 'EdDSA'
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const

/** A public key as RFC 7517 writes it, with `kid`, `alg` and `use`. */
export type PublicJwk = Readonly<Record<string, unknown>> & { readonly kid: string; readonly alg: SigningAlgorithm }

/** One place that private keys live in: sealed in the database, a PKCS#11 token, Vault Transit. */
export interface KeyStore {
  /** Makes a key pair. `handle` is what the store needs to sign with it again: opaque, safe to keep in the database. */
  generate(algorithm: SigningAlgorithm): Promise<{ publicJwk: PublicJwk; handle: string }>
  /** A function that signs bytes (JWS signature format, RFC 7518 §3) with the key behind a handle. */
  signer(handle: string, algorithm: SigningAlgorithm): Promise<(input: string) => Uint8Array | Promise<Uint8Array>>
}

/** An X.509 certificate, and what people know it by. */
export interface Certificate {
  readonly pem: string
  /** SHA-256 over it, in hexadecimal digits with colons. */
  readonly fingerprint: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export interface Crypto {
  /** SHA-256 of a text, base64url: how generated secrets are stored. */
  digest(text: string): string
  /** SHA-512 of a text, base64url. */
  digest512(text: string): string
  /** Whether two texts are equal, in time that depends on neither. */
  equal(left: string, right: string): boolean
  /** HMAC-SHA256 under a key derived from the master key for one purpose, base64url. */
  mac(purpose: string, text: string): string
  /** HMAC-SHA256 under a secret that is shared with somebody else, in hexadecimal digits. */
  hmac(secret: string, text: string): string
  /** Encrypts for rest (AES-256-GCM under the master key); `purpose` must be told again to open it. */
  seal(purpose: string, text: string): string
  /** @throws Error where the text was not sealed here for that purpose */
  open(purpose: string, sealed: string): string
  /** argon2id, off the main thread, as a PHC string. */
  hashPassword(password: string): Promise<string>
  /** Verifies against argon2, bcrypt, scrypt or PBKDF2 PHC strings; against null it spends the same time and says no. */
  verifyPassword(password: string, hash: string | null): Promise<boolean>
  /** Whether a hash that just verified should be replaced by one of today's parameters. */
  needsRehash(hash: string): boolean
  /** Reads a certificate in PEM or base64; undefined for a text that is none. */
  readCertificate(text: string): Certificate | undefined
  readonly keys: KeyStore
}

/** What is posted, and how long that may take. */
export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Milliseconds from the first look at the address to the end of the answer. */
  readonly timeout: number
  readonly signal?: AbortSignal
}

/** Why a post got no answer. `refused`: the address may not be contacted. */
export const POST_ERRORS = ['refused', 'unreachable', 'tls', 'timeout', 'aborted'] as const
export type PostError = (typeof POST_ERRORS)[number]

/** An answer's status, or why there is none, and the milliseconds it took. */
export type PostOutcome = { readonly milliseconds: number } & (
  | { readonly status: number; readonly error: null }
  | { readonly status: null; readonly error: PostError }
)

/** A mail to one person, as it is handed to the mail server. */
export interface OutgoingMail {
  /** Its own name, the same at every try, so that whoever gets it twice shows it once. */
  readonly id: string
  readonly recipient: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly createdAt: number
}

/** Why a mail server did not take a mail. `rejected`: it never will; `deferred`: not now. */
export const MAIL_ERRORS = [
  'rejected',
  'deferred',
  'authentication',
  'unreachable',
  'tls',
  'timeout',
  'aborted',
] as const
export type MailError = (typeof MAIL_ERRORS)[number]

/** What came of a try to send a mail. */
export interface MailOutcome {
  /** Null where the mail server took it. */
  readonly error: MailError | null
  /** What it answered last (RFC 5321 §4.2); null where it said nothing. */
  readonly responseCode: number | null
  /** Whether another try would be in vain. */
  readonly permanent: boolean
}

export interface Mail {
  /** Hands a mail to the mail server. It does not throw: whatever kept it from that is in the outcome. */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<MailOutcome>
}

export interface Network {
  /** Null where no mail server is configured. */
  readonly mail: Mail | null
  /**
   * Refuses an address that `fetchJson` would never contact, so that it can be told when the address is saved.
   * @throws Failure `unreachable_host`
   */
  checkUrl(url: string): void
  /**
   * Gets a JSON document over the guarded client: https only, no address inside, no redirects, size and time caps.
   * @throws Failure `unreachable_host`
   */
  fetchJson(url: string): Promise<unknown>
  /**
   * Posts a body over the guarded client, and throws the answer's body away. It does not throw: whatever kept it from an
   * answer is in the outcome, told no closer than a stranger who chose the address may know.
   * @param options headers besides those that the client sets; milliseconds for all of it; a signal that ends it
   */
  post(url: string, options: PostOptions): Promise<PostOutcome>
  /** The CNAME targets of a host name; empty where there are none. @throws Failure `unreachable_host` on a DNS failure */
  resolveCname(host: string): Promise<string[]>
}

/** Counters that forget, for slowing down who fails often. */
export interface Limiter {
  /**
   * Takes one from a budget of `limit` per `windowSeconds`, atomically.
   * @returns 0 where it was there, else the seconds until it will be
   */
  take(key: string, limit: number, windowSeconds: number): Promise<number>
  /** Puts back one that was taken. */
  giveBack(key: string): Promise<void>
  /** Forgets a key, after a success. */
  reset(key: string): Promise<void>
}
