// The organizations of the tenant, with members and invitations (Zautha, “Organizations”).
import * as invitations from '#domain/organization/invitation.operations.ts'
import { InvitationView, InvitationWithUrl } from '#domain/organization/invitation.ts'
import * as organizations from '#domain/organization/organization.operations.ts'
import { MemberView, OrganizationView } from '#domain/organization/organization.ts'
import type { Route } from '../surface.ts'
import { created, homeScope, list, noContent, ok, representation, rows } from './dialect.ts'

const row = rows({ scope: homeScope })

const organization = representation(OrganizationView, {
  names: { settings: 'settings_json' },
  omit: ['directoryId', 'version'],
})
const member = representation(MemberView, { omit: ['name'] })
const invitation = representation(InvitationView, { omit: ['organizationId', 'permissions'] })
const invited = representation(InvitationWithUrl, { omit: ['organizationId', 'permissions', 'mailed'] })

const BASE = '/v1/admin/organizations/{id}'

export const organizationRoutes: readonly Route[] = [
  row('POST /v1/admin/organizations', organizations.organizationCreate, created(organization)),
  row('GET /v1/admin/organizations', organizations.organizationList, list(organization, 'organizations')),
  row(`GET ${BASE}`, organizations.organizationGet, ok(organization)),
  row(`PATCH ${BASE}`, organizations.organizationUpdate, ok(organization)),
  row(`DELETE ${BASE}`, organizations.organizationDelete, noContent),

  row(`GET ${BASE}/members`, organizations.organizationMembers, list(member, 'members')),
  row(`POST ${BASE}/members`, organizations.organizationAddMember, created(member)),
  row(`PATCH ${BASE}/members/{user_id}`, organizations.organizationUpdateMember, ok(member)),
  row(`DELETE ${BASE}/members/{user_id}`, organizations.organizationRemoveMember, noContent),

  row(`POST ${BASE}/invitations`, invitations.invitationCreate, created(invited), { omit: ['mail', 'lifetime'] }),
  row(`GET ${BASE}/invitations`, invitations.invitationList, list(invitation, 'invitations')),
  row(`DELETE ${BASE}/invitations/{inv_id}`, invitations.invitationRevoke, noContent, {
    path: { inv_id: 'invitationId' },
  }),
]
