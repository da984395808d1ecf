// Every endpoint that a realm has for programs. The metadata names them from this table.
import type { Endpoint } from '#web/realm-request.ts'
import { agentKeyEndpoint } from './agent-key/agent-key.endpoint.ts'
import { authorizationEndpoint, authorizationResumeEndpoint } from './authorize/authorization.endpoint.ts'
import { pushedAuthorizationEndpoint } from './authorize/pushed-authorization.endpoint.ts'
import { backchannelAuthenticationEndpoint } from './backchannel-authentication/backchannel-authentication.endpoint.ts'
import { upstreamProxyEndpoint } from './broker/upstream-proxy.endpoint.ts'
import { vaultTokenEndpoint } from './broker/vault-token.endpoint.ts'
import { deviceAuthorizationEndpoint } from './device-authorization/device-authorization.endpoint.ts'
import { introspectionEndpoint } from './introspect/introspection.endpoint.ts'
import { endSessionEndpoint } from './logout/end-session.endpoint.ts'
import { jwksEndpoint, metadataEndpoint } from './metadata/metadata.endpoint.ts'
import { protectedResourceEndpoint } from './metadata/protected-resource.endpoint.ts'
import { registrationEndpoint } from './register/registration.endpoint.ts'
import { globalTokenRevocationEndpoint } from './revoke/global-token-revocation.endpoint.ts'
import { revocationEndpoint } from './revoke/revocation.endpoint.ts'
import {
  ssfConfigurationEndpoint,
  streamEndpoint,
  streamStatusEndpoint,
  streamVerificationEndpoint,
} from './shared-signals/stream.endpoints.ts'
import { statusListEndpoint } from './status-list/status-list.endpoint.ts'
import { tokenEndpoint } from './token/token.endpoint.ts'
import { userinfoEndpoint } from './userinfo/userinfo.endpoint.ts'

export const endpoints: readonly Endpoint[] = [
  metadataEndpoint(() => endpoints),
  jwksEndpoint,
  protectedResourceEndpoint,
  authorizationEndpoint,
  authorizationResumeEndpoint,
  pushedAuthorizationEndpoint,
  tokenEndpoint,
  deviceAuthorizationEndpoint,
  backchannelAuthenticationEndpoint,
  userinfoEndpoint,
  introspectionEndpoint,
  revocationEndpoint,
  globalTokenRevocationEndpoint,
  statusListEndpoint,
  ssfConfigurationEndpoint,
  streamEndpoint,
  streamStatusEndpoint,
  streamVerificationEndpoint,
  agentKeyEndpoint,
  registrationEndpoint,
  upstreamProxyEndpoint,
  vaultTokenEndpoint,
  endSessionEndpoint,
]
