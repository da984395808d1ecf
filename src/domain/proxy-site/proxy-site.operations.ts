// The operations on proxy sites.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { createProxySite, deleteProxySite, getProxySite, updateProxySite } from './proxy-site.service.ts'
import { NewProxySite, ProxySiteFields, ProxySitePatch, ProxySiteQuery, ProxySiteView } from './proxy-site.ts'

const ProxySiteId = z.strictObject({ id: idOf('proxy_site') })

export const proxySiteCreate = operation({
  name: 'proxy_site.create',
  summary: 'Put an application behind the proxy',
  description:
    'Requests for its public URL that reach the proxy are decided by the rules of the application and of the realm, and forwarded to the upstream. Without a rule that matches, they are refused.',
  permission: 'proxy-sites:write',
  reach: 'realm',
  input: NewProxySite,
  output: ProxySiteView,
  errors: ['not_found', 'already_exists', 'limit_reached', 'unreachable_host'],
  events: ['proxy_site.created'],
  run: createProxySite,
})

export const proxySiteList = operation({
  name: 'proxy_site.list',
  summary: 'List the proxy sites of a realm',
  permission: 'proxy-sites:read',
  reach: 'realm',
  input: ProxySiteQuery,
  output: listOf(ProxySiteView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) =>
    mapPage(await read.proxySites.list(realmOf(scope).id, query), ProxySiteFields.show),
})

export const proxySiteGet = operation({
  name: 'proxy_site.get',
  summary: 'Show a proxy site',
  permission: 'proxy-sites:read',
  reach: 'realm',
  input: ProxySiteId,
  output: ProxySiteView,
  errors: ['not_found'],
  events: [],
  run: getProxySite,
})

export const proxySiteUpdate = operation({
  name: 'proxy_site.update',
  summary: 'Change a proxy site',
  description: 'Only the given members change. Requests under way end as they began.',
  permission: 'proxy-sites:write',
  reach: 'realm',
  input: ProxySitePatch,
  output: ProxySiteView,
  errors: ['not_found', 'already_exists', 'precondition_failed', 'unreachable_host'],
  events: ['proxy_site.updated'],
  run: updateProxySite,
})

export const proxySiteDelete = operation({
  name: 'proxy_site.delete',
  summary: 'Take a site out of the proxy',
  description: 'Requests for its public URL are not forwarded any more. The rules stay with the application.',
  permission: 'proxy-sites:write',
  reach: 'realm',
  irreversible: true,
  input: ProxySiteId,
  output: z.void(),
  errors: ['not_found'],
  events: ['proxy_site.deleted'],
  run: deleteProxySite,
})
