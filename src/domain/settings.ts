/** What of the configuration the domain speaks of. */
export interface Settings {
  /** The default realm’s issuer, without a trailing slash. */
  readonly publicUrl: string
  readonly adminUrl: string
  /** The domain whose labels are realms’ hosts; undefined where realms live under paths. */
  readonly realmDomain: string | undefined
  /** How often sign-ins may fail, per account and per network, before they have to wait. */
  readonly signInLimits: { readonly account: Budget; readonly network: Budget }
  /** How long the first wait between two tries of a delivery is, and how often it is tried in all. */
  readonly webhookRetry: { readonly firstSeconds: number; readonly tries: number }
}

/** So many within a window. */
export interface Budget {
  readonly limit: number
  readonly windowSeconds: number
}
