import * as z from 'zod'
import { idOut } from '#kernel/field.ts'
import { PageQuery, pageOf, toPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { platformApi } from './platform-api.ts'
import { RESOURCE_STATUSES } from './resource.ts'

/** One API that clients of the tenant can get tokens for. */
const CatalogEntry = z.object({
  audience: z.string().describe('What clients ask for, and what their tokens say.'),
  slug: z.string().describe('What may stand for the audience in requests.'),
  name: z.string(),
  scopes: z.array(z.object({ name: z.string(), description: z.string() })),
  status: z.enum(RESOURCE_STATUSES),
  platform: z.boolean().describe('Whether it is the admin API itself, which every tenant has.'),
  resourceId: idOut('resource').nullable().describe('null for the admin API.'),
})

export const apiList = operation({
  name: 'api.list',
  summary: 'List the APIs that clients can get tokens for',
  description:
    'The admin API, semauth-admin-api, and the tenant’s own resources: every value that may be an audience of a client.',
  permission: 'resources:read',
  reach: 'tenant',
  input: PageQuery,
  output: pageOf(CatalogEntry),
  errors: [],
  events: [],
  run: async ({ read, registry, scope }, page) => {
    const own = await read.resources.list(page)
    const platform = platformApi(registry.settings, scope.tenantId)
    // Its id is less than every other, so it is the first entry of the first page.
    const { data, nextCursor } = page.cursor ? own : toPage([platform, ...own.data], page.limit, ({ id }) => id)
    return { data: data.map((entry) => viewEntry(entry, entry === platform)), nextCursor }
  },
})

type Entry = ReturnType<typeof platformApi>

function viewEntry({ id, identifier, slug, name, scopes, status }: Entry, platform: boolean) {
  return { audience: identifier, slug, name, scopes: [...scopes], status, platform, resourceId: platform ? null : id }
}
