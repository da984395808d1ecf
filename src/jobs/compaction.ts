// Compacts the token log in calm times.
import { compactTokens } from '#domain/issuance/issuance.store.ts'
import type { Services } from '#domain/open-context.ts'

/** A second counts as calm if the event loop is busy for a smaller part of it. */
const CALM_LOAD = 0.5
/** Calm seconds in a row before anything is moved: a short pause does not end a burst. */
const CALM_SECONDS = 60
/** Rows that one write moves: it takes a few milliseconds, in which no other write runs. */
const ROWS_PER_WRITE = 128
/** Writes of one round: with a round each second about a tenth of the time. */
const WRITES_PER_ROUND = 20

/**
 * Compacts what a burst of tokens left in partitions, once it is over.
 * @param busy how busy the event loop was since it was last asked, 0 to 1
 * @returns one round, to be run each second
 */
export function compaction(busy: () => number): (services: Services) => Promise<void> {
  let calm = 0
  return async ({ database }) => {
    calm = busy() < CALM_LOAD ? calm + 1 : 0
    if (calm < CALM_SECONDS) return
    for (let write = 0; write < WRITES_PER_ROUND; write++) {
      if ((await database.write((connection) => compactTokens(connection, ROWS_PER_WRITE))) === 0) return
    }
  }
}
