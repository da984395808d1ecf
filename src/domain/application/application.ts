// The fields and views of applications, and the rule of who may change one.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, VERSIONED } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion, label } from '#kernel/field.ts'
import type { Reach } from '../actor.ts'

/** Who can use an application: one tenant, all tenants of one partner, or all tenants. */
export const APPLICATION_LEVELS = ['tenant', 'partner', 'global'] as const

/** The application that contains the clients of a realm’s agents. */
export const AGENT_APPLICATION = 'Agents'
/** The application that contains the clients of a realm that have a metadata document at their client id. */
export const DOCUMENT_APPLICATION = 'Client ID metadata documents'

/** The type of an application: the first two types can keep a secret, the others cannot. */
export const APPLICATION_TYPES = ['web', 'service', 'spa', 'native'] as const

const url = z.url({ protocol: /^https$/ }).max(2000)
const text = z.string().trim().max(2000)

/** The fields of an application. */
export const ApplicationFields = declare({
  id: constant(idOut('application')),
  name: editable(label(200).describe('The display name; unique in the realm.')),
  description: editable(text.nullable().describe('The purpose.'), { initial: null }),
  termsUrl: editable(url.nullable().describe('The https URL of its terms of service.'), { initial: null }),
  privacyUrl: editable(url.nullable().describe('The https URL of its privacy policy.'), { initial: null }),
  level: constant(z.enum(APPLICATION_LEVELS).describe('The level: who can use it.')),
  partnerId: constant(
    idOut('partner').nullable().describe('For the level partner: the partner whose tenants can use it.'),
  ),
  type: constant(z.enum(APPLICATION_TYPES).nullable().describe('The kind of program, if it was registered.')),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(idOut('realm')),
  ...VERSIONED,
})

/** The input for a new application; only the name is required. */
export const NewApplication = z.strictObject(ApplicationFields.creation)
export type NewApplication = z.output<typeof NewApplication>

/** The input for an update of an application; absent members stay unchanged. */
export const ApplicationPatch = z.strictObject({ id: idOf('application'), ...ApplicationFields.patch, ifVersion })
export type ApplicationPatch = z.output<typeof ApplicationPatch>

/** The owner and type of an application, which decide who may change it and which rights its clients may have. */
export interface Ownership {
  readonly level: (typeof APPLICATION_LEVELS)[number]
  /** The partner whose tenants can use it; null unless the level is `partner`. */
  readonly partnerId: string | null
  /** The type, if the application was registered with one client; null otherwise. */
  readonly type: (typeof APPLICATION_TYPES)[number] | null
}

/** An application of a realm: a name for one or more clients. */
export type Application = NounOf<typeof ApplicationFields>

/** The schema of an application in admin responses. */
export const ApplicationView = z.object(ApplicationFields.view)
export type ApplicationView = z.output<typeof ApplicationView>

/** Returns the view of an application. */
export function viewApplication(application: Application): ApplicationView {
  return ApplicationFields.show(application)
}

/**
 * Whether a reach allows a change of an application. An application above the tenant level needs a reach above tenants,
 * even in a tenant that the caller administers.
 */
export function mayChange(reach: Reach, { level, partnerId }: Omit<Ownership, 'type'>): boolean {
  if (level === 'tenant' || reach.kind === 'platform') return true
  return level === 'partner' && reach.kind === 'partner' && reach.partnerId === partnerId
}

/** Whether an application is the operator’s own program, which may administer the platform. */
export function isPlatformProgram({ level, type }: Ownership): boolean {
  return level === 'global' && type === 'service'
}
