// The native API: Countersign’s own, and SemAuth’s six routes among it.
import { userSendPasswordReset, userSendVerification } from '#domain/account/account.operations.ts'
import {
  adminClientCreate,
  adminClientGet,
  adminClientList,
  adminClientRevoke,
  adminClientRotateSecret,
} from '#domain/admin-client/admin-client.operations.ts'
import {
  administratorCreate,
  administratorDelete,
  administratorGet,
  administratorList,
  administratorRecover,
  administratorRenewLink,
  administratorSessionList,
  administratorSessionRevoke,
  administratorSetPassword,
  administratorUpdate,
} from '#domain/administrator/administrator.operations.ts'
import {
  agentCreate,
  agentDelete,
  agentGet,
  agentList,
  agentListAuthorizations,
  agentListEvents,
  agentListTokens,
  agentRotateKey,
  agentRotateSecret,
  agentUpdate,
} from '#domain/agent/agent.operations.ts'
import {
  applicationCreate,
  applicationDelete,
  applicationGet,
  applicationList,
  applicationUpdate,
} from '#domain/application/application.operations.ts'
import { authenticatorList, authenticatorRemove } from '#domain/authenticator/authenticator.operations.ts'
import {
  backchannelAuthenticationGet,
  backchannelAuthenticationList,
} from '#domain/backchannel-authentication/backchannel-authentication.operations.ts'
import {
  brandingGet,
  brandingUpdate,
  brandingUpload,
  realmBrandingGet,
  realmBrandingPreview,
  realmBrandingUpdate,
  realmBrandingUpload,
} from '#domain/branding/branding.operations.ts'
import {
  clientCreate,
  clientDelete,
  clientGet,
  clientList,
  clientReactivate,
  clientRotateSecret,
  clientSnippet,
  clientSuspend,
  clientUpdate,
} from '#domain/client/client.operations.ts'
import {
  dashboardHistory,
  dashboardOverview,
  dashboardStats,
  dashboardTrend,
} from '#domain/dashboard/dashboard.operations.ts'
import { decisionGet } from '#domain/decision/decision.operations.ts'
import {
  delegationGrantCreate,
  delegationGrantGet,
  delegationGrantList,
  delegationGrantRevoke,
} from '#domain/delegation-grant/delegation-grant.operations.ts'
import * as devices from '#domain/device-authorization/device-authorization.operations.ts'
import { directoryGet, directoryList } from '#domain/directory/directory.operations.ts'
import { activityList } from '#domain/event/activity.operations.ts'
import { eventFollow, eventGet, eventList, eventVerify } from '#domain/event/event.operations.ts'
import {
  flowCreate,
  flowDelete,
  flowDryRun,
  flowGet,
  flowList,
  flowListRuns,
  flowRotateSecret,
  flowUpdate,
} from '#domain/flow/flow.operations.ts'
import {
  frontingLinkCreate,
  frontingLinkDelete,
  frontingLinkGet,
  frontingLinkList,
  frontingLinkUpdate,
} from '#domain/fronting-link/fronting-link.operations.ts'
import { grantGet, grantList, grantRevoke } from '#domain/grant/grant.operations.ts'
import {
  groupAddMembers,
  groupChildren,
  groupCreate,
  groupDelete,
  groupEffectiveMembers,
  groupGet,
  groupList,
  groupMembers,
  groupNest,
  groupRemoveMember,
  groupUnnest,
  groupUpdate,
  userGroups,
} from '#domain/group/group.operations.ts'
import {
  identityProviderCreate,
  identityProviderDelete,
  identityProviderGet,
  identityProviderList,
  identityProviderUpdate,
} from '#domain/identity-provider/identity-provider.operations.ts'
import {
  initialAccessTokenCreate,
  initialAccessTokenList,
  initialAccessTokenRevoke,
} from '#domain/initial-access-token/initial-access-token.operations.ts'
import { issuanceGet, issuanceList, issuanceRevoke } from '#domain/issuance/issuance.operations.ts'
import { linkedAccountList, linkedAccountRemove } from '#domain/linked-account/linked-account.operations.ts'
import { logoutDeliveryList } from '#domain/logout-delivery/logout-delivery.operations.ts'
import { keyReseal } from '#domain/master-key/reseal.operations.ts'
import { meGet } from '#domain/me/me.operations.ts'
import {
  invitationAccept,
  invitationCreate,
  invitationList,
  invitationRevoke,
} from '#domain/organization/invitation.operations.ts'
import {
  organizationAddMember,
  organizationCreate,
  organizationDelete,
  organizationGet,
  organizationList,
  organizationMembers,
  organizationRemoveMember,
  organizationUpdate,
  organizationUpdateMember,
  userOrganizations,
} from '#domain/organization/organization.operations.ts'
import {
  partnerCreate,
  partnerDelete,
  partnerGet,
  partnerList,
  partnerUpdate,
} from '#domain/partner/partner.operations.ts'
import { permissionList } from '#domain/permission/permission.operations.ts'
import {
  projectCreate,
  projectDelete,
  projectGet,
  projectList,
  projectUpdate,
} from '#domain/project/project.operations.ts'
import {
  projectKeyCreate,
  projectKeyList,
  projectKeyRevoke,
  projectKeyVerify,
} from '#domain/project/project-key.operations.ts'
import { eventPurge, purgeRun } from '#domain/purge/purge.operations.ts'
import { realmCreate, realmDelete, realmGet, realmList, realmUpdate } from '#domain/realm/realm.operations.ts'
import { refusalList } from '#domain/refusal/refusal.operations.ts'
import { rememberedDeviceList, rememberedDeviceRemove } from '#domain/remembered-device/remembered-device.operations.ts'
import { apiList } from '#domain/resource/api-catalog.operations.ts'
import {
  resourceAddExchangeClient,
  resourceAddReturnUrl,
  resourceAddRuntimeClient,
  resourceCreate,
  resourceDelete,
  resourceGet,
  resourceList,
  resourceMetadata,
  resourceRemoveExchangeClient,
  resourceRemoveReturnUrl,
  resourceRemoveRuntimeClient,
  resourceUpdate,
} from '#domain/resource/resource.operations.ts'
import { revocationCreate, revocationSimulate } from '#domain/revocation/revocation.operations.ts'
import { sessionGet, sessionList, sessionRevoke } from '#domain/session/session.operations.ts'
import { keyCreate, keyList, keyRotate } from '#domain/signing-key/signing-key.operations.ts'
import { systemConfig, systemStatus } from '#domain/system/system.operations.ts'
import {
  tenantCreate,
  tenantDelete,
  tenantGet,
  tenantList,
  tenantReactivate,
  tenantSuspend,
  tenantUpdate,
} from '#domain/tenant/tenant.operations.ts'
import { termsAcceptanceList } from '#domain/terms/terms-acceptance.operations.ts'
import {
  userCreate,
  userDelete,
  userDisableMfa,
  userErase,
  userGet,
  userList,
  userResetPassword,
  userSetPassword,
  userUpdate,
} from '#domain/user/user.operations.ts'
import {
  webhookCreate,
  webhookDelete,
  webhookGet,
  webhookList,
  webhookListDeliveries,
  webhookListEvents,
  webhookReplay,
  webhookRotateSecret,
  webhookTest,
  webhookUpdate,
} from '#domain/webhook/webhook.operations.ts'
import { byType } from '../event-members.ts'
import type { Route } from '../surface.ts'
import { administrationRoutes } from './administration.routes.ts'
import { brokerRoutes } from './broker.routes.ts'
import { row } from './dialect.ts'
import { emailDomainRoutes } from './email-domain.routes.ts'
import { externalIdpRoutes } from './external-idp.routes.ts'
import { mailRoutes } from './mail.routes.ts'
import { proxyRoutes } from './proxy.routes.ts'
import { trustRoutes } from './trust.routes.ts'

/** The log of one tenant, which `tenant_id` names. */
const ofOneLog = { ...byType, omit: ['tenantId', 'partnerId'] } as const

export const nativeRoutes: readonly Route[] = [
  row('POST /v1/partners', partnerCreate, 201),
  row('GET /v1/partners', partnerList),
  row('GET /v1/partners/{id}', partnerGet),
  row('PATCH /v1/partners/{id}', partnerUpdate),
  row('DELETE /v1/partners/{id}', partnerDelete),

  row('POST /v1/tenants', tenantCreate, 201),
  row('GET /v1/tenants', tenantList),
  row('GET /v1/tenants/{id}', tenantGet),
  row('PATCH /v1/tenants/{id}', tenantUpdate),
  row('DELETE /v1/tenants/{id}', tenantDelete),
  row('POST /v1/tenants/{id}/suspend', tenantSuspend),
  row('POST /v1/tenants/{id}/reactivate', tenantReactivate),

  row('GET /v1/directories', directoryList),
  row('GET /v1/directories/{id}', directoryGet),

  row('POST /v1/realms', realmCreate, 201),
  row('GET /v1/realms', realmList),
  row('GET /v1/realms/{issuer_id}', realmGet),
  row('PATCH /v1/realms/{issuer_id}', realmUpdate),
  row('DELETE /v1/realms/{issuer_id}', realmDelete),

  row('GET /v1/branding', brandingGet),
  row('PATCH /v1/branding', brandingUpdate),
  row('POST /v1/branding/files', brandingUpload, 201),
  row('GET /v1/realms/{issuer_id}/branding', realmBrandingGet),
  row('PATCH /v1/realms/{issuer_id}/branding', realmBrandingUpdate),
  row('POST /v1/realms/{issuer_id}/branding/files', realmBrandingUpload, 201),
  row('POST /v1/realms/{issuer_id}/branding/preview', realmBrandingPreview),

  row('POST /v1/projects', projectCreate, 201),
  row('GET /v1/projects', projectList),
  row('GET /v1/projects/{id}', projectGet),
  row('PATCH /v1/projects/{id}', projectUpdate),
  row('DELETE /v1/projects/{id}', projectDelete),
  row('POST /v1/projects/{id}/keys', projectKeyCreate, 201),
  row('GET /v1/projects/{id}/keys', projectKeyList),
  row('DELETE /v1/projects/{id}/keys/{key_id}', projectKeyRevoke),
  row('POST /v1/project-keys/verify', projectKeyVerify),

  row('POST /v1/realms/{issuer_id}/users', userCreate, 201),
  row('GET /v1/realms/{issuer_id}/users', userList),
  row('GET /v1/realms/{issuer_id}/users/{id}', userGet),
  row('PATCH /v1/realms/{issuer_id}/users/{id}', userUpdate),
  row('POST /v1/realms/{issuer_id}/users/{id}/password', userSetPassword),
  row('POST /v1/realms/{issuer_id}/users/{id}/reset-password', userResetPassword),
  row('POST /v1/realms/{issuer_id}/users/{id}/send-password-reset', userSendPasswordReset, 204),
  row('POST /v1/realms/{issuer_id}/users/{id}/send-verification', userSendVerification, 204),
  row('POST /v1/realms/{issuer_id}/users/{id}/disable-mfa', userDisableMfa),
  row('DELETE /v1/realms/{issuer_id}/users/{id}', userDelete),
  row('POST /v1/realms/{issuer_id}/users/{id}/erase', userErase, 204),
  row('GET /v1/realms/{issuer_id}/users/{id}/authenticators', authenticatorList),
  row('DELETE /v1/realms/{issuer_id}/users/{id}/authenticators/{authenticator_id}', authenticatorRemove),
  row('GET /v1/realms/{issuer_id}/users/{id}/linked-accounts', linkedAccountList),
  row('DELETE /v1/realms/{issuer_id}/users/{id}/linked-accounts/{linked_account_id}', linkedAccountRemove),
  row('GET /v1/realms/{issuer_id}/users/{id}/terms-acceptances', termsAcceptanceList),
  row('GET /v1/realms/{issuer_id}/users/{id}/remembered-devices', rememberedDeviceList),
  row('DELETE /v1/realms/{issuer_id}/users/{id}/remembered-devices/{remembered_device_id}', rememberedDeviceRemove),

  row('POST /v1/realms/{issuer_id}/groups', groupCreate, 201),
  row('GET /v1/realms/{issuer_id}/groups', groupList),
  row('GET /v1/realms/{issuer_id}/groups/{id}', groupGet),
  row('PATCH /v1/realms/{issuer_id}/groups/{id}', groupUpdate),
  row('DELETE /v1/realms/{issuer_id}/groups/{id}', groupDelete),
  row('POST /v1/realms/{issuer_id}/groups/{id}/members', groupAddMembers),
  row('GET /v1/realms/{issuer_id}/groups/{id}/members', groupMembers),
  row('DELETE /v1/realms/{issuer_id}/groups/{id}/members/{user_id}', groupRemoveMember),
  row('GET /v1/realms/{issuer_id}/groups/{id}/effective-members', groupEffectiveMembers),
  row('POST /v1/realms/{issuer_id}/groups/{id}/children', groupNest),
  row('GET /v1/realms/{issuer_id}/groups/{id}/children', groupChildren),
  row('DELETE /v1/realms/{issuer_id}/groups/{id}/children/{child_group_id}', groupUnnest),
  row('GET /v1/realms/{issuer_id}/users/{id}/groups', userGroups),

  row('POST /v1/realms/{issuer_id}/organizations', organizationCreate, 201),
  row('GET /v1/realms/{issuer_id}/organizations', organizationList),
  row('GET /v1/realms/{issuer_id}/organizations/{id}', organizationGet),
  row('PATCH /v1/realms/{issuer_id}/organizations/{id}', organizationUpdate),
  row('DELETE /v1/realms/{issuer_id}/organizations/{id}', organizationDelete),
  row('POST /v1/realms/{issuer_id}/organizations/{id}/members', organizationAddMember, 201),
  row('GET /v1/realms/{issuer_id}/organizations/{id}/members', organizationMembers),
  row('PATCH /v1/realms/{issuer_id}/organizations/{id}/members/{user_id}', organizationUpdateMember),
  row('DELETE /v1/realms/{issuer_id}/organizations/{id}/members/{user_id}', organizationRemoveMember),
  row('POST /v1/realms/{issuer_id}/organizations/{id}/invitations', invitationCreate, 201),
  row('GET /v1/realms/{issuer_id}/organizations/{id}/invitations', invitationList),
  row('DELETE /v1/realms/{issuer_id}/organizations/{id}/invitations/{invitation_id}', invitationRevoke),
  row('POST /v1/realms/{issuer_id}/invitations/accept', invitationAccept),
  row('GET /v1/realms/{issuer_id}/users/{id}/organizations', userOrganizations),

  row('POST /v1/realms/{issuer_id}/applications', applicationCreate, 201),
  row('GET /v1/realms/{issuer_id}/applications', applicationList),
  row('GET /v1/realms/{issuer_id}/applications/{id}', applicationGet),
  row('PATCH /v1/realms/{issuer_id}/applications/{id}', applicationUpdate),
  row('DELETE /v1/realms/{issuer_id}/applications/{id}', applicationDelete),

  row('POST /v1/realms/{issuer_id}/clients', clientCreate, 201),
  row('GET /v1/realms/{issuer_id}/clients', clientList),
  row('GET /v1/realms/{issuer_id}/clients/{id}', clientGet),
  row('GET /v1/realms/{issuer_id}/clients/{id}/snippet', clientSnippet),
  row('PATCH /v1/realms/{issuer_id}/clients/{id}', clientUpdate),
  row('DELETE /v1/realms/{issuer_id}/clients/{id}', clientDelete),
  row('POST /v1/realms/{issuer_id}/clients/{id}/rotate-secret', clientRotateSecret),
  row('POST /v1/realms/{issuer_id}/clients/{id}/suspend', clientSuspend),
  row('POST /v1/realms/{issuer_id}/clients/{id}/reactivate', clientReactivate),

  row('POST /v1/realms/{issuer_id}/initial-access-tokens', initialAccessTokenCreate, 201),
  row('GET /v1/realms/{issuer_id}/initial-access-tokens', initialAccessTokenList),
  row('DELETE /v1/realms/{issuer_id}/initial-access-tokens/{id}', initialAccessTokenRevoke),

  row('POST /v1/realms/{issuer_id}/flows', flowCreate, 201),
  row('GET /v1/realms/{issuer_id}/flows', flowList),
  row('GET /v1/realms/{issuer_id}/flows/{id}', flowGet),
  row('PATCH /v1/realms/{issuer_id}/flows/{id}', flowUpdate),
  row('DELETE /v1/realms/{issuer_id}/flows/{id}', flowDelete),
  row('POST /v1/realms/{issuer_id}/flows/{id}/rotate-secret', flowRotateSecret),
  row('POST /v1/realms/{issuer_id}/flows/{id}/dry-run', flowDryRun),
  row('GET /v1/realms/{issuer_id}/flows/{id}/runs', flowListRuns),
  ...brokerRoutes,
  row('POST /v1/realms/{issuer_id}/identity-providers', identityProviderCreate, 201),
  row('GET /v1/realms/{issuer_id}/identity-providers', identityProviderList),
  row('GET /v1/realms/{issuer_id}/identity-providers/{id}', identityProviderGet),
  row('PATCH /v1/realms/{issuer_id}/identity-providers/{id}', identityProviderUpdate),
  row('DELETE /v1/realms/{issuer_id}/identity-providers/{id}', identityProviderDelete),
  ...externalIdpRoutes,
  ...emailDomainRoutes,
  ...proxyRoutes,

  row('POST /v1/realms/{issuer_id}/agents', agentCreate, 201),
  row('GET /v1/realms/{issuer_id}/agents', agentList),
  row('GET /v1/realms/{issuer_id}/agents/{id}', agentGet),
  row('PATCH /v1/realms/{issuer_id}/agents/{id}', agentUpdate),
  row('DELETE /v1/realms/{issuer_id}/agents/{id}', agentDelete),
  row('POST /v1/realms/{issuer_id}/agents/{id}/rotate-secret', agentRotateSecret),
  row('POST /v1/realms/{issuer_id}/agents/{id}/rotate-key', agentRotateKey),
  row('GET /v1/realms/{issuer_id}/agents/{id}/tokens', agentListTokens),
  row('GET /v1/realms/{issuer_id}/agents/{id}/authorizations', agentListAuthorizations),
  row('GET /v1/realms/{issuer_id}/agents/{id}/events', agentListEvents, 200, byType),

  row('GET /v1/realms/{issuer_id}/keys', keyList),
  row('POST /v1/realms/{issuer_id}/keys', keyCreate, 201),
  row('POST /v1/realms/{issuer_id}/keys/rotate', keyRotate),

  row('GET /v1/realms/{issuer_id}/sessions', sessionList),
  row('GET /v1/realms/{issuer_id}/sessions/{id}', sessionGet),
  row('POST /v1/realms/{issuer_id}/sessions/{id}/revoke', sessionRevoke),

  row('GET /v1/realms/{issuer_id}/grants', grantList),
  row('GET /v1/realms/{issuer_id}/grants/{id}', grantGet),
  row('POST /v1/realms/{issuer_id}/grants/{id}/revoke', grantRevoke),

  ...trustRoutes,

  row('POST /v1/realms/{issuer_id}/delegation-grants', delegationGrantCreate, 201),
  row('GET /v1/realms/{issuer_id}/delegation-grants', delegationGrantList),
  row('GET /v1/realms/{issuer_id}/delegation-grants/{id}', delegationGrantGet),
  row('POST /v1/realms/{issuer_id}/delegation-grants/{id}/revoke', delegationGrantRevoke),

  row('GET /v1/realms/{issuer_id}/issuances', issuanceList),
  row('GET /v1/realms/{issuer_id}/issuances/{id}', issuanceGet),
  row('POST /v1/realms/{issuer_id}/issuances/{id}/revoke', issuanceRevoke),

  row('POST /v1/realms/{issuer_id}/revocations', revocationCreate),
  row('POST /v1/realms/{issuer_id}/revocations/simulate', revocationSimulate),

  ...mailRoutes,
  ...administrationRoutes,
  row('GET /v1/realms/{issuer_id}/logout-deliveries', logoutDeliveryList),
  row('GET /v1/realms/{issuer_id}/device-authorizations', devices.deviceAuthorizationList),
  row('POST /v1/realms/{issuer_id}/device-authorizations/{user_code}/approve', devices.deviceAuthorizationApprove),
  row('POST /v1/realms/{issuer_id}/device-authorizations/{user_code}/deny', devices.deviceAuthorizationDeny),
  row('GET /v1/realms/{issuer_id}/backchannel-authentications', backchannelAuthenticationList),
  row('GET /v1/realms/{issuer_id}/backchannel-authentications/{id}', backchannelAuthenticationGet),
  row('GET /v1/realms/{issuer_id}/refusals', refusalList),
  row('GET /v1/decisions/{id}', decisionGet),

  row('POST /v1/resources', resourceCreate, 201),
  row('GET /v1/resources', resourceList),
  row('GET /v1/resources/{id}', resourceGet),
  row('GET /v1/realms/{issuer_id}/resources/{id}/metadata', resourceMetadata),
  row('PATCH /v1/resources/{id}', resourceUpdate),
  row('DELETE /v1/resources/{id}', resourceDelete),
  row('POST /v1/resources/{id}/exchange-clients', resourceAddExchangeClient),
  row('DELETE /v1/resources/{id}/exchange-clients/{client_id}', resourceRemoveExchangeClient),
  row('POST /v1/resources/{id}/runtime-clients', resourceAddRuntimeClient),
  row('DELETE /v1/resources/{id}/runtime-clients/{client_id}', resourceRemoveRuntimeClient),
  row('POST /v1/resources/{id}/return-urls', resourceAddReturnUrl),
  row('DELETE /v1/resources/{id}/return-urls', resourceRemoveReturnUrl),

  row('POST /v1/fronting-links', frontingLinkCreate, 201),
  row('GET /v1/fronting-links', frontingLinkList),
  row('GET /v1/fronting-links/{source}/{target}', frontingLinkGet),
  row('PATCH /v1/fronting-links/{source}/{target}', frontingLinkUpdate),
  row('DELETE /v1/fronting-links/{source}/{target}', frontingLinkDelete),

  row('GET /v1/apis', apiList),

  row('POST /v1/api-clients', adminClientCreate, 201),
  row('GET /v1/api-clients', adminClientList),
  row('GET /v1/api-clients/{id}', adminClientGet),
  row('POST /v1/api-clients/{id}/rotate-secret', adminClientRotateSecret),
  row('DELETE /v1/api-clients/{id}', adminClientRevoke),

  row('POST /v1/administrators', administratorCreate, 201),
  row('POST /v1/administrators/first/link', administratorRenewLink, 201),
  row('GET /v1/administrators', administratorList),
  row('GET /v1/administrators/{id}', administratorGet),
  row('PATCH /v1/administrators/{id}', administratorUpdate),
  row('POST /v1/administrators/{id}/password', administratorSetPassword),
  row('POST /v1/administrators/{id}/recovery-link', administratorRecover, 201),
  row('DELETE /v1/administrators/{id}', administratorDelete),
  row('GET /v1/administrator-sessions', administratorSessionList),
  row('POST /v1/administrator-sessions/{id}/revoke', administratorSessionRevoke),

  row('POST /v1/webhooks', webhookCreate, 201),
  row('GET /v1/webhooks', webhookList),
  row('GET /v1/webhook-events', webhookListEvents),
  row('GET /v1/webhooks/{id}', webhookGet),
  row('PATCH /v1/webhooks/{id}', webhookUpdate),
  row('DELETE /v1/webhooks/{id}', webhookDelete),
  row('POST /v1/webhooks/{id}/rotate-secret', webhookRotateSecret),
  row('GET /v1/webhooks/{id}/deliveries', webhookListDeliveries),
  row('POST /v1/webhooks/{id}/test', webhookTest),
  row('POST /v1/webhooks/{id}/replay', webhookReplay),

  row('GET /v1/events', eventList, 200, ofOneLog),
  row('GET /v1/events/stream', eventFollow, 200, byType),
  row('POST /v1/events/verify', eventVerify),
  row('POST /v1/events/purge', eventPurge),
  row('GET /v1/events/{id}', eventGet),

  row('GET /v1/activity', activityList, 200, ofOneLog),

  row('GET /v1/stats', dashboardStats),
  row('GET /v1/stats/trend', dashboardTrend),
  row('GET /v1/stats/overview', dashboardOverview),
  row('GET /v1/stats/history', dashboardHistory),

  row('GET /v1/realms/{issuer_id}/system/status', systemStatus),
  row('GET /v1/realms/{issuer_id}/system/config', systemConfig),

  row('POST /v1/purge', purgeRun),
  row('POST /v1/keys/reseal', keyReseal),

  row('GET /v1/permissions', permissionList),
  row('GET /v1/me', meGet),
]
