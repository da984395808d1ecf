import { isPlatformProgram } from '#domain/application/application.ts'
import type { RegisteredClient } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { isPlatformScope } from '#domain/resource/platform-api.ts'
import { grantedScopes, ownScopes, targetOf } from '../resource-indicator.ts'
import { type Grant, tokenResponse } from './grant.ts'
import { record, signAccessToken } from './issue.ts'

/** RFC 6749 §4.4: a client acts for itself. There is no refresh token (§4.4.3). */
export const clientCredentials: Grant = {
  type: 'client_credentials',
  async run(context, client, form) {
    const resource = await targetOf(context, form, client.audiences)
    const scopes = grantedScopes(form.get('scope'), ownScopes(client), resource)
    const platform = isPlatformProgram(client.standing) && !resource
    const signed = await signAccessToken(context, client, {
      grantType: 'client_credentials',
      audience: resource?.identifier ?? (platform ? platformAudience(context, scopes) : undefined),
      scopes,
      claims: { ...(platform && PLATFORM_CLAIMS), ...termsOf(client) },
    })
    await context.write((unit) => record(unit, client, signed))
    return tokenResponse(signed)
  },
}

/** What a token of one of the operator’s own programs says besides (ScaiKey, “Authentication”). */
const PLATFORM_CLAIMS = { app_scope: 'GLOBAL', platform_token: true, token_type: 'client_credentials' } as const

// A token names the API that it opens, so that every other one can tell that it is not meant (RFC 9068 §4). The client’s
// own identifier, which ScaiKey puts there, would tell an API nothing, and is in client_id and sub.
function platformAudience({ registry }: Context, scopes: readonly string[]): string | undefined {
  return scopes.some(isPlatformScope) ? registry.settings.adminUrl : undefined
}

/** What binds an agent besides its scopes, for those whose tools it uses. */
function termsOf({ agent }: RegisteredClient): { allowed_tools?: readonly string[] } {
  return agent?.allowedTools ? { allowed_tools: agent.allowedTools } : {}
}
