import * as z from 'zod'
import { idOf, idOut, ifVersion, label, time } from '#kernel/field.ts'
import type { Reach } from '../context.ts'

/** To whom an application is offered: to one tenant, to those of one partner, to all. */
export const APPLICATION_LEVELS = ['tenant', 'partner', 'global'] as const

/** The application that a realm’s agents are grouped by. */
export const AGENT_APPLICATION = 'Agents'

/** What kind of program an application is (ScaiKey, “Applications”): the first two keep a secret, the others cannot. */
export const APPLICATION_TYPES = ['web', 'service', 'spa', 'native'] as const

const url = z.url({ protocol: /^https$/ }).max(2000)
const text = z.string().trim().max(2000)

const fields = {
  name: label(200).describe('What people see it called; unique in the realm.'),
  description: text.nullable().describe('What it is for.'),
  termsUrl: url.nullable().describe('Its terms of service; https.'),
  privacyUrl: url.nullable().describe('Its privacy policy; https.'),
}

/** What a new application needs: a name. */
export const NewApplication = z.strictObject({
  name: fields.name,
  description: fields.description.default(null),
  termsUrl: fields.termsUrl.default(null),
  privacyUrl: fields.privacyUrl.default(null),
})
export type NewApplication = z.output<typeof NewApplication>

/** What may be changed about an application; what is left out stays. */
export const ApplicationPatch = z.strictObject({
  id: idOf('application'),
  name: fields.name.optional(),
  description: fields.description.optional(),
  termsUrl: fields.termsUrl.optional(),
  privacyUrl: fields.privacyUrl.optional(),
  ifVersion,
})
export type ApplicationPatch = z.output<typeof ApplicationPatch>

/** Whose an application is, and what: which decides who may change it, and what its clients may have. */
export interface Standing {
  readonly level: (typeof APPLICATION_LEVELS)[number]
  /** Whose tenants it is offered to; null but at a partner's level. */
  readonly partnerId: string | null
  /** What kind of program it is, where it was registered with its one client; null for one that was put together. */
  readonly type: (typeof APPLICATION_TYPES)[number] | null
}

/** An application of a realm: what people know by a name, made of one or more clients. */
export interface Application extends Standing {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly name: string
  readonly description: string | null
  readonly termsUrl: string | null
  readonly privacyUrl: string | null
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** An application as admin surfaces show it. */
export const ApplicationView = z.object({
  id: idOut('application'),
  name: z.string(),
  description: z.string().nullable(),
  termsUrl: z.string().nullable(),
  privacyUrl: z.string().nullable(),
  level: z.enum(APPLICATION_LEVELS).describe('To whom it is offered.'),
  partnerId: idOut('partner').nullable().describe('Whose tenants it is offered to, at a partner’s level.'),
  type: z.enum(APPLICATION_TYPES).nullable().describe('What kind of program it is, where it was registered as one.'),
  realmId: idOut('realm'),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type ApplicationView = z.output<typeof ApplicationView>

/** An application as admin surfaces show it. */
export function viewApplication({ tenantId: _, ...shown }: Application): ApplicationView {
  return shown
}

/**
 * Whether who reaches so far may change what is an application's: what is above tenants is changed from above only, also
 * by those who administer the tenant that it lies in.
 */
export function mayChange(reach: Reach, { level, partnerId }: Omit<Standing, 'type'>): boolean {
  if (level === 'tenant' || reach.kind === 'platform') return true
  return level === 'partner' && reach.kind === 'partner' && reach.partnerId === partnerId
}

/** Whether an application is a program of the operator’s own, which may administer the platform (ScaiKey, “Authentication”). */
export function isPlatformProgram({ level, type }: Standing): boolean {
  return level === 'global' && type === 'service'
}
