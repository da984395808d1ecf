// Queues mails. A write stores the mail together with its cause, and a worker sends it later. If the mail server is down,
// mails are late, but no operation fails.

import { Failure } from '#kernel/error.ts'
import { emailKey } from '#kernel/identity-text.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Budget } from '../settings.ts'
import { networkOf } from '../sign-in/sign-in-limits.ts'
import type { User } from '../user/user.ts'
import type { Letter } from './letter.ts'
import {
  ASKED_MAIL_BUDGETS,
  MAIL_BUDGET,
  MAIL_PATIENCE,
  type Mail,
  type MailBody,
  type MailKind,
  REQUEST_MAIL_BUDGETS,
  SIGN_IN_MAIL_BUDGETS,
  sendsMail,
  TENANT_MAIL_BUDGET,
  TOLD_MAIL_BUDGET,
} from './mail.ts'

/** The purpose for which the bodies of mails are sealed. */
export const BODY_PURPOSE = 'mail'

/** The purpose, the subject and the recipient of a mail. */
export interface Address {
  readonly kind: MailKind
  readonly aboutId: string | null
  readonly recipient: string
  /** When the mail becomes useless, in milliseconds since 1970. */
  readonly expiresAt: number
}

/** @throws Failure `conflict` if no mail server is configured */
export function checkSendsMail(context: Pick<Context, 'network' | 'scope'>): void {
  if (!sendsMail(context)) throw new Failure('conflict', 'This server sends no mail: no mail server is configured.')
}

/** What a mail says; a template of the realm can replace it if it has a frame. */
type Content = Pick<Letter, 'subject' | 'text' | 'html'> & Partial<Pick<Letter, 'frame'>>

/** A budget of mails, and what it is of. */
interface Spending {
  readonly of: string
  readonly budget: Budget
}

/**
 * Prepares a mail with a sealed body, to be inserted in the write that causes it.
 * @throws Failure `too_many_requests` if the address recently got too many mails of the tenant, or the tenant sent too many
 */
export async function prepareMail(context: Context, address: Address, letter: Content): Promise<Mail> {
  const refused = await spend(context, [
    { of: keyOf(context, address.recipient), budget: MAIL_BUDGET },
    { of: 'all', budget: TENANT_MAIL_BUDGET },
  ])
  if (refused) {
    const message = `The ${refused.of === 'all' ? 'tenant sent' : 'address got'} too many mails lately.`
    throw new Failure('too_many_requests', { message, retryAfter: refused.retryAfter })
  }
  return mailOf(context, address, letter)
}

/**
 * Whether somebody without a session may still have a mail sent to an address. It takes from the budget of the network, and
 * from those of the address and the tenant for the purpose, whether or not the address has an account. Who uses up those of
 * one purpose thus keeps nobody from another one.
 * @param knownBrowser the browser, if the owner of the address signed in there before: only what is asked there counts
 */
export function mayAskForMail(
  context: Context,
  kind: MailKind,
  recipient: string,
  knownBrowser?: string,
): Promise<boolean> {
  const { address, network, tenant } = ASKED_MAIL_BUDGETS
  if (knownBrowser !== undefined) {
    const of = `asked ${kind} ${keyOf(context, recipient)} ${knownBrowser}`
    return isWithin(context, [{ of, budget: address }])
  }
  return isWithin(context, [
    { of: `asked ${networkOf(context.actor.origin.ip)}`, budget: network },
    { of: `asked ${kind} ${keyOf(context, recipient)}`, budget: address },
    { of: `asked ${kind} all`, budget: tenant },
  ])
}

/** Whether a person may be told by mail that the address has an account, which helps nobody twice. */
export function mayTellOfAccount(context: Context, recipient: string): Promise<boolean> {
  return isWithin(context, [{ of: `told ${keyOf(context, recipient)}`, budget: TOLD_MAIL_BUDGET }])
}

/** Whether a person may be told by mail of a sign-in: who knows a password must not flood the mailbox of its owner. */
export function mayTellOfSignIn(context: Context, recipient: string): Promise<boolean> {
  const { address, tenant } = SIGN_IN_MAIL_BUDGETS
  return isWithin(context, [
    { of: `sign-in ${keyOf(context, recipient)}`, budget: address },
    { of: 'sign-in all', budget: tenant },
  ])
}

/** Whether a person may be told by mail that a client asks for an approval. */
export function mayTellOfRequest(context: Context, recipient: string): Promise<boolean> {
  const { address, tenant } = REQUEST_MAIL_BUDGETS
  return isWithin(context, [
    { of: `request ${keyOf(context, recipient)}`, budget: address },
    { of: 'request all', budget: tenant },
  ])
}

async function isWithin(context: Context, spendings: readonly Spending[]): Promise<boolean> {
  return (await spend(context, spendings)) === undefined
}

/** Prepares a mail whose budget was taken before. */
export function mailOf({ clock, crypto, random, scope }: Context, address: Address, letter: Content): Mail {
  const now = clock.now()
  const { subject, text, html, frame } = letter
  return {
    ...address,
    expiresAt: Math.min(address.expiresAt, now + MAIL_PATIENCE),
    id: random.id(),
    tenantId: scope.tenantId,
    realmId: realmOf(scope).id,
    subject,
    body: crypto.seal(
      BODY_PURPOSE,
      JSON.stringify({ subject, text, html, ...(frame && { frame }) } satisfies MailBody),
    ),
    status: 'queued',
    template: null,
    attempts: 0,
    error: null,
    responseCode: null,
    createdAt: now,
    attemptedAt: null,
    nextAttemptAt: now,
    settledAt: null,
    countedOn: null,
  }
}

/** Prepares a mail that tells a user of something about the account. */
export function noticeOf(
  context: Context,
  kind: MailKind,
  { id, email }: Pick<User, 'id' | 'email'>,
  letter: Letter,
): Mail {
  const address = { kind, aboutId: id, recipient: email, expiresAt: Number.MAX_SAFE_INTEGER }
  return mailOf(context, address, letter)
}

/** Takes one mail from each budget, up to the first that is used up. @returns that one, and the seconds to wait */
async function spend(
  { limiter, scope }: Context,
  spendings: readonly Spending[],
): Promise<(Spending & { readonly retryAfter: number }) | undefined> {
  for (const spending of spendings) {
    const { limit, windowSeconds } = spending.budget
    const retryAfter = await limiter.take(`mail ${scope.tenantId} ${spending.of}`, limit, windowSeconds)
    if (retryAfter > 0) return { ...spending, retryAfter }
  }
  return undefined
}

function keyOf({ crypto }: Context, recipient: string): string {
  return crypto.digest(emailKey(recipient))
}
