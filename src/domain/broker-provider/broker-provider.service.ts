// Decides about providers whose tokens are kept for users: creates, changes and deletes them.

import { Failure, type Flaw } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { firstVersion } from '../first-version.ts'
import { resealed } from '../kept-secret.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import { checkUpdated, definedOnly, revise } from '../update.ts'
import {
  type BrokerProvider,
  BrokerProviderFields,
  type BrokerProviderPatch,
  type BrokerProviderQuery,
  type BrokerProviderView,
  type NewBrokerProvider,
  SECRET_PURPOSE,
  viewBrokerProvider,
} from './broker-provider.ts'
import { TEMPLATES } from './templates.ts'

const URLS = ['authorizeUrl', 'tokenUrl', 'revokeUrl', 'accountsUrl', 'apiUrl'] as const
type Address = (typeof URLS)[number]
/** Where secrets and refresh tokens are sent, and where access tokens are. */
const REFRESH_URLS = ['tokenUrl', 'revokeUrl'] as const
const ACCESS_URLS = [...REFRESH_URLS, 'accountsUrl', 'apiUrl'] as const

/** How many resources a refusal names. */
const NAMED_MAX = 20

/**
 * Creates a provider.
 * @throws Failure `already_exists`, `invalid_input` for what its protocol needs or has no use for, `unreachable_host`,
 *   `forbidden` for a variable of the server that the caller may not name
 */
export async function createBrokerProvider(context: Context, input: NewBrokerProvider): Promise<BrokerProviderView> {
  const { crypto } = context
  const { clientSecret, slug, template, ...given } = input
  const { name: templateName, ...fromTemplate } = template === null ? { name: undefined } : TEMPLATES[template]
  const provider: BrokerProvider = {
    ...BrokerProviderFields.initial,
    ...fromTemplate,
    ...definedOnly(given),
    ...{ slug, template },
    name: given.name ?? templateName ?? slug,
    clientSecret: clientSecret === undefined ? null : crypto.seal(SECRET_PURPOSE, clientSecret),
    ...firstVersion(context),
  }
  checkProvider(context, provider)
  checkKey(context, provider, clientSecret)
  await context.write(async (unit) => {
    if (!(await unit.brokerProviders.insert(provider))) throw new Failure('already_exists', inUse(slug))
    emitEvent(unit, 'broker_provider.created', provider)
  })
  return viewOf(context, provider)
}

/** One page of the realm's providers, oldest first. */
export async function listBrokerProviders(
  context: Context,
  query: BrokerProviderQuery,
): Promise<Page<BrokerProviderView>> {
  const page = await context.read.brokerProviders.list(realmOf(context.scope).id, query)
  return mapPage(page, (provider) => viewOf(context, provider))
}

/** @throws Failure `not_found` */
export async function getBrokerProvider(context: Context, { id }: { id: string }): Promise<BrokerProviderView> {
  const provider = await context.read.brokerProviders.find(realmOf(context.scope).id, id)
  if (!provider) throw new Failure('not_found')
  return viewOf(context, provider)
}

/**
 * Changes a provider; absent members stay as they are, and so does the secret.
 * @throws Failure `not_found`, `precondition_failed`, and as {@link createBrokerProvider}
 */
export async function updateBrokerProvider(
  context: Context,
  { id, ifVersion, clientSecret, ...patch }: BrokerProviderPatch,
): Promise<BrokerProviderView> {
  const { crypto, clock } = context
  const now = clock.now()
  const changed = await context.write(async (unit) => {
    const before = await lockProvider(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const secret = resealed(crypto, SECRET_PURPOSE, before.clientSecret, clientSecret)
    const revised = revise(BrokerProviderFields, before, { ...patch, clientSecret: secret }, now)
    if (!revised) return before
    const { after, change } = revised
    checkMoved(before, after, clientSecret)
    checkProvider(context, after, before)
    checkKey(context, after, clientSecret ?? undefined)
    checkUpdated(await unit.brokerProviders.update(after), inUse(after.slug))
    if (after.clientId !== before.clientId || isElsewhere(before, after)) await unit.connections.expireOf(id, now)
    emitEvent(unit, 'broker_provider.updated', after, { ...change })
    return after
  })
  return viewOf(context, changed)
}

/**
 * Deletes a provider that no resource uses, with its secret and all that it gave for users.
 * @throws Failure `not_found`, `provider_in_use` with the resources
 */
export async function deleteBrokerProvider(context: Context, { id }: { id: string }): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const provider = await lockProvider(context, unit, id)
    const resources = await unit.resources.ofBrokerProvider(id, NAMED_MAX)
    if (resources.length > 0) {
      const names = resources.map(({ slug }) => slug).join(', ')
      throw new Failure('provider_in_use', `Resources use this provider: ${names}. Change or delete them first.`)
    }
    await unit.connections.revokeWhere({ providerId: id }, now)
    await unit.brokerProviders.delete(provider.realmId, id, now)
    emitEvent(unit, 'broker_provider.deleted', provider)
  })
}

function viewOf({ scope, registry }: Context, provider: BrokerProvider): BrokerProviderView {
  return viewBrokerProvider(provider, issuerOf(realmOf(scope), registry.settings))
}

async function lockProvider({ scope }: Context, stores: Pick<Stores, 'brokerProviders'>, id: string) {
  const provider = await stores.brokerProviders.lock(realmOf(scope).id, id)
  if (!provider) throw new Failure('not_found')
  return provider
}

function checkProvider(context: Context, provider: BrokerProvider, before?: BrokerProvider): void {
  checkReference(context, provider, before)
  const flaws = flawsOf(provider)
  const [first] = flaws
  if (first) throw new Failure('invalid_input', { message: `${first.path}: ${first.message}`, flaws })
  for (const path of URLS) {
    const address = provider[path]
    if (address !== null && address !== before?.[path]) checkUrl(context, path, address)
  }
}

function checkUrl({ network }: Context, path: string, address: string): void {
  try {
    network.checkUrl(address)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure('unreachable_host', {
      message: `${path}: ${error.message}`,
      flaws: [{ path, message: error.message }],
    })
  }
}

/**
 * A variable of the server goes where its operator says: whoever only administers a tenant can neither name one, nor change
 * a provider that has one.
 */
function checkReference({ actor }: Context, provider: BrokerProvider, before: BrokerProvider | undefined): void {
  if (provider.clientSecretRef === null && (before?.clientSecretRef ?? null) === null) return
  if (actor.reach.kind === 'platform') return
  throw new Failure('forbidden', 'Only callers of the platform can use variables of the server as secrets.')
}

function flawsOf(provider: BrokerProvider): Flaw[] {
  const { protocol, clientSecret, clientSecretRef } = provider
  const needed = (...names: (keyof BrokerProvider)[]) =>
    names.filter((name) => provider[name] === null).map((path) => ({ path, message: `is required for ${protocol}` }))
  const unused = (...names: (keyof BrokerProvider)[]) =>
    names.filter((name) => provider[name] !== null).map((path) => ({ path, message: `not for ${protocol}` }))
  const both = clientSecret !== null && clientSecretRef !== null
  const hasNoSecret = clientSecret === null && clientSecretRef === null
  const secrets = [
    ...(both ? [{ path: 'clientSecretRef', message: 'give the secret or the variable that has it, not both' }] : []),
    ...(hasNoSecret && protocol !== 'api_key'
      ? [{ path: 'clientSecret', message: `is required for ${protocol}` }]
      : []),
    ...(provider.template !== null && protocol !== 'oauth'
      ? [{ path: 'template', message: `not for ${protocol}` }]
      : []),
  ]
  if (protocol === 'oauth') {
    return [
      ...needed('clientId', 'authorizeUrl', 'tokenUrl'),
      ...secrets,
      ...unused('saEmail', 'issuanceInstructionsUrl'),
    ]
  }
  const notOauth = unused('clientId', 'authorizeUrl', 'revokeUrl', 'accountsUrl')
  if (protocol === 'service_account') {
    return [...needed('tokenUrl', 'saEmail'), ...secrets, ...notOauth, ...unused('issuanceInstructionsUrl')]
  }
  return [...notOauth, ...unused('tokenUrl', 'saEmail', 'clientSecret', 'clientSecretRef'), ...secrets]
}

/** The key of a service account is one that it can sign with. */
function checkKey({ crypto }: Context, provider: BrokerProvider, secret: string | undefined): void {
  if (provider.protocol !== 'service_account' || secret === undefined) return
  if (crypto.signWithKey(secret, '', provider.saAlgorithm) !== undefined) return
  const message = `not a private key for ${provider.saAlgorithm} in PEM (PKCS #8)`
  throw new Failure('invalid_input', {
    message: `clientSecret: ${message}`,
    flaws: [{ path: 'clientSecret', message }],
  })
}

/** A stored secret goes to no other server than it was given for: whoever does not know it must not learn it by a new address. */
function checkMoved(before: BrokerProvider, after: BrokerProvider, given: string | null | undefined): void {
  if (after.clientSecret === null || typeof given === 'string') return
  // The tokens of a service account are as good as its key.
  const names = after.protocol === 'service_account' ? ([...REFRESH_URLS, 'apiUrl'] as const) : REFRESH_URLS
  if (!reachesNew(names, before, after)) return
  const message = 'give the secret again for another server'
  throw new Failure('invalid_input', {
    message: `clientSecret: ${message}`,
    flaws: [{ path: 'clientSecret', message }],
  })
}

/** Whether tokens that one server gave would be sent to another one. */
function isElsewhere(before: BrokerProvider, after: BrokerProvider): boolean {
  return reachesNew(REFRESH_URLS, before, after) || reachesNew(ACCESS_URLS, before, after)
}

/** Whether one of some addresses is at a server at which none of them was. */
function reachesNew(names: readonly Address[], before: BrokerProvider, after: BrokerProvider): boolean {
  const known = names.map((name) => originOf(before[name]))
  return names.some((name) => after[name] !== null && !known.includes(originOf(after[name])))
}

function originOf(url: string | null): string | null {
  return url !== null && URL.canParse(url) ? new URL(url).origin : null
}

function inUse(slug: string): string {
  return `The realm has a provider with the slug ${slug} already.`
}

function emitEvent(unit: Unit, type: EventType, provider: BrokerProvider, data: object = {}): void {
  const { id, realmId, name, slug, protocol } = provider
  unit.emit(type, { subject: { type: 'broker_provider', id, label: name }, realmId, data: { slug, protocol, ...data } })
}
