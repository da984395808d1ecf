// Notes sign-ins that look as if somebody else had found out a password.
import { userActor } from '../actor.ts'
import type { Context } from '../context.ts'
import { knownAccountOf, readKnownBrowser } from './known-browser.ts'
import type { Advance } from './proceed.ts'
import { isUsual, siteOf } from './usual-network.ts'

/** How many failed attempts count, and for how long. */
const FAILURES = { least: 5, within: 86_400_000 }
/** How many reasons make a sign-in suspicious. People travel, and they buy new computers. */
const REASONS_LEAST = 2

/** What may be unusual about a sign-in. */
type Reason = 'new_browser' | 'new_network' | 'failures_before'

/**
 * Writes an event of a sign-in with several reasons to look at it: a browser that is not known for the account, a network from
 * which it did not sign in at the realm in the last 90 days, and failed attempts in the last day. A first sign-in is none.
 * @param known the cookie that the browser had before the sign-in
 */
export async function noteSuspicious(
  context: Context,
  { user, session, isReturning }: Extract<Advance, { kind: 'signed_in' }>,
  known: string | undefined,
): Promise<void> {
  const account = knownAccountOf(user)
  if (!isReturning || readKnownBrowser(context, known, account) !== undefined) return
  const site = siteOf(session.ip)
  const isNewNetwork = site !== undefined && !(await isUsual(context, account, site, { except: session.id }))
  const failures = await failuresOf(context, user.id)
  const reasons: Reason[] = [
    'new_browser',
    ...(isNewNetwork ? (['new_network'] as const) : []),
    ...(failures >= FAILURES.least ? (['failures_before'] as const) : []),
  ]
  if (reasons.length < REASONS_LEAST) return
  await context.write((unit) =>
    unit.emit('sign_in.suspicious', {
      subject: { type: 'user', id: user.id, label: user.email },
      actor: userActor(user),
      data: { sessionId: session.id, reasons, failures },
    }),
  )
}

async function failuresOf({ clock, read }: Context, userId: string): Promise<number> {
  const since = clock.now() - FAILURES.within
  const types = ['sign_in.failed']
  return (await read.events.list({ subjectId: userId, types, since, limit: 100 })).data.length
}
