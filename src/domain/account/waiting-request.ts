// The request that waits in the browser in which a person asks for a mail.
import { Failure } from '#kernel/error.ts'
import { findWaiting } from '../authorization/transaction.ts'
import type { Context } from '../context.ts'

/** What a browser says of itself. */
export interface AskedInBrowser {
  /** The request for a sign-in that it says waits in it. */
  readonly transaction: string | undefined
  readonly browserSecret: string | undefined
}

/** The request that waits in a browser, as a text that only this browser can go on with; null for none. */
export async function waitingIn(
  context: Context,
  { transaction, browserSecret }: AskedInBrowser,
): Promise<string | null> {
  if (transaction === undefined) return null
  try {
    return (await findWaiting(context, transaction, browserSecret)).id
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}
