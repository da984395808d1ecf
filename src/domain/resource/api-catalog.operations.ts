// The operation that lists the APIs of a tenant.
import * as z from 'zod'
import { idOut } from '#kernel/field.ts'
import { forwardQuery, listOf, toPage } from '#kernel/page.ts'
import { PLATFORM_API } from '#kernel/product-words.ts'
import { operation } from '../context.ts'
import { platformApi } from './platform-api.ts'
import { RESOURCE_STATUSES } from './resource.ts'

/** An API for which clients of the tenant can get tokens. */
const CatalogEntry = z.object({
  audience: z.string().describe('The audience in requests and in tokens.'),
  slug: z.string().describe('A short name that requests can use instead of the audience.'),
  name: z.string(),
  scopes: z.array(z.object({ name: z.string(), description: z.string() })),
  status: z.enum(RESOURCE_STATUSES),
  platform: z.boolean().describe('Whether it is the admin API, which every tenant has.'),
  resourceId: idOut('resource').nullable().describe('null for the admin API.'),
})

export const apiList = operation({
  name: 'api.list',
  summary: 'List the APIs that clients can get tokens for',
  description: `The admin API (${PLATFORM_API}) and the resources of the tenant: all values that a client can have as an audience.`,
  permission: 'resources:read',
  reach: 'tenant',
  input: forwardQuery,
  output: listOf(CatalogEntry),
  errors: [],
  events: [],
  run: async ({ read, registry, scope }, page) => {
    const own = await read.resources.list(page)
    const platform = platformApi(registry.settings, scope.tenantId)
    // Its id is less than every other id, so it is the first entry of the first page.
    const { data, nextCursor } = page.cursor ? own : toPage([platform, ...own.data], page.limit, ({ id }) => id)
    return { data: data.map((entry) => viewEntry(entry, entry === platform)), nextCursor }
  },
})

type Entry = ReturnType<typeof platformApi>

function viewEntry({ id, identifier, slug, name, scopes, status }: Entry, platform: boolean) {
  return { audience: identifier, slug, name, scopes: [...scopes], status, platform, resourceId: platform ? null : id }
}
