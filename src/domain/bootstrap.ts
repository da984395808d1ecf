// How an installation gets its first administrator: with a link that works once. What it knows about that stands in
// its settings, and only digests stand there.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { emailAddress } from '#kernel/field.ts'
import { parse } from '#kernel/parse.ts'
import type { Context, Unit } from './context.ts'
import { hashOf, insertUser } from './user/user.service.ts'
import { NO_PROFILE, type User, type UserView, viewUser } from './user/user.ts'

/** The setting that says that, and what, the first boot made. */
export const INSTALLATION = 'installation'

const LINK_LIFETIME = 24 * 3600 * 1000

export interface Installation {
  /** The first tenant. */
  readonly tenantId: string
  /** The directory of its admin realm. */
  readonly adminDirectoryId: string
  /** The link that creates the first administrator; null once it did. */
  readonly bootstrap: { readonly digest: string; readonly expiresAt: number } | null
  /** A MAC that only the master key which the installation was set up with makes. */
  readonly keyCheck: string
}

/** What the first administrator gives. */
export const NewAdministrator = z.strictObject({
  secret: z.string().min(1).max(200).describe('What the link carries.'),
  email: emailAddress,
  password: z.string().max(1024).describe('8 to 256 characters.'),
})
export type NewAdministrator = z.input<typeof NewAdministrator>

/** A new link’s secret, and what of it the settings keep. */
export function newBootstrap({ crypto, random, clock }: Pick<Context, 'crypto' | 'random' | 'clock'>) {
  const secret = random.secret()
  return { secret, bootstrap: { digest: crypto.digest(secret), expiresAt: clock.now() + LINK_LIFETIME } }
}

/** Writes a link down inside a write of its tenant. */
export async function insertBootstrap(
  unit: Unit,
  { digest, expiresAt }: NonNullable<Installation['bootstrap']>,
): Promise<void> {
  await unit.oneTimeTokens.insert('bootstrap', digest, { payload: {}, createdAt: expiresAt - LINK_LIFETIME, expiresAt })
}

/**
 * Whether the first administrator was created, and until when the link for it works.
 * @param context of whatever tenant
 * @returns `linkExpiresAt` in milliseconds since 1970, in the past where it has expired; null where there is none
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

/** Whether a link would create the first administrator now. @param context of whatever tenant */
export async function isBootstrapLink(
  { read, crypto, clock }: Pick<Context, 'read' | 'crypto' | 'clock'>,
  secret: string,
): Promise<boolean> {
  const known = await read.settings.find<Installation>(INSTALLATION)
  if (!known?.bootstrap || !crypto.equal(crypto.digest(secret), known.bootstrap.digest)) return false
  return known.bootstrap.expiresAt > clock.now()
}

/**
 * Creates the first administrator, who may do everything, in the first tenant's admin realm. Of any number of callers
 * with the link, one does.
 * @param context of whatever tenant
 * @throws Failure `unauthenticated` for a link that is unknown, expired or used; `invalid_input` for a bad address or
 *   password, after which the link still works
 */
export async function consumeBootstrap(context: Context, input: NewAdministrator): Promise<UserView> {
  const { secret, email, password } = parse(NewAdministrator, input)
  const { read, crypto, clock, random } = context
  const digest = crypto.digest(secret)
  const now = clock.now()
  const known = await read.settings.find<Installation>(INSTALLATION)
  // Only who has the link makes the server hash.
  if (!known?.bootstrap || !crypto.equal(digest, known.bootstrap.digest)) throw refused()
  if (known.bootstrap.expiresAt <= now) throw refused()
  const passwordHash = await hashOf(context, password, email)
  const user: User = {
    id: random.id(),
    tenantId: known.tenantId,
    directoryId: known.adminDirectoryId,
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
    attributes: {},
    lastSignInAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  await context.write(async (whole) => {
    const installation = await whole.settings.lock<Installation>(INSTALLATION)
    const unit = whole.within(known.tenantId)
    if (!installation || !(await unit.oneTimeTokens.consume('bootstrap', digest, now))) throw refused()
    await unit.settings.replace(INSTALLATION, { ...installation, bootstrap: null })
    await insertUser(unit, user, passwordHash)
    const actor = { kind: 'user', id: user.id, label: email }
    unit.emit('bootstrap.consumed', { subject: { type: 'user', id: user.id }, actor, data: { email } })
  })
  return viewUser(user)
}

/**
 * Makes another link in place of the one there was, for an operator who let that expire.
 * @returns the secret of the link
 * @throws Failure `conflict` where the first administrator was created
 */
export async function renewBootstrap(context: Context): Promise<string> {
  const { secret, bootstrap } = newBootstrap(context)
  await context.write(async (unit) => {
    const installation = await unit.settings.lock<Installation>(INSTALLATION)
    if (!installation?.bootstrap) throw new Failure('conflict', 'There is an administrator already.')
    const first = unit.within(installation.tenantId)
    await first.oneTimeTokens.consume('bootstrap', installation.bootstrap.digest, context.clock.now())
    await insertBootstrap(first, bootstrap)
    await first.settings.replace(INSTALLATION, { ...installation, bootstrap })
  })
  return secret
}

function refused(): Failure {
  return new Failure('unauthenticated', 'The link is unknown, has expired or was used.')
}
