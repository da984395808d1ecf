import { grantedScopes, ownScopes, targetOf } from '../resource-indicator.ts'
import { type Grant, tokenResponse } from './grant.ts'
import { record, signAccessToken } from './issue.ts'

/** RFC 6749 §4.4: a client acts for itself. There is no refresh token (§4.4.3). */
export const clientCredentials: Grant = {
  type: 'client_credentials',
  async run(context, client, form) {
    const resource = await targetOf(context, form, client.audiences)
    const scopes = grantedScopes(form.get('scope'), ownScopes(client), resource)
    const signed = await signAccessToken(context, client, {
      grantType: 'client_credentials',
      audience: resource?.identifier,
      scopes,
    })
    await context.write((unit) => record(unit, client, signed))
    return tokenResponse(signed)
  },
}
