import * as z from 'zod'
import { idOf, idOut, ifVersion, label, time } from '#kernel/field.ts'

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

/** An application of a realm: what people know by a name, made of one or more clients. */
export interface Application {
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
