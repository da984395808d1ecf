// Owns what a plan of the conformance runner is: modules with the names of the OpenID Foundation's suite.

/** One module: what it asserts, and how. */
export interface Module<Party> {
  /** The name in the suite. */
  readonly name: string
  /** One sentence for the page. */
  readonly asserts: string
  /** @throws AssertionError where the server does otherwise */
  readonly run: (party: Party) => Promise<void>
}

/** A plan of the suite. */
export interface Plan<Party> {
  readonly title: string
  readonly modules: readonly Module<Party>[]
  /** Modules of the suite that are not run, with the reason. */
  readonly left: Readonly<Record<string, string>>
}

/** A module in one line. */
export function module<Party>(name: string, asserts: string, run: Module<Party>['run']): Module<Party> {
  return { name, asserts, run }
}
