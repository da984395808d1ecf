// What the operations on SCIM resources have in common.
import * as z from 'zod'
import type { Context } from '#domain/context.ts'
import { jsonOf } from '#kernel/field.ts'
import type { Resource } from './resource.ts'

const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

/** How long a body is at most, in bytes, and so everything in it: the listener refuses a longer one. */
export const BODY_MAX = 262_144

/** The same of a group, which can have many members. */
export const GROUP_BODY_MAX = 4_194_304

/** A body as it was sent, which the operation reads part by part. */
export const Body = z.unknown().meta(jsonOf(BODY_MAX))
export const GroupBody = z.unknown().meta(jsonOf(GROUP_BODY_MAX))

/** Where the request found the resources: the path before `/Users`. */
export const Place = z.strictObject({ base: z.string().max(2000) })

/** What a list is asked. */
export const ListQuery = Place.extend({
  filter: z.string().max(BODY_MAX).optional(),
  startIndex: z.number().int().min(1),
  count: z.number().int().min(0),
})

/** A resource on the wire. */
export const ResourceOut = z.looseObject({
  schemas: z.array(z.string()),
  id: z.string(),
  meta: z.looseObject({
    resourceType: z.string(),
    created: z.string(),
    lastModified: z.string(),
    location: z.string(),
    version: z.string(),
  }),
}) as unknown as z.ZodType<Resource, Resource>

/** A list on the wire. */
export const ListResponse = z.looseObject({
  schemas: z.array(z.string()),
  totalResults: z.number().int(),
  startIndex: z.number().int(),
  itemsPerPage: z.number().int(),
  Resources: z.array(z.looseObject({})),
}) as unknown as z.ZodType<Resource, Resource>

/** A list’s answer (RFC 7644 §3.4.2). */
export function listResponse(resources: readonly Resource[], total: number, startIndex: number): Resource {
  return {
    schemas: [LIST_SCHEMA],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  }
}

/** Where the resources are, as an address. */
export function siteOf({ registry }: Pick<Context, 'registry'>, base: string): string {
  return `${registry.settings.adminUrl.replace(/\/$/, '')}${base}`
}
