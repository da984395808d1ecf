// Clients of a fixture that exchange tokens (RFC 8693).
import { updateRealm } from '#domain/realm/realm.service.ts'
import type { RealmPolicy } from '#domain/realm/realm.ts'
import { API, type AuthorizationFixture } from './authorization-fixture.ts'
import { type Answer, basic, type Credentials, postForm, tokensFor } from './token-client.ts'

export const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** Exchanges an access token; what is given replaces what is sent otherwise. */
export function exchangeToken(
  fixture: AuthorizationFixture,
  by: Credentials,
  token: string,
  more: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const fields = { grant_type: EXCHANGE_GRANT, subject_token: token, subject_token_type: ACCESS_TOKEN, ...more }
  return postForm(fixture, '/oauth/token', fields, { ...basic(by), ...headers })
}

/** A token of Ada’s for the API, from the fixture’s client. */
export async function userToken(fixture: AuthorizationFixture, scope = 'openid email orders:read orders:write') {
  return (await tokensFor(fixture, fixture.client, { scope, resource: API })).access
}

/** Changes the policy of the fixture’s realm. */
export async function setRealmPolicy(
  { services }: Pick<AuthorizationFixture, 'services'>,
  policy: Partial<RealmPolicy>,
): Promise<void> {
  await updateRealm(services.contextFor(), { policy })
}
