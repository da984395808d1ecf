// Lets people make accounts at a realm: the address is proven by a mailed link before there is any account.
import { Failure } from '#kernel/error.ts'
import { domainKey, emailKey } from '#kernel/identity-text.ts'
import { parse } from '#kernel/parse.ts'
import type { Context } from '../context.ts'
import { dueAt } from '../flow/trigger.ts'
import { checkTypedPassword } from '../flow/typed-password.ts'
import { mailOf, mayAskForMail, mayTellOfAccount, noticeOf } from '../mail/mail.service.ts'
import { sendsMail } from '../mail/mail.ts'
import { languageOfAskedMail, languageOfNotice } from '../mail/mail-language.ts'
import { type AttributeValue, patchOf } from '../profile-attribute/attribute-value.ts'
import { noteGoodEnd } from '../proof-of-work/proof-of-work.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf, type Realm } from '../realm/realm.ts'
import { signsInByMail } from '../sign-in/signs-in-by-mail.ts'
import { acceptTerms } from '../terms/terms-acceptance.service.ts'
import { addUser, hashOf, newUser } from '../user/user.service.ts'
import { NewUser } from '../user/user.ts'
import { accountExistsLetter, registrationLetter } from './account-letters.ts'
import { findLink, newLink, RECOVERY_PATH, spendLink, storeLink } from './account-link.ts'
import { type AskedInBrowser, waitingIn } from './waiting-request.ts'

const KIND = 'user_registration'

/** What a link is about. */
interface About {
  readonly email: string
  /** The authorization request that waits in the browser that asked; null for none. */
  readonly waiting: string | null
}

/** A registration whose address is proven by the link. */
export type OpenRegistration = About

/** The input of the form of a registration. */
export interface Registration {
  readonly token: string
  readonly name: string | undefined
  /** Undefined for who signs in by mail alone. */
  readonly password: string | undefined
  /** The values of attributes that the person gives. */
  readonly values?: ReadonlyMap<string, AttributeValue | null>
  /** The version of the terms that the person accepts; undefined for none. */
  readonly accepted?: string | undefined
}

/** Whether people can make accounts at the context’s realm now. It needs a mail server, which may be gone since. */
export function takesUserRegistrations(context: Pick<Context, 'network' | 'scope'>): boolean {
  const { kind, policy } = realmOf(context.scope)
  return kind !== 'admin' && policy.userRegistration !== 'closed' && sendsMail(context)
}

/** Whether the owner of an address may make an account at a realm. */
export function acceptsAddress({ policy }: Pick<Realm, 'policy'>, email: string): boolean {
  if (policy.userRegistration !== 'domains') return policy.userRegistration === 'open'
  const domain = domainKey(email.slice(email.lastIndexOf('@') + 1))
  return domain !== undefined && policy.userRegistrationDomains.includes(domain)
}

/**
 * Mails a link to an address that has no account, and to one that has an account that it has. It is called once the
 * person was answered, so that neither the answer nor its time tells which it is.
 * @param isCounted whether the mail was taken from the budgets before, for another purpose: twice would tell that there is no
 *   account
 */
export async function askForRegistration(
  context: Context,
  { email, ...browser }: AskedInBrowser & { readonly email: string },
  { isCounted }: { readonly isCounted: boolean } = { isCounted: false },
): Promise<void> {
  const realm = realmOf(context.scope)
  if (!takesUserRegistrations(context) || !acceptsAddress(realm, email)) return
  if (!isCounted && !(await mayAskForMail(context, KIND, email))) return
  const askedFrom = context.actor.origin.ip
  const found = await context.read.users.findForSignIn(realm.directoryId, emailKey(email))
  if (found) {
    if (!(await mayTellOfAccount(context, email))) return
    const url = issuerOf(realm, context.registry.settings) + RECOVERY_PATH
    const letter = accountExistsLetter(await languageOfNotice(context, found.user), {
      realm: realm.name,
      email,
      url,
      askedFrom,
    })
    const mail = noticeOf(context, 'account_exists', { id: found.user.id, email }, letter)
    return context.write((unit) => unit.mails.insert(mail))
  }
  const about: About = { email, waiting: await waitingIn(context, browser) }
  const link = newLink(context, KIND, emailKey(email), about)
  const { url, expiresAt } = link
  const letter = registrationLetter(await languageOfAskedMail(context), {
    realm: realm.name,
    email,
    url,
    expiresAt,
    askedFrom,
  })
  const mail = mailOf(context, { kind: KIND, aboutId: null, recipient: email, expiresAt }, letter)
  await context.write(async (unit) => {
    await storeLink(unit, link)
    await unit.mails.insert(mail)
  })
}

/** The registration that a link goes on with; undefined if it does not work now, or the address has an account by now. */
export async function findRegistration(
  context: Context,
  token: string | undefined,
): Promise<OpenRegistration | undefined> {
  const realm = realmOf(context.scope)
  const link = await findLink<About>(context, context.read, KIND, token)
  if (!link || link.usedAt !== null) return undefined
  const { about } = link
  if (!takesUserRegistrations(context) || !acceptsAddress(realm, about.email)) return undefined
  const taken = await context.read.users.findForSignIn(realm.directoryId, emailKey(about.email))
  return taken ? undefined : about
}

/**
 * Makes the account of a person who proved to own the address.
 * @param context in which the person acts; the new user’s id is the actor’s
 * @throws Failure `expired` if the link does not work now, `invalid_input` for the name or the password,
 *   `already_exists` if the address has a user by now, or another user a unique value, `limit_reached`,
 *   `forbidden` without a password where people do not sign in by mail
 */
export async function registerUser(
  context: Context,
  { token, name, password, values = new Map(), accepted }: Registration,
): Promise<void> {
  const open = await findRegistration(context, token)
  if (!open) throw new Failure('expired')
  const { email } = open
  const input = parse(NewUser, {
    ...{ email, emailVerified: true, ...(name !== undefined && { name }) },
    ...patchOf({ attributes: {} }, values),
  })
  if (password === undefined && !signsInByMail(context))
    throw new Failure('forbidden', 'An account needs a password here.')
  if (password !== undefined) await checkTypedPassword(context, 'signup', { email }, password)
  const passwordHash = password === undefined ? null : await hashOf(context, password, email)
  const { id: realmId, directoryId } = realmOf(context.scope)
  const made = newUser(context, directoryId, input, passwordHash)
  const user = { ...made, id: context.actor.id, dueTrigger: dueAt('signup', realmId) }
  await context.write(async (unit) => {
    await spendLink(context, unit, KIND, token)
    await addUser(context, unit, user, { passwordHash, demanded: 'own' })
    if (accepted !== undefined) await acceptTerms(context, unit, user, accepted)
  })
  await noteGoodEnd(context)
}
