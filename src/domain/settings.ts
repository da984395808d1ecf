// The part of the configuration that the domain uses.

/** The part of the configuration that the domain uses. */
export interface Settings {
  /** The default realm’s issuer, without a slash at the end. */
  readonly publicUrl: string
  readonly adminUrl: string
  /** The domain below which each realm has a host; undefined if realms have paths. */
  readonly realmDomain: string | undefined
  /** How certificates of clients arrive (RFC 8705); undefined where they do not. */
  readonly mutualTls: MutualTls | undefined
  /** How often sign-ins may fail per account and per network before they must wait. */
  readonly signInLimits: { readonly account: Budget; readonly network: Budget }
  /** Whether a mail server is configured. */
  readonly sendsMail: boolean
  readonly retention: Retention
  /** Where users may be sent after they connected an account, for every resource. URLs; `:*` stands for any port of this machine. */
  readonly connectReturnUrls: readonly string[]
  /** A secret that the operator put into the environment for providers; undefined for none. */
  readonly connectorSecret: (name: string) => string | undefined
  /** The wait before the second attempt of a delivery, and the maximum number of attempts. */
  readonly webhookRetry: { readonly firstSeconds: number; readonly maxAttempts: number }
}

/** How certificates of clients arrive. */
export interface MutualTls {
  /** Where clients with certificates find the endpoints, without a slash at the end; undefined for the same address as others. */
  readonly url: string | undefined
}

/** For how long rows are kept after they are of no more use, in milliseconds. */
export interface Retention {
  /** Codes, device authorizations, idempotency keys and refresh tokens. */
  readonly codes: number
  readonly sessions: number
  readonly deliveries: number
  /** Runs of flows. */
  readonly flowRuns: number
  readonly mails: number
  /** Clients with a metadata document, since a person last approved them. */
  readonly unusedClients: number
  /** The personal data of deleted users, since they were deleted. */
  readonly deletedUsers: number
  /** Undefined if issued tokens are kept. */
  readonly issuances: number | undefined
  /** Undefined if events are kept. */
  readonly events: number | undefined
}

/** A number of events per window. */
export interface Budget {
  readonly limit: number
  readonly windowSeconds: number
}
