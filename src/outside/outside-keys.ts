// What a store of signing keys outside of the database does, and why it does not.
import type { PublicJwk, SigningAlgorithm } from '#domain/outside.ts'
import type { Sign } from './local-keys.ts'

/**
 * The reasons. `unreachable`: no answer; `refused`: the store does not accept the server; `missing`: it does not have the key;
 * `exposed`: others can read it; `unsupported`: it cannot make or use such a key; `failed`: anything else.
 */
export type KeyStoreReason = 'unreachable' | 'refused' | 'missing' | 'exposed' | 'unsupported' | 'failed'

/** A failure of a store, for the log of the operator. The message has no secret. */
export class KeyStoreError extends Error {
  readonly reason: KeyStoreReason

  constructor(reason: KeyStoreReason, message: string) {
    super(message)
    this.reason = reason
  }
}

/** A store outside of the database. What it does throws {@link KeyStoreError}. */
export interface OutsideKeys {
  generate(algorithm: SigningAlgorithm): Promise<{ publicJwk: PublicJwk; handle: string }>
  /** Asks nothing of the store: keys are published also while it does not answer. */
  signer(handle: string, algorithm: SigningAlgorithm): Promise<Sign>
  remove(handle: string): Promise<void>
  /** Asks whether the store can be used. */
  check(): Promise<void>
}
