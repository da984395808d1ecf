// The operations on organizations and their members.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
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
  OrganizationQuery,
  OrganizationsOfUser,
  OrganizationView,
  viewOrganization,
} from './organization.ts'

const OrganizationId = z.strictObject({ id: idOf('organization') })

export const organizationCreate = operation({
  name: 'organization.create',
  summary: 'Create an organization',
  description: 'A team of users of the directory of the realm, for example a customer. It has no members at first.',
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
  summary: 'List the organizations of the directory of a realm',
  permission: 'organizations:read',
  reach: 'realm',
  input: OrganizationQuery,
  output: listOf(OrganizationView),
  errors: ['not_found'],
  events: [],
  run: async (context, page) =>
    mapPage(await context.read.organizations.list(directoryOf(context), page), viewOrganization),
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
  description: 'Only the given members change; the settings are replaced as a whole.',
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
  description:
    'Its memberships and the tokens for it end, its pending invitations are revoked, and its roles, identity providers and e-mail domains are deleted. The users are not deleted. Its slug can be used again. An organization that the steps of a flow name is not deleted.',
  permission: 'organizations:write',
  reach: 'realm',
  irreversible: true,
  input: OrganizationId,
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['organization.deleted', 'identity_provider.deleted'],
  run: deleteOrganization,
})

export const organizationAddMember = operation({
  name: 'organization.add_member',
  summary: 'Add a user to an organization',
  permission: 'organizations:write',
  reach: 'realm',
  alsoNeeds: [{ permission: 'roles:write', when: 'the member gets permissions' }],
  input: NewMember,
  output: MemberView,
  errors: ['not_found', 'already_exists'],
  events: ['organization.member_added'],
  run: addMember,
})

export const organizationMembers = operation({
  name: 'organization.members',
  summary: 'List the members of an organization',
  permission: 'organizations:read',
  reach: 'realm',
  input: OrganizationPage,
  output: listOf(MemberView),
  errors: ['not_found'],
  events: [],
  run: listMembers,
})

export const organizationUpdateMember = operation({
  name: 'organization.update_member',
  summary: 'Change the role or permissions of a member',
  description: 'Only the given members change. The last admin of an organization cannot lose this role.',
  permission: 'organizations:write',
  reach: 'realm',
  alsoNeeds: [{ permission: 'roles:write', when: 'the member gets a permission that it did not have' }],
  input: MemberPatch,
  output: MemberView,
  errors: ['not_found', 'conflict'],
  events: ['organization.member_updated'],
  run: updateMember,
})

export const organizationRemoveMember = operation({
  name: 'organization.remove_member',
  summary: 'Remove a user from an organization',
  description:
    'The last admin of an organization cannot be removed. The roles of the user in the organization are unassigned.',
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
  output: listOf(OrganizationOfUser),
  errors: ['not_found'],
  events: [],
  run: listOrganizationsOfUser,
})
