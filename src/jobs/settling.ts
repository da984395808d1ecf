import { settleIssuances } from '#domain/issuance/issuance.store.ts'
import type { House } from '#domain/open-context.ts'

/** How much of a second the event loop may be busy for that second to count as calm. */
const CALM = 0.5
/** Calm seconds in a row before anything is moved: a rush that only takes a breath is not over. */
const PATIENCE = 60
/** Rows that one write moves: it takes a few milliseconds, and nobody else writes meanwhile. */
const ROWS = 128
/** Writes of one round: with a round each second about a tenth of the time. */
const WRITES = 20

/**
 * Moves the index entries of tokens that were issued in a rush to where they belong, once it is over.
 * @param busy how busy the event loop was since it was last asked, 0 to 1
 * @returns one round, to be run each second
 */
export function settling(busy: () => number): (house: House) => Promise<void> {
  let calm = 0
  return async ({ database }) => {
    calm = busy() < CALM ? calm + 1 : 0
    if (calm < PATIENCE) return
    for (let write = 0; write < WRITES; write++) {
      if ((await database.write((connection) => settleIssuances(connection, ROWS))) === 0) return
    }
  }
}
