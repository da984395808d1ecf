// The operations on partners.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createPartner, deletePartner, getPartner, updatePartner } from './partner.service.ts'
import { NewPartner, PartnerPatch, PartnerQuery, PartnerView } from './partner.ts'

const PartnerId = z.strictObject({ id: idOf('partner') })

export const partnerCreate = operation({
  name: 'partner.create',
  summary: 'Create a partner',
  description: 'A partner runs tenants. Its limits apply to objects that are created later.',
  permission: 'partners:write',
  reach: 'platform',
  input: NewPartner,
  output: PartnerView,
  errors: ['already_exists'],
  events: ['partner.created'],
  run: createPartner,
})

export const partnerList = operation({
  name: 'partner.list',
  summary: 'List partners',
  permission: 'partners:read',
  reach: 'platform',
  input: PartnerQuery,
  output: listOf(PartnerView),
  errors: [],
  events: [],
  run: ({ read, actor }, query) => read.acrossTenants.partners.list(actor.reach, query),
})

export const partnerGet = operation({
  name: 'partner.get',
  summary: 'Show a partner',
  permission: 'partners:read',
  reach: 'platform',
  input: PartnerId,
  output: PartnerView,
  errors: ['not_found'],
  events: [],
  run: getPartner,
})

export const partnerUpdate = operation({
  name: 'partner.update',
  summary: 'Change a partner',
  description:
    'Only the given members change. If a limit is below the current number, nothing is deleted, but nothing can be added.',
  permission: 'partners:write',
  reach: 'platform',
  input: PartnerPatch,
  output: PartnerView,
  errors: ['not_found', 'already_exists', 'conflict', 'precondition_failed'],
  events: ['partner.updated'],
  run: updatePartner,
})

export const partnerDelete = operation({
  name: 'partner.delete',
  summary: 'Delete a partner',
  description: 'Its tenants must be deleted first. Its slug can be used again.',
  permission: 'partners:write',
  reach: 'platform',
  irreversible: true,
  input: PartnerId,
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['partner.deleted'],
  run: deletePartner,
})
