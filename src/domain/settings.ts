/** What of the configuration the domain speaks of. */
export interface Settings {
  /** The default realm’s issuer, without a trailing slash. */
  readonly publicUrl: string
  readonly adminUrl: string
  /** The domain whose labels are realms’ hosts; undefined where realms live under paths. */
  readonly realmDomain: string | undefined
  /** How often a sign-in may fail per account and per network before it has to wait. */
  readonly signInLimits: { readonly perAccount: number; readonly perNetwork: number; readonly windowSeconds: number }
}
