import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { NumberedQuery, numberedPageOf, PageQuery, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { directoryOf } from '../user/user.service.ts'
import {
  addMember,
  createOrganization,
  deleteOrganization,
  getOrganization,
  listMembers,
  listOrganizationsOfUser,
  removeMember,
  surveyMembers,
  surveyOrganizations,
  updateMember,
  updateOrganization,
} from './organization.service.ts'
import {
  MemberKey,
  MemberPatch,
  MemberView,
  NewMember,
  NewOrganization,
  OrganizationOfUser,
  OrganizationPage,
  OrganizationPatch,
  OrganizationSurvey,
  OrganizationsOfUser,
  OrganizationView,
  viewOrganization,
} from './organization.ts'

const OrganizationId = z.strictObject({ id: idOf('organization') })

export const organizationCreate = operation({
  name: 'organization.create',
  summary: 'Create an organization',
  description: 'A team of users of the realm’s directory, such as one of your customers; it has no members at first.',
  permission: 'organizations:write',
  reach: 'realm',
  input: NewOrganization,
  output: OrganizationView,
  errors: ['not_found', 'already_exists'],
  events: ['organization.created'],
  run: createOrganization,
})

export const organizationList = operation({
  name: 'organization.list',
  summary: 'List the organizations of a realm’s directory',
  permission: 'organizations:read',
  reach: 'realm',
  input: PageQuery,
  output: pageOf(OrganizationView),
  errors: ['not_found'],
  events: [],
  run: async (context, page) => {
    const { data, nextCursor } = await context.read.organizations.list(directoryOf(context), page)
    return { data: data.map(viewOrganization), nextCursor }
  },
})

export const organizationSurvey = operation({
  name: 'organization.survey',
  summary: 'List the organizations of a realm’s directory by numbered pages',
  permission: 'organizations:read',
  reach: 'realm',
  input: NumberedQuery,
  output: numberedPageOf(OrganizationView),
  errors: ['not_found'],
  events: [],
  run: surveyOrganizations,
})

export const organizationGet = operation({
  name: 'organization.get',
  summary: 'Show an organization',
  permission: 'organizations:read',
  reach: 'realm',
  input: OrganizationId,
  output: OrganizationView,
  errors: ['not_found'],
  events: [],
  run: (context, { id }) => getOrganization(context, id),
})

export const organizationUpdate = operation({
  name: 'organization.update',
  summary: 'Change an organization',
  description: 'Only what is given changes; the settings are replaced whole.',
  permission: 'organizations:write',
  reach: 'realm',
  input: OrganizationPatch,
  output: OrganizationView,
  errors: ['not_found', 'already_exists', 'precondition_failed'],
  events: ['organization.updated'],
  run: updateOrganization,
})

export const organizationDelete = operation({
  name: 'organization.delete',
  summary: 'Delete an organization',
  description: 'Its memberships end and its pending invitations are revoked; the users stay. Its slug is free again.',
  permission: 'organizations:write',
  reach: 'realm',
  input: OrganizationId,
  output: z.void(),
  errors: ['not_found'],
  events: ['organization.deleted'],
  run: deleteOrganization,
})

export const organizationAddMember = operation({
  name: 'organization.add_member',
  summary: 'Make a user a member of an organization',
  permission: 'organizations:write',
  reach: 'realm',
  input: NewMember,
  output: MemberView,
  errors: ['not_found', 'already_exists'],
  events: ['organization.member_added'],
  run: addMember,
})

export const organizationMembers = operation({
  name: 'organization.members',
  summary: 'List an organization’s members',
  permission: 'organizations:read',
  reach: 'realm',
  input: OrganizationPage,
  output: pageOf(MemberView),
  errors: ['not_found'],
  events: [],
  run: listMembers,
})

export const organizationSurveyMembers = operation({
  name: 'organization.survey_members',
  summary: 'List an organization’s members by numbered pages',
  permission: 'organizations:read',
  reach: 'realm',
  input: OrganizationSurvey,
  output: numberedPageOf(MemberView),
  errors: ['not_found'],
  events: [],
  run: surveyMembers,
})

export const organizationUpdateMember = operation({
  name: 'organization.update_member',
  summary: 'Change a member’s role or permissions',
  description: 'Only what is given changes. The last admin of an organization stays one.',
  permission: 'organizations:write',
  reach: 'realm',
  input: MemberPatch,
  output: MemberView,
  errors: ['not_found', 'conflict'],
  events: ['organization.member_updated'],
  run: updateMember,
})

export const organizationRemoveMember = operation({
  name: 'organization.remove_member',
  summary: 'Take a user out of an organization',
  description: 'The last admin of an organization stays. Roles that the user had in it are taken away.',
  permission: 'organizations:write',
  reach: 'realm',
  input: MemberKey,
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['organization.member_removed'],
  run: removeMember,
})

export const userOrganizations = operation({
  name: 'user.organizations',
  summary: 'List the organizations of a user',
  permission: 'organizations:read',
  reach: 'realm',
  input: OrganizationsOfUser,
  output: pageOf(OrganizationOfUser),
  errors: ['not_found'],
  events: [],
  run: listOrganizationsOfUser,
})
