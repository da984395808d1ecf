import * as z from 'zod'
import { PageQuery, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createRealm, deleteRealm, realmOf, updateRealm } from './realm.service.ts'
import { NewRealm, RealmPatch, RealmView, viewRealm } from './realm.ts'

export const realmCreate = operation({
  name: 'realm.create',
  summary: 'Create a realm',
  description: 'A realm is an issuer with its own users, clients, keys and policy. It serves its metadata at once.',
  permission: 'realms:write',
  reach: 'tenant',
  input: NewRealm,
  output: RealmView,
  errors: [],
  events: ['realm.created', 'key.created'],
  run: createRealm,
})

export const realmList = operation({
  name: 'realm.list',
  summary: 'List realms',
  permission: 'realms:read',
  reach: 'tenant',
  input: PageQuery,
  output: pageOf(RealmView),
  errors: [],
  events: [],
  run: async ({ read, registry }, page) => {
    const { data, nextCursor } = await read.realms.list(page)
    return { data: data.map((realm) => viewRealm(realm, registry.settings)), nextCursor }
  },
})

export const realmGet = operation({
  name: 'realm.get',
  summary: 'Show a realm',
  permission: 'realms:read',
  reach: 'realm',
  input: z.object({}),
  output: RealmView,
  errors: ['not_found'],
  events: [],
  run: async ({ scope, registry }) => viewRealm(realmOf(scope), registry.settings),
})

export const realmUpdate = operation({
  name: 'realm.update',
  summary: 'Change a realm',
  description:
    'Only what is given changes, and what is checked is the state that results: min_aal must be reachable with the enabled sign-in methods, and a custom domain’s CNAME must lead to the realm’s host.',
  permission: 'realms:write',
  reach: 'realm',
  input: RealmPatch,
  output: RealmView,
  errors: ['not_found', 'invalid_request', 'precondition_failed', 'unreachable_host'],
  events: [
    'realm.updated',
    'realm.enabled',
    'realm.disabled',
    'realm.custom_domain_set',
    'realm.custom_domain_cleared',
  ],
  run: updateRealm,
})

export const realmDelete = operation({
  name: 'realm.delete',
  summary: 'Delete a realm',
  description: 'Its sessions end and its tokens are no longer active. The default realm cannot be deleted.',
  permission: 'realms:write',
  reach: 'tenant',
  input: z.object({}),
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['realm.deleted'],
  run: deleteRealm,
})
