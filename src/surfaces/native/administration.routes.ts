// The rows of API keys, roles and their permissions, and of what is done to many things of a person or a realm at once.
import { agentListPolicies, agentSetPolicies } from '#domain/agent/agent.operations.ts'
import * as apiKeys from '#domain/api-key/api-key.operations.ts'
import { grantCreate, grantRevokeMatching } from '#domain/grant/grant.operations.ts'
import { invitationResend } from '#domain/organization/invitation.operations.ts'
import * as roles from '#domain/role/role.operations.ts'
import * as permissions from '#domain/role-permission/role-permission.operations.ts'
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
  row(`POST ${REALM}/roles`, roles.roleCreate, 201),
  row(`GET ${REALM}/roles`, roles.roleList),
  row(`GET ${REALM}/roles/{id}`, roles.roleGet),
  row(`PATCH ${REALM}/roles/{id}`, roles.roleUpdate),
  row(`DELETE ${REALM}/roles/{id}`, roles.roleDelete),
  row(`POST ${REALM}/roles/{id}/assign`, roles.roleAssign),
  row(`POST ${REALM}/roles/{id}/unassign`, roles.roleUnassign),
  row(`GET ${REALM}/roles/{id}/assignments`, roles.roleAssignments),
  row(`GET ${REALM}/users/{id}/permissions`, roles.userPermissions),
  row(`POST ${REALM}/authorization/check`, roles.authorizationCheck),
  row(`POST ${REALM}/role-permissions`, permissions.rolePermissionCreate, 201),
  row(`GET ${REALM}/role-permissions`, permissions.rolePermissionList),
  row(`GET ${REALM}/role-permissions/usage`, permissions.rolePermissionUsage),
  row(`DELETE ${REALM}/role-permissions/{permission}`, permissions.rolePermissionDelete),
  row(`GET ${REALM}/role-permissions/{permission}/roles`, permissions.rolePermissionRoles),
  row(`GET ${REALM}/role-permissions/{permission}/users`, permissions.rolePermissionUsers),
  row(`POST ${REALM}/roles/{id}/permissions`, permissions.roleAddPermission),
  row(`DELETE ${REALM}/roles/{id}/permissions/{permission}`, permissions.roleRemovePermission),
  row(`GET ${REALM}/agents/{id}/policies`, agentListPolicies),
  row(`PUT ${REALM}/agents/{id}/policies`, agentSetPolicies),
  row('POST /v1/api-keys', apiKeys.apiKeyCreate, 201),
  row('GET /v1/api-keys', apiKeys.apiKeyList),
  row('GET /v1/api-keys/{id}', apiKeys.apiKeyGet),
  row('PATCH /v1/api-keys/{id}', apiKeys.apiKeyUpdate),
  row('POST /v1/api-keys/{id}/rotate', apiKeys.apiKeyRotate),
  row('DELETE /v1/api-keys/{id}', apiKeys.apiKeyRevoke),
  row(`GET ${REALM}/users/{id}/roles`, roles.userRoles),
  row(`GET ${REALM}/users/{id}/agents`, userAgents),
  row(`GET ${REALM}/users/{id}/events`, userListEvents, 200, byType),
  row(`POST ${REALM}/users/{id}/revoke-agents`, userRevokeAgents),
  row(`PUT ${REALM}/users/{id}/tier`, userSetTier),
  row(`POST ${REALM}/sessions/revoke`, sessionRevokeAll),
  row(`POST ${REALM}/sessions/purge`, sessionPurge),
  row(`POST ${REALM}/grants`, grantCreate, 201),
  row(`POST ${REALM}/grants/revoke`, grantRevokeMatching),
]
