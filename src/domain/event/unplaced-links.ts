// Verifies the tokens of a tenant that have no place in its chain yet.
import type { TokenChain } from '#database/token-log/token-chain.ts'
import type { WriterNumbers } from '#database/token-log/writers.ts'
import type { Verification } from './event.ts'

/** What was found of them. */
export interface UnplacedTokens {
  /** How many are what they were. */
  readonly count: number
  readonly bad: Verification['firstBad']
  /** Whether the bad one was put in by somebody else, so that it never gets a place. */
  readonly isForged: boolean
}

/**
 * Compares the tokens without a place with their links, the links with their HMACs, and each writer's with one another.
 * @param options.numbers what the walk along the chain saw of the writers
 * @param options.seq the end of the chain, after which their places would be
 */
export async function verifyUnplaced(
  tokens: TokenChain,
  options: { readonly mac: (text: string) => string; readonly numbers: WriterNumbers; readonly seq: number },
): Promise<UnplacedTokens> {
  const numbers = options.numbers.copy()
  let count = 0
  for (const { link, isRight, isMissing } of await tokens.checkUnplaced()) {
    const seq = options.seq + count + 1
    const isForged = options.mac(tokens.unplacedText(link)) !== link.mac || numbers.isAgain(link.number, link.count)
    if (isForged) return { count, bad: { seq, reason: 'changed' }, isForged }
    if (isMissing || !numbers.follows(link.number, link.count))
      return { count, bad: { seq, reason: 'missing' }, isForged }
    if (!isRight) return { count, bad: { seq, reason: 'changed' }, isForged }
    count += link.count
  }
  return { count, bad: null, isForged: false }
}
