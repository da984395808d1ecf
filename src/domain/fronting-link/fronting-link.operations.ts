// The operations on fronting links.
import * as z from 'zod'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  createFrontingLink,
  deleteFrontingLink,
  getFrontingLink,
  listFrontingLinks,
  updateFrontingLink,
} from './fronting-link.service.ts'
import {
  FrontingLinkPatch,
  FrontingLinkQuery,
  FrontingLinkView,
  LinkName,
  MadeFrontingLink,
  NewFrontingLink,
} from './fronting-link.ts'

export const frontingLinkCreate = operation({
  name: 'fronting_link.create',
  summary: 'Put a resource behind another one',
  description:
    'A gateway gets tokens for the source, and exchanges them for tokens for the target with the scopes that theirs are mapped to (RFC 8693). Only a client can do that which is the source (`runtime_clients`) or which the target names (`exchange_clients`). With `dry_run`, everything is checked and nothing is stored.',
  permission: 'fronting-links:write',
  reach: 'tenant',
  input: NewFrontingLink,
  output: MadeFrontingLink,
  errors: ['not_found', 'already_exists', 'limit_reached'],
  events: ['fronting_link.created'],
  run: createFrontingLink,
})

export const frontingLinkList = operation({
  name: 'fronting_link.list',
  summary: 'List fronting links',
  permission: 'fronting-links:read',
  reach: 'tenant',
  input: FrontingLinkQuery,
  output: listOf(FrontingLinkView),
  errors: ['not_found'],
  events: [],
  run: listFrontingLinks,
})

export const frontingLinkGet = operation({
  name: 'fronting_link.get',
  summary: 'Show a fronting link',
  permission: 'fronting-links:read',
  reach: 'tenant',
  input: LinkName,
  output: FrontingLinkView,
  errors: ['not_found'],
  events: [],
  run: getFrontingLink,
})

export const frontingLinkUpdate = operation({
  name: 'fronting_link.update',
  summary: 'Change a fronting link',
  description: 'The map of scopes is replaced as a whole. Issued tokens do not change.',
  permission: 'fronting-links:write',
  reach: 'tenant',
  input: FrontingLinkPatch,
  output: FrontingLinkView,
  errors: ['not_found', 'precondition_failed', 'already_exists'],
  events: ['fronting_link.updated'],
  run: updateFrontingLink,
})

export const frontingLinkDelete = operation({
  name: 'fronting_link.delete',
  summary: 'Remove a fronting link',
  description: 'No more tokens are exchanged by it. Those that were are valid until they expire.',
  permission: 'fronting-links:write',
  reach: 'tenant',
  irreversible: true,
  input: LinkName,
  output: z.void(),
  errors: ['not_found'],
  events: ['fronting_link.deleted'],
  run: deleteFrontingLink,
})
