// Registers, shows and changes applications together with their one client, both or neither.

import { Failure, flawed } from '#kernel/error.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { addClient, changeClient, changeStatus, prepareClient, rotateClientSecret } from '../client/client.service.ts'
import { type Client, ClientFields } from '../client/client.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { realmOf } from '../realm/realm.service.ts'
import { isPlatformScope } from '../resource/platform-api.ts'
import { checkTenantFilter } from '../tenant/tenant-filter.service.ts'
import { definedOnly } from '../update.ts'
import { changeApplication, checkMayChange, insertApplication, newApplication } from './application.service.ts'
import type { Ownership } from './application.ts'
import type { ApplicationWithClient, OfferedQuery } from './application-with-client.ts'
import {
  grantsOf,
  type NewRegistration,
  type RegistrationPatch,
  type RegistrationView,
  type RegistrationWithSecret,
  viewRegistration,
} from './registration.ts'

const NO_CLIENT = 'The application has no client.'
/** The default scopes of an application: those of OpenID Connect, except for a service, which has no users. */
const SCOPES_FOR_PEOPLE = ['openid', 'profile', 'email']

/**
 * Registers an application with its client, both or neither. A secret is in this answer and never again.
 * @throws Failure `forbidden` for a level above the caller’s, `not_found` for an unknown partner, `already_exists`,
 *   `limit_reached`, `invalid_input` where its parts do not go together
 */
export async function registerApplication(context: Context, input: NewRegistration): Promise<RegistrationWithSecret> {
  checkAlsoPermitted(context, 'clients:write')
  const { name, description, type, level, scopes, partnerId: asked, ...given } = input
  const ownership = await ownershipFor(context, { level, type, asked })
  const { client: prepared, secret } = prepareClient(context, {
    ...ClientFields.initial,
    ...given,
    label: name,
    authMethod: type === 'web' || type === 'service' ? 'client_secret' : 'none',
    grantTypes: [...grantsOf(type, given.redirectUris)],
    scopes: scopes ?? (type === 'service' ? [] : SCOPES_FOR_PEOPLE),
  })
  const application = newApplication(context, { name, description, termsUrl: null, privacyUrl: null, ...ownership })
  return context.write(async (unit) => {
    await insertApplication(context, unit, application)
    const client = await addClient(context, unit, prepared, application)
    return { ...viewRegistration({ application, client }), ...(secret !== undefined && { clientSecret: secret }) }
  })
}

/** One page of what is offered to the caller, oldest first. @throws Failure `access_denied` for a filter beyond the reach */
export async function listRegistrations(context: Context, query: OfferedQuery): Promise<Page<RegistrationView>> {
  await checkTenantFilter(context, query)
  return mapPage(await context.read.acrossTenants.applications.list(context.actor.reach, query), viewRegistration)
}

/** An application that is offered to the caller, with its client. @throws Failure `not_found`, `access_denied` */
export async function showApplication(context: Context, { id }: { id: string }): Promise<RegistrationView> {
  const registration = await found(context, context.read, id)
  // A realm that the request could reach is not yet an application that is offered to who asks.
  if (!(await context.read.acrossTenants.applications.isOffered(context.actor.reach, id)))
    throw new Failure('access_denied')
  return viewRegistration(registration)
}

/**
 * Gives the client of an application another secret. The old one stops working at once.
 * @throws Failure `not_found`, `forbidden`, `conflict` where it has no client, or one without a secret
 */
export async function rotateApplicationSecret(
  context: Context,
  { id }: { id: string },
): Promise<RegistrationWithSecret> {
  checkAlsoPermitted(context, 'applications:read')
  const { application, client } = await found(context, context.read, id)
  if (!client) throw new Failure('conflict', NO_CLIENT)
  const { clientSecret } = await rotateClientSecret(context, client)
  return { ...viewRegistration({ application, client }), ...(clientSecret !== undefined && { clientSecret }) }
}

/**
 * Changes an application and its client, both or neither; what is checked is the state that results.
 * @throws Failure `not_found`, `forbidden`, `already_exists` for a name in use, `conflict` where it has no client,
 *   `invalid_input`
 */
export async function reconfigureApplication(
  context: Context,
  { id, name, description, status, ...patch }: RegistrationPatch,
): Promise<RegistrationView> {
  const { id: realmId } = realmOf(context.scope)
  return context.write(async (unit) => {
    // Held, so that of two who change it at once the second one sees what the first one left.
    await unit.applications.lock(realmId, { column: 'id', value: id })
    const before = await found(context, unit, id)
    checkMayChange(context, before.application)
    const naming = definedOnly({ name, description })
    const application =
      Object.keys(naming).length > 0
        ? await changeApplication(context, unit, before.application, naming)
        : before.application
    const change = { ...definedOnly(patch), ...(name !== undefined && { label: name }) }
    const client = await reconfigureClient(context, unit, before, { change, status })
    return viewRegistration({ application, client })
  })
}

async function reconfigureClient(
  context: Context,
  unit: Unit,
  { application, client }: ApplicationWithClient,
  { change, status }: { change: Partial<Client>; status: Client['status'] | undefined },
): Promise<Client | undefined> {
  const nothing = Object.keys(change).length === 0 && status === undefined
  if (!client && !nothing && (status !== undefined || Object.keys(change).join() !== 'label')) {
    throw new Failure('conflict', NO_CLIENT)
  }
  if (!client || nothing) return client
  checkAlsoPermitted(context, 'clients:write')
  const { type } = application
  const grantTypes = type && change.redirectUris ? { grantTypes: grantsOf(type, change.redirectUris) } : {}
  const changed =
    Object.keys(change).length > 0
      ? await changeClient(context, unit, { client, ownership: application }, { ...change, ...grantTypes })
      : client
  if (status === undefined) return changed
  if (client.scopes.some(isPlatformScope)) checkAlsoPermitted(context, '*')
  return changeStatus(context, unit, changed, status)
}

// Other realms of a tenant have people of their own: what is made for those is not offered here.
async function found(
  { scope }: Pick<Context, 'scope'>,
  { applications }: Stores,
  id: string,
): Promise<ApplicationWithClient> {
  const { id: realmId, kind } = realmOf(scope)
  const registration = kind === 'default' ? await applications.findWithClient(realmId, id) : undefined
  if (!registration) throw new Failure('not_found')
  return registration
}

/** How a new application stands. @throws Failure `forbidden` for a level above the caller’s, `not_found`, `invalid_input` */
async function ownershipFor(
  context: Context,
  { level, type, asked }: Pick<Ownership, 'level' | 'type'> & { asked: string | undefined },
): Promise<Ownership> {
  const { actor, read } = context
  const own = actor.reach.kind === 'partner' ? actor.reach.partnerId : undefined
  const partnerId = level === 'partner' ? (asked ?? own ?? null) : null
  checkMayChange(context, { level, partnerId })
  // What is offered to several tenants lies in one place, so that one issuer speaks for it.
  if (level !== 'tenant' && realmOf(context.scope).issuerId !== 'default') throw new Failure('not_found')
  if (level !== 'partner') return { level, type, partnerId: null }
  if (partnerId === null) {
    const message = 'an application at a partner’s level needs the partner'
    throw flawed('partnerId', message)
  }
  if (!(await read.acrossTenants.partners.find({ kind: 'platform' }, partnerId)))
    throw new Failure('not_found', 'The partner does not exist.')
  return { level, type, partnerId }
}
