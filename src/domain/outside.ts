// The interfaces of time, randomness, cryptography, keys, network, mail and limits. The room `outside` implements them,
// and tests replace time and randomness.

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Resolves after some milliseconds. The process may end before. */
  pause(milliseconds: number): Promise<void>
}

export interface Random {
  /** A UUIDv7 that is greater than all earlier ones of this process. */
  id(): string
  /** `bytes` random bytes, base64url; 32 bytes by default. */
  secret(bytes?: number): string
  /** `length` characters of `alphabet`, each with the same probability. */
  text(length: number, alphabet: string): string
}

export type SigningAlgorithm = 'ES256' | 'RS256' | 'EdDSA'
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const

/**
 * The algorithms of proofs, assertions and request objects that clients sign; with RS256, for clients that only have
 * RSA keys.
 */
export const PROOF_ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const
export type ProofAlgorithm = (typeof PROOF_ALGORITHMS)[number]

/** How the key of an encrypted JWT is made or sent (RFC 7518 §4). RSA1_5 and symmetric algorithms are not among them. */
export const ENCRYPTION_ALGORITHMS = ['RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A256KW'] as const
export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number]

/** How the content of an encrypted JWT is encrypted (RFC 7518 §5). */
export const CONTENT_ENCRYPTIONS = ['A128CBC-HS256', 'A256GCM'] as const
export type ContentEncryption = (typeof CONTENT_ENCRYPTIONS)[number]

/** How the key of an encrypted request object is made (RFC 7518 §4.6), for the realm's key on P-256. */
export const REQUEST_ENCRYPTION_ALGORITHMS = ['ECDH-ES', 'ECDH-ES+A256KW'] as const
/** How its content is encrypted. */
export const REQUEST_ENCRYPTIONS = ['A128CBC-HS256', 'A128GCM', 'A256GCM'] as const
export type RequestEncryption = (typeof REQUEST_ENCRYPTIONS)[number]

/** The algorithms that something may be encrypted by. */
export interface AllowedEncryption {
  readonly algorithms: readonly string[]
  readonly encryptions: readonly string[]
}

/** What was encrypted, and how. */
export interface Decrypted {
  readonly text: string
  readonly alg: string
  readonly enc: string
}

/** The process that serves requests: what only it can tell. */
export interface Host {
  readonly version: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly dialect: 'sqlite' | 'postgres'
  /** Where new signing keys are made and kept. */
  readonly keyStore: KeyStoreName
  /** The names of the migrations that its database has, in their order. */
  readonly migrations: readonly string[]
  /** Whether the database answers. */
  isDatabaseReachable(): Promise<boolean>
  /**
   * Hears the lines of the log as they are written, one JSON object each. Secrets are redacted in them.
   * @returns a function that ends it
   */
  followLog(listener: (line: string) => void): () => void
  /** The key of the first boot, as it was kept for the operator; undefined where it is not there. */
  firstBootKey(): string | undefined
}

/** A public key in the format of RFC 7517, with `kid`, `alg` and `use`. */
export type PublicJwk = Readonly<Record<string, unknown>> & { readonly kid: string; readonly alg: SigningAlgorithm }

/** Where new signing keys are made and kept. */
export type KeyStoreName = 'database' | 'keyfile' | 'vault_transit' | 'pkcs11'

/** Whether a store can be used, and why not. */
export interface KeyStoreState {
  readonly healthy: boolean
  readonly reason?: string
}

/**
 * A store of private keys: sealed in the database, files in a folder, Vault Transit, or a PKCS#11 token. Outside of the
 * database, what it does throws Failure `temporarily_unavailable` while the store cannot be used.
 */
export interface KeyStore {
  readonly name: KeyStoreName
  /**
   * Creates a key pair. The store needs `handle` to sign with it; the handle is not secret and is stored in the
   * database.
   */
  generate(algorithm: SigningAlgorithm): Promise<{ publicJwk: PublicJwk; handle: string }>
  /** Returns a function that signs bytes with the key of a handle (signature format of JWS, RFC 7518 §3). */
  signer(handle: string, algorithm: SigningAlgorithm): Promise<(input: string) => Uint8Array | Promise<Uint8Array>>
  /** Deletes the private key of a handle that signs no more. It does not throw: the store may keep the key. */
  remove(handle: string): Promise<void>
  /** Whether the store of new keys can be used. Its result may be some seconds old. */
  check(): Promise<KeyStoreState>
}

/** An X.509 certificate with its main properties. */
export interface Certificate {
  readonly pem: string
  /** SHA-256 of the certificate, in hexadecimal digits with colons. */
  readonly fingerprint: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** The certificate that a client presented in a TLS handshake (RFC 8705). Its key was proved there; nothing else was verified. */
export interface ClientCertificate {
  /** SHA-256 of the DER, base64url (RFC 8705 §3.1). */
  readonly thumbprint: string
  /** The DER in base64, as in `x5c` (RFC 7517 §4.7). */
  readonly der: string
  /** The subject (RFC 4514); empty for none. */
  readonly subject: string
  /** The subject alternative names of the kinds that RFC 8705 §2.1.2 knows. */
  readonly names: readonly { readonly kind: 'dns' | 'uri' | 'ip' | 'email'; readonly value: string }[]
  /** Whether its key is long enough: RSA keys have at least 2048 bits. */
  readonly isStrong: boolean
  /** @param now milliseconds since 1970 */
  isValidAt(now: number): boolean
  /**
   * Whether this authority issued it for clients, itself or by authorities whose certificates came with it, and all of them
   * are valid.
   * @param pem the authority’s certificate
   */
  isIssuedBy(pem: string, now: number): boolean
}

/** A private key, and the certificate by which others know it. Both in PEM. */
export interface KeyWithCertificate {
  readonly certificate: string
  readonly privateKey: string
}

/** A text that is encrypted with AES-GCM, and its key with RSA-OAEP. */
export interface Envelope {
  /** The digest of OAEP, also in its mask. */
  readonly digest: 'sha1' | 'sha256'
  readonly encryptedKey: Uint8Array
  /** How long the key of AES is. */
  readonly keyBytes: 16 | 32
  /** A nonce of 12 bytes, the text, and a tag of 16 bytes (XML Encryption §5.2.4). */
  readonly content: Uint8Array
}

export interface Crypto {
  /** SHA-256 of a text or of bytes, base64url. Generated secrets are stored in this form. */
  digest(text: string | Uint8Array): string
  /** SHA-512 of a text, base64url. */
  digest512(text: string): string
  /** Compares two texts in constant time. */
  equal(left: string, right: string): boolean
  /** HMAC-SHA256 with a key that is derived from the master key for one purpose, base64url. */
  mac(purpose: string, text: string): string
  /** HMAC-SHA256 with a secret that another party knows too, in hexadecimal digits. */
  hmac(secret: string, text: string): string
  /** Encrypts data for storage (AES-256-GCM with the master key); opening it needs the same `purpose`. */
  seal(purpose: string, text: string): string
  /** @throws Error if the text was not sealed with this master key, or the one before, for that purpose */
  open(purpose: string, sealed: string): string
  /**
   * Encrypts a text anew that was sealed with the master key before. One that was sealed with this one is returned as it
   * is; undefined for one that none of them opens.
   */
  reseal(purpose: string, sealed: string): string | undefined
  /**
   * Encrypts an id (AES-256 of its 16 bytes, with a key that is derived for one purpose). The same id has the same text, and
   * nobody else can tell which texts of two purposes are one id.
   * @returns 22 characters, base64url
   */
  disguiseId(purpose: string, id: string): string
  /** The id of a text from `disguiseId` with the same purpose; undefined for other texts. */
  revealId(purpose: string, text: string): string | undefined
  /** argon2id as a PHC string, computed outside the main thread. */
  hashPassword(password: string): Promise<string>
  /**
   * Verifies a password against an argon2, bcrypt, scrypt or PBKDF2 hash in PHC format. With null it takes the same
   * time and returns false.
   */
  verifyPassword(password: string, hash: string | null): Promise<boolean>
  /** Whether a verified hash should be replaced by one with the current parameters. */
  needsRehash(hash: string): boolean
  /** Reads a certificate in PEM or base64; undefined if the text is not one. */
  readCertificate(text: string): Certificate | undefined
  /** Whether the key of a certificate in PEM is RSA. */
  hasRsaKey(pem: string): boolean
  /** Whether a text in PEM is the certificate of an authority. */
  isAuthority(pem: string): boolean
  /**
   * Verifies a signature (JWS, RFC 7515) with a public key that came with the message.
   * @param signature base64url
   * @returns the thumbprint of the key (RFC 7638) if the key fits the algorithm and the signature is valid
   */
  verifyByKey(
    jwk: Readonly<Record<string, unknown>>,
    algorithm: ProofAlgorithm,
    text: string,
    signature: string,
  ): string | undefined
  /** Whether a JWK is a public key: its members are complete, and a point is on its curve (RFC 7518 §6.2.1). */
  isPublicKey(jwk: Readonly<Record<string, unknown>>): boolean
  /** The thumbprint of a public key (RFC 7638, SHA-256, base64url); undefined where a member is missing. */
  thumbprint(jwk: Readonly<Record<string, unknown>>): string | undefined
  /** The public key (P-256) with which others encrypt for one purpose, with its `kid`. It follows from the master key. */
  agreementKey(purpose: string): Readonly<Record<string, unknown>>
  /** Decrypts a compact JWE (RFC 7516) for that key; undefined where it is none for it, or by another algorithm. */
  decrypt(purpose: string, jwe: string, allowed: AllowedEncryption): Promise<Decrypted | undefined>
  /**
   * Signs a text (base64url) with a private key in PEM: on P-256 for ES256, which is the default, or of RSA for RS256.
   * @returns undefined where the text is no such key
   */
  signWithKey(pem: string, text: string, algorithm?: 'ES256' | 'RS256'): string | undefined
  /** Makes an RSA key with a certificate. @param name the common name @param now milliseconds since 1970 */
  makeKeyWithCertificate(name: string, now: number): Promise<KeyWithCertificate>
  /** Decrypts a text that was encrypted for such a key; undefined if it cannot be, for whatever reason. */
  openEnvelope(privateKey: string, envelope: Envelope): string | undefined
  readonly keys: KeyStore
}

/** Whose budget a fetched document takes, how old it may be, and what it must be like. */
export interface FetchOptions {
  readonly tenantId: string
  /**
   * Milliseconds; 0 for a new request in any case. Or the bounds of what the HTTP headers of the response say (RFC 9111
   * §4.2.1); without such headers, the lower bound.
   */
  readonly maxAge: number | { readonly atLeast: number; readonly atMost: number }
  /** The largest body; 64 KiB by default. */
  readonly mostBytes?: number
  /** The id of the request that needs it, for the log. */
  readonly requestId?: string
  /** Whether the media type must be that of JSON (RFC 8259 §11, RFC 6839 §3.1). */
  readonly jsonOnly?: boolean
  /** Called before a request is made, so not for a document that is kept. What it throws is thrown. */
  readonly admit?: () => Promise<void>
  /** Called with a new document. A document for which it throws a Failure is not kept, and the failure is thrown. */
  readonly check?: (document: unknown) => void
}

/** An image of another host, which a browser shows and does nothing else with. */
export interface Image {
  readonly type: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
  readonly bytes: Uint8Array
}

/** The body and the limits of a POST request. */
export interface PostOptions {
  /** Whose budget of requests it takes. */
  readonly tenantId: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Milliseconds for everything, from name resolution to the end of the response. */
  readonly timeout: number
  readonly signal?: AbortSignal
}

/** A request whose response is read, and its limits. */
export interface RequestOptions {
  /** Whose budget of requests it takes. */
  readonly tenantId: string
  /** The headers in addition to those of the client. */
  readonly headers: Readonly<Record<string, string>>
  /** The body of a POST request; without it, it is a GET request. */
  readonly body?: string
  /** Milliseconds until the end of the response; that of all requests by default. */
  readonly timeout?: number
}

/** The response to a request. */
export interface Answered {
  readonly status: number
  readonly mediaType: string
  readonly body: string
}

/** Why a POST request got no response. `refused`: the address is not allowed. */
export const POST_ERRORS = ['refused', 'unreachable', 'tls', 'timeout', 'aborted'] as const
export type PostError = (typeof POST_ERRORS)[number]

/** The status of the response or the reason why there is none, and the duration in milliseconds. */
export type PostOutcome = { readonly milliseconds: number } & (
  | { readonly status: number; readonly error: null }
  | { readonly status: null; readonly error: PostError }
)

/** A mail to one recipient, for the mail server. */
export interface OutgoingMail {
  /** The id of the message. It is the same in every attempt, so that mail programs can detect a duplicate. */
  readonly id: string
  readonly recipient: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly createdAt: number
}

/** Why the mail server did not accept a mail. `rejected`: permanently; `deferred`: temporarily. */
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

/** The result of an attempt to send a mail. */
export interface MailOutcome {
  /** Null if the mail server accepted it. */
  readonly error: MailError | null
  /** The last reply code of the mail server (RFC 5321 §4.2); null if there was none. */
  readonly responseCode: number | null
  /** Whether further attempts would fail too. */
  readonly permanent: boolean
}

/** A mail server that somebody chose for a realm, and the sender of its mails. */
export interface ChosenMailServer {
  readonly server: {
    readonly host: string
    readonly port: number
    /** TLS from the start (RFC 8314 §3.3). */
    readonly secure: boolean
    readonly credentials: { readonly user: string; readonly password: string } | undefined
  }
  readonly from: { readonly name: string | undefined; readonly address: string }
  /** Whose budget of connections it takes. */
  readonly tenantId: string
}

export interface Mail {
  /** Set if nothing is sent: the mails of every realm are kept in its development inbox. */
  readonly keeps?: true
  /** Sends a mail to the mail server. It does not throw: every error is in the outcome. */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<MailOutcome>
}

/** A question to an LDAP server: who matches a filter and has a password. */
export interface DirectoryQuery {
  /** Whose budget of requests it takes. */
  readonly tenantId: string
  readonly url: string
  /** The authorities of the server's certificate in PEM; null for those that are trusted anyway. */
  readonly caCertificate: string | null
  readonly bindDn: string
  readonly bindPassword: string
  readonly baseDn: string
  /** RFC 4515. */
  readonly filter: string
  readonly attributes: readonly string[]
  /** The attribute that identifies a person and never changes. */
  readonly subjectAttribute: string
  readonly password: string
  /** Asked with the subject of the person who matches, before the password is tried. */
  readonly mayTry: (subject: string) => Promise<boolean>
}

/** A person in a directory. */
export interface DirectoryEntry {
  readonly subject: string
  readonly attributes: Readonly<Record<string, string | readonly string[]>>
}

/** The LDAP servers that the operator lists. */
export interface Directories {
  isListed(url: string): boolean
  /**
   * The one person who matches and has the password; undefined for nobody, several, another password or where it may not be
   * tried.
   * @throws Failure `unreachable_host` for a server that is not listed or does not answer, `temporarily_unavailable` where
   *   the budget is used up
   */
  ask(query: DirectoryQuery): Promise<DirectoryEntry | undefined>
}

export interface Network {
  /** Null if no mail server is configured. */
  readonly mail: Mail | null
  readonly directories: Directories
  /** Sends mails by a server that somebody chose: only with TLS, and not to an internal address. */
  mailOver(chosen: ChosenMailServer): Mail
  /**
   * Refuses a mail server that mails would not be sent by.
   * @throws Failure `unreachable_host`
   */
  checkMailHost(host: string, port: number): void
  /**
   * Refuses a URL that `fetchJson` would not contact, so that the caller learns it when the URL is saved.
   * @throws Failure `unreachable_host`
   */
  checkUrl(url: string): void
  /**
   * Refuses an origin that requests would not be forwarded to: it is neither public and https, nor listed by the operator.
   * @throws Failure `unreachable_host`
   */
  checkUpstream(origin: string): void
  /**
   * Gets a JSON document with the guarded client: only https, no private address, no redirects, limits for size and
   * time. Documents are kept by their address, failures for some seconds. Each tenant and each host has a budget of
   * requests at once.
   * @throws Failure `unreachable_host`; `temporarily_unavailable` where the budget is used up; what `admit` and `check`
   * throw
   */
  fetchJson(url: string, options: FetchOptions): Promise<unknown>
  /** Gets an image in the same way. @throws Failure `unreachable_host`, `temporarily_unavailable` */
  fetchImage(url: string, options: Pick<FetchOptions, 'tenantId' | 'maxAge'>): Promise<Image>
  /**
   * Sends a request with the guarded client, and reads the response: at most 64 KiB, within its time limit. Redirects are
   * not followed.
   * @throws Failure `unreachable_host`; `temporarily_unavailable` where the budget is used up
   */
  request(url: string, options: RequestOptions): Promise<Answered>
  /**
   * Whether the configured range service knows a password from a leak; false where there is none, or it does not answer.
   * It learns five digits of a digest.
   */
  isBreached(password: string, tenantId: string): Promise<boolean>
  /**
   * Posts a body with the guarded client, and discards the body of the response. It does not throw: every error is in
   * the outcome, without details about the network, because the URL may come from an attacker.
   * @param options headers in addition to those of the client; the time limit in milliseconds; a signal that aborts
   *   the request
   */
  post(url: string, options: PostOptions): Promise<PostOutcome>
  /**
   * The CNAME targets of a host name; empty if it has none.
   * @param who whose budget of queries it takes
   * @throws Failure `unreachable_host` if the DNS query fails, `temporarily_unavailable` if too many wait
   */
  resolveCname(host: string, who: { readonly tenantId: string }): Promise<string[]>
  /**
   * The texts of the TXT records of a name; empty if it has none.
   * @throws Failure as `resolveCname`
   */
  resolveTxt(host: string, who: { readonly tenantId: string }): Promise<string[]>
}

/** Counters with an expiry, which limit the rate of failures. */
export interface Limiter {
  /**
   * Takes one from a budget of `limit` per `windowSeconds`, atomically. The first word of a key is its kind; there are few
   * kinds, and each has room of its own.
   * @returns 0 if it was available, else the seconds until it is
   */
  take(key: string, limit: number, windowSeconds: number): Promise<number>
  /** Takes none. @returns 0 if one is available, else the seconds until it is */
  peek(key: string, limit: number, windowSeconds: number): Promise<number>
  /** Returns one to the budget. */
  giveBack(key: string): Promise<void>
  /** Deletes a counter, after a success. */
  reset(key: string): Promise<void>
}

/** A read that may take seconds: an operation of {@link LogReads}, for one tenant. */
export interface LogRead {
  readonly name: string
  readonly tenantId: string
  /** The operation's input, as its schema returns it. */
  readonly input: unknown
}

/** Runs reads that may take seconds beside the requests, with connections of their own that only read. */
export interface LogReads {
  /**
   * The outputs of a read, one by one.
   * @param signal ends the read
   * @throws Failure as the operation does; `temporarily_unavailable` if the read broke off
   */
  outputs(read: LogRead, signal: AbortSignal): AsyncIterable<unknown>
}
