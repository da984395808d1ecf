// The operations that describe the SCIM service (RFC 7644 §4).
import * as z from 'zod'
import { operation } from '#domain/context.ts'
import { Failure } from '#kernel/error.ts'
import { resourceTypes, schemas, serviceProviderConfig } from './discovery.ts'
import { ListResponse, listResponse, Place, siteOf } from './operation-parts.ts'
import type { Resource } from './resource.ts'

const Document = z.looseObject({ schemas: z.array(z.string()) }) as unknown as z.ZodType<Resource, Resource>
const Named = Place.extend({ id: z.string().max(200) })

const discovery = { permission: 'users:read', reach: 'realm', events: [] } as const

export const scimConfig = operation({
  ...discovery,
  name: 'scim.config',
  summary: 'Show what the SCIM service can do',
  input: Place,
  output: Document,
  errors: [],
  run: async (context, { base }) => serviceProviderConfig(siteOf(context, base)),
})

export const scimResourceTypes = operation({
  ...discovery,
  name: 'scim.resource_types',
  summary: 'List the kinds of SCIM resources',
  input: Place,
  output: ListResponse,
  errors: [],
  run: async (context, { base }) => whole(resourceTypes(siteOf(context, base))),
})

export const scimResourceType = operation({
  ...discovery,
  name: 'scim.resource_type',
  summary: 'Show a kind of SCIM resource',
  input: Named,
  output: Document,
  errors: ['not_found'],
  run: async (context, { id, base }) => found(resourceTypes(siteOf(context, base)), id),
})

export const scimSchemas = operation({
  ...discovery,
  name: 'scim.schemas',
  summary: 'List the schemas of SCIM resources',
  input: Place,
  output: ListResponse,
  errors: [],
  run: async (context, { base }) => whole(schemas(siteOf(context, base))),
})

export const scimSchema = operation({
  ...discovery,
  name: 'scim.schema',
  summary: 'Show a schema of SCIM resources',
  input: Named,
  output: Document,
  errors: ['not_found'],
  run: async (context, { id, base }) => found(schemas(siteOf(context, base)), id),
})

function whole(resources: Resource[]): Resource {
  return listResponse(resources, resources.length, 1)
}

function found(resources: readonly Resource[], wanted: string): Resource {
  const one = resources.find(({ id }) => String(id).toLowerCase() === wanted.toLowerCase())
  if (!one) throw new Failure('not_found')
  return one
}
