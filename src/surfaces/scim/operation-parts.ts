// What the operations on SCIM resources have in common.
import * as z from 'zod'
import type { Context } from '#domain/context.ts'
import type { Resource } from './resource.ts'

const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

/** Where the request found the resources: the path before `/Users`. */
export const Place = z.strictObject({ base: z.string() })

/** What a list is asked. */
export const ListQuery = Place.extend({
  filter: z.string().optional(),
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
