// The rows of what administrators do to many things of a person, a client or a realm at once.
import { grantCreate, grantRevokeMatching } from '#domain/grant/grant.operations.ts'
import { invitationResend } from '#domain/organization/invitation.operations.ts'
import { userRoles } from '#domain/role/role.operations.ts'
import { sessionPurge, sessionRevokeAll } from '#domain/session/session.operations.ts'
import {
  userAgents,
  userListEvents,
  userRevokeAgents,
  userSetTier,
} from '#domain/user/user-administration.operations.ts'
import { byType } from '../event-members.ts'
import type { Route } from '../surface.ts'
import { row } from './dialect.ts'

const REALM = '/v1/realms/{issuer_id}'
const ORGANIZATION = `${REALM}/organizations/{id}` as const

export const administrationRoutes: readonly Route[] = [
  row(`POST ${ORGANIZATION}/invitations/{invitation_id}/resend`, invitationResend),
  row(`GET ${REALM}/users/{id}/roles`, userRoles),
  row(`GET ${REALM}/users/{id}/agents`, userAgents),
  row(`GET ${REALM}/users/{id}/events`, userListEvents, 200, byType),
  row(`POST ${REALM}/users/{id}/revoke-agents`, userRevokeAgents),
  row(`PUT ${REALM}/users/{id}/tier`, userSetTier),
  row(`POST ${REALM}/sessions/revoke`, sessionRevokeAll),
  row(`POST ${REALM}/sessions/purge`, sessionPurge),
  row(`POST ${REALM}/grants`, grantCreate, 201),
  row(`POST ${REALM}/grants/revoke`, grantRevokeMatching),
]
