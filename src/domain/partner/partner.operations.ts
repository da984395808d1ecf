import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { numberedPageOf, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createPartner, deletePartner, getPartner, updatePartner } from './partner.service.ts'
import { NewPartner, PartnerPatch, PartnerQuery, PartnerSurvey, PartnerView } from './partner.ts'

const PartnerId = z.strictObject({ id: idOf('partner') })

export const partnerCreate = operation({
  name: 'partner.create',
  summary: 'Create a partner',
  description: 'A partner runs tenants. Its limits hold for what is created from then on.',
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
  output: pageOf(PartnerView),
  errors: [],
  events: [],
  run: ({ read }, query) => read.partners.list(query),
})

export const partnerSurvey = operation({
  name: 'partner.survey',
  summary: 'List partners by numbered pages',
  permission: 'partners:read',
  reach: 'platform',
  input: PartnerSurvey,
  output: numberedPageOf(PartnerView),
  errors: [],
  events: [],
  run: ({ read }, query) => read.partners.survey(query),
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
    'Only what is given changes. A limit below what there is already takes nothing away; it only lets nothing be added.',
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
  description: 'Its tenants have to be deleted first. Its slug is free again.',
  permission: 'partners:write',
  reach: 'platform',
  input: PartnerId,
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['partner.deleted'],
  run: deletePartner,
})
