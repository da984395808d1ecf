// Creates the first administrator of an installation, by a link that works once. The state is stored in the
// installation's settings, which contain only digests.

import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { emailAddress } from '#kernel/field.ts'
import { PLATFORM } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import { userActor } from './actor.ts'
import type { Context, Unit } from './context.ts'
import { ANSWER_GRACE } from './one-time-token/one-time-token.ts'
import { checkAlsoPermitted } from './permitted.ts'
import type { Settings } from './settings.ts'
import { hashOf, insertUser, verifyPassword } from './user/user.service.ts'
import { NO_PROFILE, type User, type UserView } from './user/user.ts'
import { viewUser } from './user/user-view.ts'

/** The setting that records the first boot. */
export const INSTALLATION = 'installation'

const LINK_LIFETIME = 24 * 3600 * 1000

/** A link as it is stored. */
export interface Bootstrap {
  readonly digest: string
  /** The secret follows from it and the master key. Installations of before this member have none. */
  readonly seed?: string
  readonly expiresAt: number
}

export interface Installation {
  /** The first tenant. */
  readonly tenantId: string
  /** The directory of its admin realm. */
  readonly adminDirectoryId: string
  /** The link that creates the first administrator; null after it was used. */
  readonly bootstrap: Bootstrap | null
  /** A MAC that proves that the same master key is used as at the first boot. */
  readonly keyCheck: string
}

/** The input for the first administrator. */
export const NewAdministrator = z.strictObject({
  secret: z.string().min(1).max(200).describe('The token in the link.'),
  email: emailAddress,
  password: z.string().max(1024).describe('8 to 256 characters.'),
})
export type NewAdministrator = z.input<typeof NewAdministrator>

/** The secret of a new link, and the part of it that is stored. */
export function newBootstrap({ crypto, random, clock }: Pick<Context, 'crypto' | 'random' | 'clock'>): {
  readonly secret: string
  readonly bootstrap: Bootstrap
} {
  const seed = random.secret()
  const secret = secretOf(crypto, seed)
  return { secret, bootstrap: { digest: crypto.digest(secret), seed, expiresAt: clock.now() + LINK_LIFETIME } }
}

function secretOf({ mac }: Pick<Context['crypto'], 'mac'>, seed: string): string {
  return mac('bootstrap-link', seed)
}

/**
 * The link that can create the first administrator now. It stays the same, so that every start of the server can print
 * it.
 * @param context of any tenant
 * @returns undefined if the link was used or has expired, or if only its digest is stored
 */
export async function openBootstrapLink({
  read,
  crypto,
  clock,
  registry,
}: Pick<Context, 'read' | 'crypto' | 'clock' | 'registry'>): Promise<string | undefined> {
  const bootstrap = (await read.settings.find<Installation>(INSTALLATION))?.bootstrap
  if (bootstrap?.seed === undefined || bootstrap.expiresAt <= clock.now()) return undefined
  return bootstrapLink(registry.settings, secretOf(crypto, bootstrap.seed))
}

/** Stores a link, inside a write of its tenant. */
export async function insertBootstrap(unit: Unit, { digest, expiresAt }: Bootstrap): Promise<void> {
  await unit.oneTimeTokens.insert('bootstrap', digest, { payload: {}, createdAt: expiresAt - LINK_LIFETIME, expiresAt })
}

/**
 * Whether the first administrator exists, and until when the link works.
 * @param context of any tenant
 * @returns `linkExpiresAt` in milliseconds since 1970, in the past for an expired link; null if there is no link
 */
export async function bootstrapState({
  read,
}: Pick<Context, 'read'>): Promise<{ bootstrapped: boolean; linkExpiresAt: number | null }> {
  const installation = await read.settings.find<Installation>(INSTALLATION)
  return {
    bootstrapped: installation !== undefined && installation.bootstrap === null,
    linkExpiresAt: installation?.bootstrap?.expiresAt ?? null,
  }
}

/** Whether a link can create the first administrator now. @param context of any tenant */
export async function isBootstrapLink(
  { read, crypto, clock }: Pick<Context, 'read' | 'crypto' | 'clock'>,
  secret: string,
): Promise<boolean> {
  const installation = await read.settings.find<Installation>(INSTALLATION)
  if (!installation?.bootstrap || !crypto.equal(crypto.digest(secret), installation.bootstrap.digest)) return false
  return installation.bootstrap.expiresAt > clock.now()
}

/**
 * Creates the first administrator, with all rights, in the first tenant's admin realm. If several callers use the link
 * at once, one succeeds.
 * @param context of any tenant
 * @throws Failure `unauthenticated` for a link that is unknown, expired or used; `invalid_input` for an invalid
 *   address or password, after which the link still works
 */
export async function consumeBootstrap(context: Context, input: NewAdministrator): Promise<UserView> {
  const { secret, email, password } = parse(NewAdministrator, input)
  const { read, crypto, clock, random } = context
  const digest = crypto.digest(secret)
  const now = clock.now()
  const installation = await read.settings.find<Installation>(INSTALLATION)
  // The expensive password hash is computed only for callers with a valid link.
  if (!installation?.bootstrap || !crypto.equal(digest, installation.bootstrap.digest)) throw refused()
  if (installation.bootstrap.expiresAt <= now) throw refused()
  const passwordHash = await hashOf(context, password, email)
  const user: User = {
    id: random.id(),
    tenantId: installation.tenantId,
    directoryId: installation.adminDirectoryId,
    email,
    emailVerified: true,
    name: null,
    givenName: null,
    familyName: null,
    username: null,
    externalId: null,
    ...NO_PROFILE,
    status: 'active',
    adminRole: 'super_admin',
    adminPartnerId: null,
    passwordSetAt: now,
    secondFactors: 0,
    attributes: {},
    lastSignInAt: null,
    dueTrigger: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  await context.write(async (outer) => {
    const current = await outer.settings.lock<Installation>(INSTALLATION)
    const unit = outer.within(installation.tenantId)
    if (!current || !(await unit.oneTimeTokens.consume('bootstrap', digest, now))) throw refused()
    await unit.settings.replace(INSTALLATION, { ...current, bootstrap: null })
    await insertUser(unit, user, passwordHash)
    const actor = userActor({ id: user.id, email })
    unit.emit('bootstrap.consumed', { subject: { type: 'user', id: user.id, label: email }, actor, data: { email } })
  })
  return viewUser(user)
}

/**
 * Whether the link created an administrator with this address and password less than a minute ago, as after a second
 * click on the button.
 * @param contextOf opens a context of a tenant
 */
export async function hasJustConsumed(
  contextOf: (tenantId: string) => Context,
  input: NewAdministrator,
): Promise<boolean> {
  const { success, data } = NewAdministrator.safeParse(input)
  const installation = await contextOf(PLATFORM).read.settings.find<Installation>(INSTALLATION)
  if (!success || !installation || installation.bootstrap !== null) return false
  const context = contextOf(installation.tenantId)
  const since = context.clock.now() - ANSWER_GRACE
  const used = await context.read.oneTimeTokens.find('bootstrap', context.crypto.digest(data.secret))
  if ((used?.consumedAt ?? 0) <= since) return false
  const verified = await verifyPassword(context, installation.adminDirectoryId, data)
  return verified !== undefined && verified.user.createdAt > since
}

/**
 * Replaces the link by a new one, for an operator whose link expired.
 * @returns the link, which contains its secret, and when it expires
 * @throws Failure `forbidden` for a caller who cannot do everything, `conflict` if the first administrator exists
 */
export async function renewBootstrap(context: Context): Promise<{ url: string; expiresAt: number }> {
  checkAlsoPermitted(context, '*')
  const { secret, bootstrap } = newBootstrap(context)
  await context.write(async (unit) => {
    const installation = await unit.settings.lock<Installation>(INSTALLATION)
    if (!installation?.bootstrap) throw new Failure('conflict', 'An administrator already exists.')
    const first = unit.within(installation.tenantId)
    await first.oneTimeTokens.consume('bootstrap', installation.bootstrap.digest, context.clock.now())
    await insertBootstrap(first, bootstrap)
    await first.settings.replace(INSTALLATION, { ...installation, bootstrap })
    const subject = { type: 'instance', id: installation.tenantId } as const
    first.emit('bootstrap.renewed', { subject, data: { expiresAt: bootstrap.expiresAt } })
  })
  return { url: bootstrapLink(context.registry.settings, secret), expiresAt: bootstrap.expiresAt }
}

/** The address at which a secret creates the first administrator. */
export function bootstrapLink({ adminUrl }: Pick<Settings, 'adminUrl'>, secret: string): string {
  return `${adminUrl}/admin/get-started?bootstrap=${secret}`
}

function refused(): Failure {
  return new Failure('unauthenticated', 'The link is unknown, expired or already used.')
}
