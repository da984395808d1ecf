// The rows for organizations, their members, their roles and their invitations.
import * as z from 'zod'
import * as invitations from '#domain/organization/invitation.operations.ts'
import { InvitationView, InvitationWithUrl } from '#domain/organization/invitation.ts'
import * as organizations from '#domain/organization/organization.operations.ts'
import { MemberView, OrganizationView } from '#domain/organization/organization.ts'
import * as roles from '#domain/role/role.operations.ts'
import { RoleView } from '#domain/role/role.ts'
import type { Route } from '../surface.ts'
import {
  computed,
  created,
  json,
  list,
  message,
  metadata,
  ok,
  organizationRoleId,
  representation,
  row,
} from './dialect.ts'

const organization = representation(OrganizationView, {
  pick: ['id', 'name', 'slug', 'settings', 'createdAt', 'updatedAt'],
  names: { settings: 'metadata' },
  codecs: { settings: metadata },
})
const member = representation(MemberView, {
  omit: ['permissions'],
  names: { email: 'user_email', name: 'user_name' },
})
const changed = representation(MemberView, { pick: ['userId', 'role'] })
// The roles that are built in are values of the membership and no roles, so that nobody changes them here.
const role = representation(
  RoleView,
  { omit: ['permissions', 'version'], codecs: { id: organizationRoleId } },
  { is_builtin: computed(z.literal(false), () => false) },
)
const invitation = representation(InvitationView, { omit: ['permissions', 'status'] })
const invited = representation(InvitationWithUrl, {
  pick: ['id', 'email', 'role', 'expiresAt', 'createdAt', 'acceptUrl'],
})

const resent = json(
  z.looseObject({ message: z.string(), email_sent: z.boolean() }),
  ({ mailed, ...again }: InvitationWithUrl) => ({
    message: 'Invitation sent again',
    ...invited.encode({ ...again, mailed }),
    email_sent: mailed,
  }),
)

/** Three days, as invitations last there. */
const LIFETIME = 259_200
const BASE = '/api/v1/admin/organizations'
const path = { uid: 'userId' } as const
const ofOrganization = { id: 'organizationId' } as const

/** Organizations (SharkAuth, “Organizations (Admin)”). */
export const organizationRoutes: readonly Route[] = [
  row(`POST ${BASE}`, organizations.organizationCreate, created(organization)),
  row(`GET ${BASE}`, organizations.organizationList, list(organization, 'organizations')),
  row(`GET ${BASE}/{id}`, organizations.organizationGet, ok(organization)),
  row(`PATCH ${BASE}/{id}`, organizations.organizationUpdate, ok(organization)),
  row(`DELETE ${BASE}/{id}`, organizations.organizationDelete, message('Organization deleted')),

  row(`GET ${BASE}/{id}/members`, organizations.organizationMembers, list(member, 'members')),
  row(`PATCH ${BASE}/{id}/members/{uid}`, organizations.organizationUpdateMember, ok(changed), { path }),
  row(`DELETE ${BASE}/{id}/members/{uid}`, organizations.organizationRemoveMember, message('Member removed'), {
    path,
  }),

  row(`GET ${BASE}/{id}/roles`, roles.roleList, list(role, 'roles'), { path: ofOrganization }),
  row(`POST ${BASE}/{id}/roles`, roles.roleCreate, created(role), { path: ofOrganization }),

  row(`POST ${BASE}/{id}/invitations`, invitations.invitationCreate, created(invited), {
    omit: ['acceptUrl'],
    fixed: { lifetime: LIFETIME },
  }),
  row(`GET ${BASE}/{id}/invitations`, invitations.invitationList, list(invitation, 'invitations'), {
    fixed: { status: 'pending' },
  }),
  row(`POST ${BASE}/{id}/invitations/{invitationId}/resend`, invitations.invitationResend, resent, {
    path: { invitationId: 'invitationId' },
    omit: ['acceptUrl'],
    fixed: { lifetime: LIFETIME },
  }),
  row(`DELETE ${BASE}/{id}/invitations/{invitationId}`, invitations.invitationRevoke, message('Invitation revoked'), {
    path: { invitationId: 'invitationId' },
  }),
]
