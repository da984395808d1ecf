// What of a backchannel authentication a person approved.
import type { BackchannelAuthentication } from '#domain/backchannel-authentication/backchannel-authentication.ts'

/** The person, and what they approved: no more than what was asked for. */
export function approvedPart(request: BackchannelAuthentication) {
  const { userId, resources, organizationId, grantedScopes, grantedDetails } = request
  return { userId, resources, organizationId, scopes: grantedScopes ?? [], details: grantedDetails ?? [] }
}
