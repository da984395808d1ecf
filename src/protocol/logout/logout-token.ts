// Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4).
import { sidOf, subjectOf } from '#domain/client/subject-identifier.ts'
import type { LogoutTokenSigner } from '#domain/logout-delivery/logout-delivery.service.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { encryptedJwt } from '../encryption.ts'
import { signJwt } from '../jwt.ts'
import { signerFor, TOKEN_KINDS } from '../signing.ts'

/** How long a logout token is valid, in seconds (§2.4 recommends two minutes at most). */
const LIFETIME = 120
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** The token that tells a client which session of whom ended. It is signed and encrypted as the client's ID tokens are (§2.4, §2.6). */
export const signLogoutToken: LogoutTokenSigner = async (context, client, delivery) => {
  const signer = await signerFor(context, 'logout_token', { client })
  const iat = Math.floor(context.clock.now() / 1000)
  const token = await signJwt(signer, TOKEN_KINDS.logout_token.typ, {
    iss: issuerOf(realmOf(context.scope), context.registry.settings),
    aud: client.clientId,
    iat,
    exp: iat + LIFETIME,
    jti: context.random.id(),
    sub: subjectOf(context, client, delivery.userId),
    sid: sidOf(context, client, delivery.sessionId),
    events: { [EVENT]: {} },
  })
  return encryptedJwt(context, 'idToken', client, token)
}
