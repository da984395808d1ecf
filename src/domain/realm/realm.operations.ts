// The operations on realms.
import * as z from 'zod'
import { listOf, listQuery, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createRealm, deleteRealm, realmOf, updateRealm } from './realm.service.ts'
import { NewRealm, RealmPatch, RealmView } from './realm.ts'
import { viewRealm } from './realm-view.ts'

const REGISTRATION = {
  permission: 'clients:write',
  when: 'the rules for clients that register or describe themselves change, or authorities of certificates are added',
} as const
const ACCOUNTS = {
  permission: 'users:write',
  when: 'the rules for people who make accounts change',
} as const
const OPENS = {
  permission: 'credentials:write',
  when: 'a program lets more callers register clients, lets them have client_credentials, or adds authorities of certificates',
} as const

export const realmCreate = operation({
  name: 'realm.create',
  summary: 'Create a realm',
  description:
    'A realm is an issuer with its own users, clients, keys and policy. Its metadata is available immediately.',
  permission: 'realms:write',
  reach: 'tenant',
  alsoNeeds: [REGISTRATION, OPENS, ACCOUNTS],
  input: NewRealm,
  output: RealmView,
  errors: ['forbidden', 'insufficient_user_authentication', 'invalid_request'],
  events: ['realm.created', 'key.created'],
  run: createRealm,
})

export const realmList = operation({
  name: 'realm.list',
  summary: 'List realms',
  permission: 'realms:read',
  reach: 'tenant',
  input: listQuery('created_at'),
  output: listOf(RealmView),
  errors: [],
  events: [],
  run: async ({ read, registry }, page) =>
    mapPage(await read.realms.list(page), (realm) => viewRealm(realm, registry.settings)),
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
    'Only the given members change. A person who changes the algorithm or the rotation of keys, or lets more callers register clients, must have signed in during the last 15 minutes. The result must be valid: users must be able to reach min_aal, magic_link_enabled cannot be switched on without a mail server, no two users have the same value of an attribute that becomes unique, and the CNAME record of a custom domain must point to the host of the realm.',
  permission: 'realms:write',
  reach: 'realm',
  alsoNeeds: [
    { permission: 'keys:write', when: 'the algorithm or the rotation of keys changes' },
    REGISTRATION,
    OPENS,
    ACCOUNTS,
  ],
  input: RealmPatch,
  output: RealmView,
  errors: [
    'not_found',
    'invalid_request',
    'insufficient_user_authentication',
    'already_exists',
    'conflict',
    'precondition_failed',
    'unreachable_host',
  ],
  events: [
    'realm.updated',
    'realm.enabled',
    'realm.disabled',
    'realm.custom_domain_set',
    'realm.custom_domain_cleared',
    'key.created',
  ],
  run: updateRealm,
})

export const realmDelete = operation({
  name: 'realm.delete',
  summary: 'Delete a realm',
  description: 'Its sessions end, and its tokens become inactive. The default realm cannot be deleted.',
  permission: 'realms:write',
  reach: 'tenant',
  irreversible: true,
  input: z.object({}),
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['realm.deleted'],
  run: deleteRealm,
})
