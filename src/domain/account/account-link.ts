// The links that are mailed to the owner of an address: which realm and purpose each is for, and which one is the newest.
import { Failure } from '#kernel/error.ts'
import type { Context, Stores, Unit } from '../context.ts'
import type { OneTimeKind } from '../one-time-token/one-time-token.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'

/** The purposes of links. A link of one purpose is not found under another. */
export type LinkKind = Extract<
  OneTimeKind,
  'password_recovery' | 'email_verification' | 'user_registration' | 'email_sign_in'
>

/** The paths of the pages below the realm’s base. */
export const RECOVERY_PATH = '/password/forgot'
export const RESET_PATH = '/password/reset'
export const VERIFICATION_PATH = '/email/verify'
export const REGISTRATION_PATH = '/sign-up'
export const CONFIRM_REGISTRATION_PATH = '/sign-up/confirm'
export const SIGN_IN_LINK_PATH = '/sign-in/email/link'

const PATHS: Readonly<Record<LinkKind, string>> = {
  password_recovery: RESET_PATH,
  email_verification: VERIFICATION_PATH,
  user_registration: CONFIRM_REGISTRATION_PATH,
  email_sign_in: SIGN_IN_LINK_PATH,
}

/** For how long links work, in milliseconds. */
export const LINK_LIFETIMES: Readonly<Record<LinkKind, number>> = {
  password_recovery: 3_600_000,
  email_verification: 86_400_000,
  user_registration: 3_600_000,
  email_sign_in: 600_000,
}

interface Payload<About> {
  readonly digest: string
  readonly realmId: string
  readonly about: About
}

/** A new link, to be stored in the write that mails it. */
export interface NewLink<About> {
  readonly kind: LinkKind
  readonly url: string
  /** Where it is stored: the newest link about the same is stored at the same place. */
  readonly key: string
  readonly payload: Payload<About>
  readonly createdAt: number
  readonly expiresAt: number
}

/** A link that somebody has. */
export interface FoundLink<About> {
  readonly about: About
  readonly expiresAt: number
  /** When it was used, in milliseconds since 1970; null if it was not. */
  readonly usedAt: number | null
}

/**
 * Makes a link to a page of the realm. Its address is the configured one, whatever host the request named.
 * @param subject what the link is about. A newer link about the same takes its place
 */
export function newLink<About>(
  { clock, crypto, random, registry, scope }: Context,
  kind: LinkKind,
  subject: string,
  about: About,
): NewLink<About> {
  const realm = realmOf(scope)
  const [key, secret, createdAt] = [keyAbout({ crypto, scope }, subject), random.secret(), clock.now()]
  return {
    kind,
    url: `${issuerOf(realm, registry.settings)}${PATHS[kind]}?token=${key}.${secret}`,
    key,
    payload: { digest: crypto.digest(secret), realmId: realm.id, about },
    createdAt,
    expiresAt: createdAt + LINK_LIFETIMES[kind],
  }
}

/** Stores a link, inside a write. An older one about the same works no more. */
export async function storeLink<About>(unit: Unit, { kind, key, ...link }: NewLink<About>): Promise<void> {
  await unit.oneTimeTokens.put(kind, key, link)
}

/** The newest link that a token is of, used or not; undefined if it is unknown, replaced, expired or of another realm. */
export async function findLink<About>(
  { clock, crypto, scope }: Pick<Context, 'clock' | 'crypto' | 'scope'>,
  { oneTimeTokens }: Pick<Stores, 'oneTimeTokens'>,
  kind: LinkKind,
  token: string | undefined,
): Promise<FoundLink<About> | undefined> {
  const { key, secret } = partsOf(token)
  const stored = await oneTimeTokens.find<Payload<About>>(kind, key)
  if (!stored || stored.expiresAt <= clock.now()) return undefined
  const { digest, realmId, about } = stored.payload
  if (!crypto.equal(crypto.digest(secret), digest) || realmId !== realmOf(scope).id) return undefined
  return { about, expiresAt: stored.expiresAt, usedAt: stored.consumedAt }
}

/** The newest link about a subject, used or not, for who has no token of it; undefined if there is none or it has expired. */
export async function findLinkAbout<About>(
  { clock, crypto, scope }: Pick<Context, 'clock' | 'crypto' | 'scope'>,
  { oneTimeTokens }: Pick<Stores, 'oneTimeTokens'>,
  kind: LinkKind,
  subject: string,
): Promise<FoundLink<About> | undefined> {
  const stored = await oneTimeTokens.find<Payload<About>>(kind, keyAbout({ crypto, scope }, subject))
  if (!stored || stored.expiresAt <= clock.now()) return undefined
  return { about: stored.payload.about, expiresAt: stored.expiresAt, usedAt: stored.consumedAt }
}

/** Spends the newest link about a subject, inside a write. @throws Failure `expired` if there is none that works now */
export async function spendLinkAbout(
  { clock, crypto, scope }: Pick<Context, 'clock' | 'crypto' | 'scope'>,
  unit: Unit,
  kind: LinkKind,
  subject: string,
): Promise<void> {
  const spent = await unit.oneTimeTokens.consume(kind, keyAbout({ crypto, scope }, subject), clock.now())
  if (!spent) throw new Failure('expired')
}

/**
 * Spends a link, inside a write. Only one of several concurrent callers succeeds.
 * @throws Failure `expired` if the token is of no link that works now
 */
export async function spendLink(
  { clock, crypto, scope }: Pick<Context, 'clock' | 'crypto' | 'scope'>,
  unit: Unit,
  kind: LinkKind,
  token: string,
): Promise<void> {
  const { key, secret } = partsOf(token)
  const spent = await unit.oneTimeTokens.consume<Payload<unknown>>(kind, key, clock.now())
  const isIt =
    spent !== undefined &&
    spent.payload.realmId === realmOf(scope).id &&
    crypto.equal(crypto.digest(secret), spent.payload.digest)
  if (!isIt) throw new Failure('expired')
}

function keyAbout({ crypto, scope }: Pick<Context, 'crypto' | 'scope'>, subject: string): string {
  return crypto.digest(JSON.stringify([realmOf(scope).id, subject]))
}

function partsOf(token = ''): { readonly key: string; readonly secret: string } {
  const [, key = '', secret = ''] = /^([\w-]{1,64})\.([\w-]{1,64})$/.exec(token) ?? []
  return { key, secret }
}
