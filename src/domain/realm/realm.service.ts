// Decides about realms: creates, changes and deletes them.

import { Failure, flawed } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Scope } from '../actor.ts'
import { checkIssuer } from '../client/trusted-issuer.ts'
import type { Context, Unit } from '../context.ts'
import { checkFlowsPassable } from '../flow/reachable.ts'
import { sendsMail } from '../mail/mail.ts'
import type { SigningAlgorithm } from '../outside.ts'
import { checkAlsoPermitted, checkFreshSignIn, checkMakesCredential } from '../permitted.ts'
import { changeUniqueNames, forgetUnusedNames } from '../profile-attribute/unique-values.ts'
import { deleteStreams } from '../signal-stream/signal-stream.service.ts'
import { firstKeys, insertAlgorithm, keysOfAlgorithm } from '../signing-key/new-key.ts'
import type { SigningKey } from '../signing-key/signing-key.ts'
import type { StoredSmsSettings } from '../sms-settings/sms-settings.ts'
import { checkUpdated, revise } from '../update.ts'
import { checkClientsReachable } from './clients-reachable.ts'
import { isStillOwned, verifiedDomain } from './custom-domain.ts'
import { checkReachable, checkStillReachable } from './level.ts'
import {
  DEFAULT_POLICY,
  DOMAIN_GRACE,
  type NewRealm,
  type Realm,
  RealmFields,
  type RealmPatch,
  type RealmView,
  withPolicy,
} from './realm.ts'
import { viewRealm } from './realm-view.ts'

const ISSUER_ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** The realm of the request. @throws Failure `not_found` if the path names none */
export function realmOf({ realm }: Scope): Realm {
  if (!realm) throw new Failure('not_found')
  return realm
}

/**
 * A realm that can be written with {@link insertRealm}. Its keys are created before the transaction, because the
 * database has one writer.
 */
export async function prepareRealm(
  context: Context,
  input: {
    name: string
    kind: Realm['kind']
    /** The tenant, if it is not the scope’s. */
    tenantId?: string
    issuerId?: string
    algorithm?: SigningAlgorithm
    minAal?: number
    defaultLanguage?: Realm['defaultLanguage']
    policy?: NewRealm['policy']
    allowedOrigins?: readonly string[]
    allowedRedirects?: readonly string[]
    /** The directory of the realm; undefined for a new one. */
    directoryId?: string
  },
) {
  const { clock, crypto, random, scope } = context
  const now = clock.now()
  const { initial } = RealmFields
  const realm: Realm = {
    ...initial,
    id: random.id(),
    tenantId: input.tenantId ?? scope.tenantId,
    directoryId: input.directoryId ?? random.id(),
    // The documented API of realms has it on in a realm that callers create.
    magicLinkEnabled: input.kind === 'realm',
    issuerId: input.issuerId ?? random.text(12, ISSUER_ID_ALPHABET),
    kind: input.kind,
    name: input.name,
    domainFailingSince: null,
    policy: withPolicy(DEFAULT_POLICY, input.policy),
    algorithm: input.algorithm ?? initial.algorithm,
    minAal: input.minAal ?? initial.minAal,
    defaultLanguage: input.defaultLanguage ?? initial.defaultLanguage,
    mailSender: 'server',
    allowedOrigins: input.allowedOrigins ?? initial.allowedOrigins,
    allowedRedirects: input.allowedRedirects ?? initial.allowedRedirects,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  const keys = await firstKeys(crypto.keys, random, realm, now)
  return { realm, keys, ownDirectory: input.directoryId === undefined }
}

/** Writes a prepared realm with its first keys, and a new directory if it has one. */
export async function insertRealm(
  unit: Unit,
  { realm, keys, ownDirectory }: Awaited<ReturnType<typeof prepareRealm>>,
): Promise<void> {
  const { directoryId: id, tenantId, name, createdAt } = realm
  if (ownDirectory) await unit.directories.insert({ id, tenantId, name, createdAt })
  await unit.realms.insert(realm)
  for (const key of keys) {
    await unit.signingKeys.insert(key)
    unit.emit('key.created', {
      subject: { type: 'signing_key', id: key.id, label: key.kid },
      realmId: realm.id,
      data: { kid: key.kid },
    })
  }
  unit.emit('realm.created', {
    subject: { type: 'realm', id: realm.id, label: realm.name },
    realmId: realm.id,
    data: { name: realm.name },
  })
}

/**
 * Creates a realm with a directory and keys. Its metadata is available at once.
 * @throws Failure `invalid_request` for a `minAal` that no sign-in can reach
 */
export async function createRealm(context: Context, input: NewRealm): Promise<RealmView> {
  const prepared = await prepareRealm(context, { ...input, kind: 'realm' })
  checkRegistration(context, DEFAULT_POLICY, prepared.realm.policy)
  checkAuthorities(context, DEFAULT_POLICY, prepared.realm.policy)
  checkUserRegistration(context, DEFAULT_POLICY, prepared.realm)
  checkReachable(prepared.realm)
  checkSms(context, DEFAULT_POLICY, prepared.realm.policy, undefined)
  await context.write((unit) => insertRealm(unit, prepared))
  return viewRealm(prepared.realm, context.registry.settings)
}

/**
 * Changes a realm; the resulting state is validated.
 * @throws Failure `invalid_request` for a `minAal` that no sign-in can reach, or a custom domain that cannot be
 *   verified, `insufficient_user_authentication` for the keys of a realm by a person whose sign-in is too old,
 *   `already_exists` if another realm has the custom domain, `conflict` for users with the same value of an attribute that
 *   becomes unique, `precondition_failed` if it was changed since the
 *   caller read it
 */
export async function updateRealm(context: Context, { ifVersion, ...patch }: RealmPatch): Promise<RealmView> {
  const { id } = realmOf(context.scope)
  const customDomain = patch.customDomain
    ? await verifiedDomain(patch.customDomain, realmOf(context.scope), context.registry.settings, context.network)
    : patch.customDomain
  const keys = patch.algorithm === undefined ? [] : await missingKeys(context, patch.algorithm)
  const changed = await context.write(async (unit) => {
    const before = await unit.realms.find(id)
    if (!before) throw new Failure('not_found')
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const values = {
      ...patch,
      ...(customDomain !== undefined && { customDomain, domainFailingSince: null }),
      policy: withPolicy(before.policy, patch.policy),
    }
    const revised = revise(RealmFields, before, values, context.clock.now())
    if (!revised) return before
    const { after: realm, change } = revised
    if (changesKeys(before, realm)) {
      checkAlsoPermitted(context, 'keys:write')
      checkFreshSignIn(context)
    }
    checkRegistration(context, before.policy, realm.policy)
    checkAuthorities(context, before.policy, realm.policy)
    checkUserRegistration(context, before.policy, realm)
    checkStillReachable(before, realm)
    await checkClientsReachable(unit, before, realm)
    await checkFlowsPassable(context, unit, before, realm)
    checkMagicLinks(context, before, realm)
    checkSms(context, before.policy, realm.policy, await unit.smsSettings.lock(id))
    await insertAlgorithm(unit, keys)
    await changeUniqueNames(context, unit, before, realm)
    checkUpdated(await unit.realms.update(realm), 'Another realm has this custom domain.')
    await forgetUnusedNames(unit, before)
    for (const type of eventsOf(before, realm)) {
      unit.emit(type, { subject: { type: 'realm', id, label: realm.name }, realmId: id, data: { ...change } })
    }
    return realm
  })
  return viewRealm(changed, context.registry.settings)
}

/** The rules of a realm for clients that describe themselves. */
type ClientRules = Pick<Realm['policy'], 'registration' | 'clientIdMetadata' | 'clientIdMetadataHosts'>

// Whoever may register clients does what clients:write guards, and a registration without an administrator is a client with
// a secret.
function checkRegistration(context: Context, before: ClientRules, after: ClientRules): void {
  const rules = ({ registration, clientIdMetadata, clientIdMetadataHosts }: ClientRules) =>
    JSON.stringify([registration, clientIdMetadata, clientIdMetadataHosts])
  if (rules(before) !== rules(after)) checkAlsoPermitted(context, 'clients:write')
  const added = after.registration.softwareStatementIssuers.filter(
    ({ issuer, jwksUri }) =>
      !before.registration.softwareStatementIssuers.some(
        (known) => known.issuer === issuer && known.jwksUri === jwksUri,
      ),
  )
  for (const issuer of added) {
    const index = after.registration.softwareStatementIssuers.indexOf(issuer)
    checkIssuer(context.network, `policy.registration.softwareStatementIssuers.${index}`, issuer)
  }
  const isWider =
    OPENNESS[after.registration.mode] > OPENNESS[before.registration.mode] ||
    (after.registration.clientCredentials && !before.registration.clientCredentials) ||
    added.length > 0
  if (isWider) checkMakesCredential(context)
}

/** Whoever names an authority decides who can authenticate as a client. */
function checkAuthorities(context: Context, before: Realm['policy'], after: Realm['policy']): void {
  const isNew = (pem: string) => !before.clientCertificateAuthorities.includes(pem)
  const added = after.clientCertificateAuthorities.filter(isNew)
  for (const pem of added) {
    const index = after.clientCertificateAuthorities.indexOf(pem)
    if (context.crypto.isAuthority(pem)) continue
    const flaw = {
      path: `policy.clientCertificateAuthorities.${index}`,
      message: 'not the certificate of an authority, in PEM, without name constraints',
    }
    throw flawed(flaw.path, flaw.message)
  }
  if (added.length === 0) return
  checkAlsoPermitted(context, 'clients:write')
  checkMakesCredential(context)
}

// Whoever lets people make accounts does what users:write guards. A rule that nobody could use is refused.
function checkUserRegistration(
  context: Context,
  before: Realm['policy'],
  { kind, policy }: Pick<Realm, 'kind' | 'policy'>,
): void {
  const rules = ({ userRegistration, userRegistrationDomains }: Realm['policy']) =>
    JSON.stringify([userRegistration, userRegistrationDomains])
  if (rules(before) === rules(policy)) return
  checkAlsoPermitted(context, 'users:write')
  if (policy.userRegistration === 'closed') return
  const message =
    (kind === 'admin' && 'administrators are made by administrators') ||
    (!sendsMail(context) && 'this server sends no mail: no mail server is configured') ||
    (policy.userRegistration === 'domains' && policy.userRegistrationDomains.length === 0 && 'there are no domains')
  if (!message) return
  const path = 'policy.userRegistration'
  throw new Failure('invalid_request', { message: `user_registration: ${message}`, flaws: [{ path, message }] })
}

/** How many can register clients. The tokens that the first two modes need are credentials themselves. */
const OPENNESS = { off: 0, admin_only: 0, approved_redirects: 1, open: 2 } as const

function changesKeys(before: Realm, after: Realm): boolean {
  return before.algorithm !== after.algorithm || before.policy.keyRotationDays !== after.policy.keyRotationDays
}

/**
 * Verifies the custom domain of a realm again. A domain whose CNAME leads elsewhere for too long is removed.
 * @returns what the operator should know; undefined where nothing changed
 */
export async function verifyDomainAgain(context: Context): Promise<string | undefined> {
  const { id, customDomain: domain } = realmOf(context.scope)
  const isOwned = await isStillOwned(realmOf(context.scope), context.registry.settings, context.network)
  if (domain === null || isOwned === undefined) return undefined
  const now = context.clock.now()
  return context.write(async (unit) => {
    const before = await unit.realms.find(id)
    if (!before || before.customDomain !== domain) return undefined
    const since = before.domainFailingSince
    const outcome = isOwned
      ? since !== null && FOUND.owned
      : since === null
        ? FOUND.elsewhere
        : now - since >= DOMAIN_GRACE && FOUND.lost
    if (!outcome) return undefined
    const realm: Realm = {
      ...before,
      customDomain: outcome === FOUND.lost ? null : domain,
      domainFailingSince: outcome === FOUND.elsewhere ? now : null,
      version: before.version + 1,
      updatedAt: now,
    }
    checkUpdated(await unit.realms.update(realm), 'Another realm has this custom domain.')
    unit.emit(outcome.event, { subject: { type: 'realm', id, label: realm.name }, realmId: id, data: { domain } })
    return `The custom domain ${domain} ${outcome.message}`
  })
}

/** What a verification may find that was not so before. */
const FOUND = {
  owned: { event: 'realm.custom_domain_verified', message: 'leads to its realm again.' },
  elsewhere: {
    event: 'realm.custom_domain_unverified',
    message: 'does not lead to its realm any more. The realm loses it if that goes on for 72 hours.',
  },
  lost: { event: 'realm.custom_domain_cleared', message: 'did not lead to its realm for 72 hours, and was removed.' },
} as const

/** Keys of an algorithm, ready to be written, where the realm has none of it. */
async function missingKeys(context: Context, algorithm: SigningAlgorithm): Promise<SigningKey[]> {
  const known = await context.read.signingKeys.list(realmOf(context.scope).id)
  return known.some((key) => key.algorithm === algorithm)
    ? []
    : keysOfAlgorithm(context, realmOf(context.scope), algorithm)
}

/** Deletes a realm: nobody can sign in, no tokens are issued, and its existing tokens are inactive. */
export async function deleteRealm(context: Context): Promise<void> {
  const realm = realmOf(context.scope)
  const { kind } = realm
  if (kind === 'project') throw new Failure('conflict', 'The realm belongs to a project. Delete the project instead.')
  if (kind !== 'realm') throw new Failure('conflict', 'The default realm cannot be deleted.')
  const now = context.clock.now()
  await context.write((unit) => removeRealm(unit, realm, now))
}

/** Deletes a realm inside a write, with its sessions, tokens and consents, and the tokens of providers. @throws Failure `not_found` */
export async function removeRealm(unit: Unit, { id, name }: Pick<Realm, 'id' | 'name'>, now: number): Promise<void> {
  if (!(await unit.realms.delete(id, now))) throw new Failure('not_found')
  // Revoke the families first: this waits for a refresh in progress, and the token of that refresh is then revoked too.
  await unit.tokenFamilies.revokeWhere({ realmId: id }, now)
  await unit.issuances.revokeWhere({ realmId: id }, now)
  await unit.sessions.endOfRealm(id, now)
  await unit.brandings.removeOf(id, now)
  await unit.proxySites.deleteOfRealm(id, now)
  await unit.realmAttacks.forget(id)
  await unit.brokerProviders.deleteOfRealm(id, now)
  await unit.connections.revokeWhere({ realmId: id }, now)
  await deleteStreams(unit, { realmId: id }, now)
  unit.emit('realm.deleted', { subject: { type: 'realm', id, label: name }, realmId: id })
}

function checkMagicLinks(context: Context, before: Realm, after: Realm): void {
  if (before.magicLinkEnabled || !after.magicLinkEnabled || sendsMail(context)) return
  const message = 'this server sends no mail: no mail server is configured'
  const flaws = [{ path: 'magicLinkEnabled', message }]
  throw new Failure('invalid_request', { message: `magic_link_enabled: ${message}`, flaws })
}

/** @param settings those of the realm’s text messages */
function checkSms(
  { network }: Pick<Context, 'network'>,
  before: Realm['policy'],
  after: Realm['policy'],
  settings: Pick<StoredSmsSettings, 'settings'> | undefined,
): void {
  if (before.smsEnabled || !after.smsEnabled || settings?.settings.url || network.mail?.keeps) return
  const message = 'nobody sends text messages: set the SMS settings of the realm first'
  const flaws = [{ path: 'policy.smsEnabled', message }]
  throw new Failure('invalid_request', { message: `policy.sms_enabled: ${message}`, flaws })
}

function eventsOf(before: Realm, after: Realm): EventType[] {
  const events: EventType[] = ['realm.updated']
  if (before.enabled !== after.enabled) events.push(after.enabled ? 'realm.enabled' : 'realm.disabled')
  if (before.customDomain !== after.customDomain) {
    events.push(after.customDomain ? 'realm.custom_domain_set' : 'realm.custom_domain_cleared')
  }
  return events
}
