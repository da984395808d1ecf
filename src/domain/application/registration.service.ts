import { Failure } from '#kernel/error.ts'
import { addClient, changeClient, changeStatus, prepareClient } from '../client/client.service.ts'
import type { Client } from '../client/client.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkAmong } from '../tenant/among.ts'
import { givenOnly } from '../update.ts'
import { changeApplication, checkMayChange, insertApplication, newApplication } from './application.service.ts'
import type { Standing } from './application.ts'
import {
  grantsOf,
  type NewRegistration,
  type Registration,
  type RegistrationPatch,
  type RegistrationSurvey,
  type RegistrationView,
  type RegistrationWithSecret,
  viewRegistration,
} from './registration.ts'

/** What an application may ask for where nobody says: to know who signs in. A service knows nobody. */
const SCOPES_FOR_PEOPLE = ['openid', 'profile', 'email']

/**
 * Registers an application with its client, both or neither. A secret is in this answer and never again.
 * @throws Failure `forbidden` for a level above the caller’s, `not_found` for an unknown partner, `already_exists`,
 *   `limit_reached`, `invalid_input` where its parts do not go together
 */
export async function registerApplication(context: Context, input: NewRegistration): Promise<RegistrationWithSecret> {
  const { name, description, type, level, scopes, partnerId: asked, ...given } = input
  const standing = await standingFor(context, { level, type, asked })
  const { client: prepared, secret } = prepareClient(context, {
    ...given,
    label: name,
    authMethod: type === 'web' || type === 'service' ? 'client_secret' : 'none',
    grantTypes: [...grantsOf(type, given.redirectUris)],
    scopes: scopes ?? (type === 'service' ? [] : SCOPES_FOR_PEOPLE),
    audiences: [],
    jwksUri: null,
    jwks: null,
    firstParty: false,
  })
  const application = newApplication(context, { name, description, termsUrl: null, privacyUrl: null, ...standing })
  return context.write(async (unit) => {
    await insertApplication(context, unit, application)
    const client = await addClient(context, unit, prepared, application)
    return { ...viewRegistration({ application, client }), ...(secret !== undefined && { clientSecret: secret }) }
  })
}

/** One numbered page of what is offered to the caller, oldest first. @throws Failure `access_denied` for a filter out of reach */
export async function surveyApplications(
  context: Context,
  query: RegistrationSurvey,
): Promise<{ data: RegistrationView[]; total: number }> {
  await checkAmong(context, query)
  const { data, total } = await context.read.applications.survey(context.actor.reach, query)
  return { data: data.map(viewRegistration), total }
}

/** An application that is offered to the caller, with its client. @throws Failure `not_found`, `access_denied` */
export async function showApplication(context: Context, { id }: { id: string }): Promise<RegistrationView> {
  const registration = await found(context, context.read, id)
  // A realm that the request could reach is not yet an application that is offered to who asks.
  if (!(await context.read.applications.isOffered(context.actor.reach, id))) throw new Failure('access_denied')
  return viewRegistration(registration)
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
    await unit.applications.hold(realmId, { column: 'id', value: id })
    const before = await found(context, unit, id)
    checkMayChange(context, before.application)
    const naming = givenOnly({ name, description })
    const application =
      Object.keys(naming).length > 0
        ? await changeApplication(context, unit, before.application, naming)
        : before.application
    const change = { ...givenOnly(patch), ...(name !== undefined && { label: name }) }
    const client = await reconfigureClient(context, unit, before, { change, status })
    return viewRegistration({ application, client })
  })
}

async function reconfigureClient(
  context: Context,
  unit: Unit,
  { application, client }: Registration,
  { change, status }: { change: Partial<Client>; status: Client['status'] | undefined },
): Promise<Client | undefined> {
  const nothing = Object.keys(change).length === 0 && status === undefined
  if (!client && !nothing && (status !== undefined || Object.keys(change).join() !== 'label')) {
    throw new Failure('conflict', 'The application has no client.')
  }
  if (!client || nothing) return client
  const { type } = application
  const grantTypes = type && change.redirectUris ? { grantTypes: grantsOf(type, change.redirectUris) } : {}
  const changed =
    Object.keys(change).length > 0
      ? await changeClient(context, unit, { client, standing: application }, { ...change, ...grantTypes })
      : client
  return status === undefined ? changed : changeStatus(context, unit, changed, status)
}

// Other realms of a tenant have people of their own: what is made for those is not offered here.
async function found({ scope }: Pick<Context, 'scope'>, { applications }: Stores, id: string): Promise<Registration> {
  const { id: realmId, kind } = realmOf(scope)
  const registration = kind === 'default' ? await applications.registration(realmId, id) : undefined
  if (!registration) throw new Failure('not_found')
  return registration
}

/** How a new application stands. @throws Failure `forbidden` for a level above the caller’s, `not_found`, `invalid_input` */
async function standingFor(
  context: Context,
  { level, type, asked }: Pick<Standing, 'level' | 'type'> & { asked: string | undefined },
): Promise<Standing> {
  const { actor, read } = context
  const own = actor.reach.kind === 'partner' ? actor.reach.partnerId : undefined
  const partnerId = level === 'partner' ? (asked ?? own ?? null) : null
  checkMayChange(context, { level, partnerId })
  // What is offered to several tenants lies in one place, so that one issuer speaks for it.
  if (level !== 'tenant' && realmOf(context.scope).issuerId !== 'default') throw new Failure('not_found')
  if (level !== 'partner') return { level, type, partnerId: null }
  if (partnerId === null) {
    const message = 'an application at a partner’s level needs the partner'
    throw new Failure('invalid_input', { message: `partnerId: ${message}`, flaws: [{ path: 'partnerId', message }] })
  }
  if (!(await read.partners.find(partnerId))) throw new Failure('not_found', 'There is no such partner.')
  return { level, type, partnerId }
}
