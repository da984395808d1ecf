import * as z from 'zod'
import { invitationCreate, invitationRevoke, invitationSurvey } from '#domain/organization/invitation.operations.ts'
import {
  INVITATION_STATUSES,
  type InvitationView,
  type InvitationWithUrl,
  NewInvitation,
} from '#domain/organization/invitation.ts'
import {
  organizationAddMember,
  organizationCreate,
  organizationDelete,
  organizationGet,
  organizationRemoveMember,
  organizationSurvey,
  organizationSurveyMembers,
  organizationUpdate,
  organizationUpdateMember,
} from '#domain/organization/organization.operations.ts'
import {
  MemberPatch,
  type MemberView,
  NewMember,
  NewOrganization,
  OrganizationPatch,
  type OrganizationView,
} from '#domain/organization/organization.ts'
import type { Route } from '../surface.ts'
import { homeScope, listOf, listSchema, PageParameters, pageOf, row, timeOut } from './row.ts'

const Create = z.object({
  name: NewOrganization.shape.name,
  slug: NewOrganization.shape.slug,
  logo_url: NewOrganization.shape.logoUrl.unwrap().optional(),
  settings_json: NewOrganization.shape.settings.unwrap().optional(),
})
const Update = z.strictObject({
  name: OrganizationPatch.shape.name,
  slug: OrganizationPatch.shape.slug,
  logo_url: OrganizationPatch.shape.logoUrl,
  settings_json: OrganizationPatch.shape.settings,
})

const Organization = z.object({
  id: z.uuid(),
  tenant_id: z.uuid(),
  name: z.string(),
  slug: z.string(),
  logo_url: z.string().nullable(),
  settings_json: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  updated_at: z.string(),
})

function shown(organization: OrganizationView): z.output<typeof Organization> {
  return {
    id: organization.id,
    tenant_id: organization.tenantId,
    name: organization.name,
    slug: organization.slug,
    logo_url: organization.logoUrl,
    settings_json: organization.settings,
    created_at: timeOut(organization.createdAt) ?? '',
    updated_at: timeOut(organization.updatedAt) ?? '',
  }
}

function given({ logo_url: logoUrl, settings_json: settings, ...same }: z.output<typeof Update>): object {
  return { ...same, logoUrl, settings }
}

const one = {
  scope: homeScope,
  replySchema: Organization,
  reply: shown,
  names: { logoUrl: 'logo_url', settings: 'settings_json' },
}

const organizations: readonly Route[] = [
  row('POST /v1/admin/organizations', organizationCreate, {
    ...one,
    status: 201,
    body: Create,
    input: ({ body }) => given(body),
  }),
  row('GET /v1/admin/organizations', organizationSurvey, {
    scope: homeScope,
    query: PageParameters,
    input: ({ query }) => pageOf(query),
    reply: (page, { query }) => listOf('organizations', page, query, shown),
    replySchema: listSchema('organizations', Organization),
  }),
  row('GET /v1/admin/organizations/{id}', organizationGet, { ...one, input: ({ params }) => ({ id: params.id }) }),
  row('PATCH /v1/admin/organizations/{id}', organizationUpdate, {
    ...one,
    body: Update,
    input: ({ params, body }) => ({ ...given(body), id: params.id }),
  }),
  row('DELETE /v1/admin/organizations/{id}', organizationDelete, {
    scope: homeScope,
    input: ({ params }) => ({ id: params.id }),
  }),
]

const { role, permissions } = NewMember.shape
const AddMember = z.object({
  user_id: z.string().max(80),
  role: role.unwrap().optional().describe('admin, member or a word of your own; member unless told.'),
  permissions: permissions.unwrap().optional(),
})
const UpdateMember = z.strictObject({ role: MemberPatch.shape.role, permissions: MemberPatch.shape.permissions })

const Member = z.object({
  user_id: z.uuid(),
  email: z.string(),
  role: z.string(),
  permissions: z.array(z.string()),
  joined_at: z.string(),
})

function shownMember(member: MemberView): z.output<typeof Member> {
  return {
    user_id: member.userId,
    email: member.email,
    role: member.role,
    permissions: member.permissions,
    joined_at: timeOut(member.joinedAt) ?? '',
  }
}

const member = { scope: homeScope, replySchema: Member, reply: shownMember }

const members: readonly Route[] = [
  row('GET /v1/admin/organizations/{id}/members', organizationSurveyMembers, {
    scope: homeScope,
    query: PageParameters,
    input: ({ params, query }) => ({ ...pageOf(query), id: params.id }),
    reply: (page, { query }) => listOf('members', page, query, shownMember),
    replySchema: listSchema('members', Member),
  }),
  row('POST /v1/admin/organizations/{id}/members', organizationAddMember, {
    ...member,
    status: 201,
    body: AddMember,
    input: ({ params, body: { user_id: userId, ...more } }) => ({ ...more, userId, id: params.id }),
  }),
  row('PATCH /v1/admin/organizations/{id}/members/{user_id}', organizationUpdateMember, {
    ...member,
    body: UpdateMember,
    input: ({ params, body }) => ({ ...body, id: params.id, userId: params.user_id }),
  }),
  row('DELETE /v1/admin/organizations/{id}/members/{user_id}', organizationRemoveMember, {
    scope: homeScope,
    input: ({ params }) => ({ id: params.id, userId: params.user_id }),
  }),
]

const Invite = z.object({
  email: NewInvitation.shape.email,
  role: role.unwrap().optional().describe('What the person will be; member unless told.'),
  accept_url: NewInvitation.shape.acceptUrl,
})

const invitation = {
  id: z.uuid(),
  email: z.string(),
  role: z.string(),
  status: z.enum(INVITATION_STATUSES),
  expires_at: z.string(),
  accepted_at: z.string().nullable(),
  created_at: z.string(),
}
const Invitation = z.object(invitation)
const NewInvitationReply = z.object({
  ...invitation,
  accept_url: z.string().nullable().describe('What to send to the person, where it was not mailed. Shown this once.'),
})

function shownInvitation(view: InvitationView): z.output<typeof Invitation> {
  return {
    id: view.id,
    email: view.email,
    role: view.role,
    status: view.status,
    expires_at: timeOut(view.expiresAt) ?? '',
    accepted_at: timeOut(view.acceptedAt),
    created_at: timeOut(view.createdAt) ?? '',
  }
}

const invitations: readonly Route[] = [
  row('POST /v1/admin/organizations/{id}/invitations', invitationCreate, {
    scope: homeScope,
    status: 201,
    body: Invite,
    input: ({ params, body: { accept_url: acceptUrl, ...same } }) => ({ ...same, acceptUrl, id: params.id }),
    reply: (made: InvitationWithUrl) => ({ ...shownInvitation(made), accept_url: made.acceptUrl }),
    replySchema: NewInvitationReply,
    names: { acceptUrl: 'accept_url' },
  }),
  row('GET /v1/admin/organizations/{id}/invitations', invitationSurvey, {
    scope: homeScope,
    query: PageParameters,
    input: ({ params, query }) => ({ ...pageOf(query), id: params.id }),
    reply: (page, { query }) => listOf('invitations', page, query, shownInvitation),
    replySchema: listSchema('invitations', Invitation),
  }),
  row('DELETE /v1/admin/organizations/{id}/invitations/{inv_id}', invitationRevoke, {
    scope: homeScope,
    input: ({ params }) => ({ id: params.id, invitationId: params.inv_id }),
    names: { invitationId: 'inv_id' },
  }),
]

/** The tenant’s organizations with their members and invitations (Zautha, “Organizations”). */
export const organizationRoutes: readonly Route[] = [...organizations, ...members, ...invitations]
