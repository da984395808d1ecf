// The caller of a forwarded request in a JWT, which an upstream verifies with the keys of the realm.
import { LRUCache } from 'lru-cache'
import { openContext, type Services } from '#domain/open-context.ts'
import { siteKey } from '#domain/proxy/proxied-site.ts'
import type { Caller } from '#domain/proxy-rule/condition.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { serverActor } from '#domain/server-actor.ts'
import { renderId } from '#kernel/id.ts'
import { signJwt } from '#protocol/jwt.ts'
import { signerFor, TOKEN_KINDS } from '#protocol/signing.ts'
import type { PlacedSite } from './sites.ts'

/** Seconds that a token is valid, and that it is used for further requests. */
const LIFETIME = 300
const USED_FOR = 60
const TOKENS = 5000

interface Signed {
  readonly token: string
  readonly caller: string
  readonly until: number
}

/** Signs who calls, and keeps what it signed for a minute. */
export class IdentityTokens {
  readonly #services: Services
  readonly #signed = new LRUCache<string, Signed>({ max: TOKENS })

  constructor(services: Services) {
    this.#services = services
  }

  /** A token about a caller for a site. */
  async of(placed: PlacedSite, caller: Caller): Promise<string> {
    const { realm, site } = placed
    const now = this.#services.clock.now()
    const told = claimsAbout(caller)
    const text = JSON.stringify(told)
    const key = `${siteKey(site)} ${site.audience ?? site.publicUrl} ${caller.userId} ${caller.agentId} ${caller.clientId} ${caller.method}`
    const known = this.#signed.get(key)
    if (known && known.until > now && known.caller === text) return known.token
    const context = openContext(this.#services, serverActor('proxy'), { tenantId: realm.tenantId, realm })
    const issuedAt = Math.floor(now / 1000)
    const token = await signJwt(await signerFor(context, 'proxied_identity', {}), TOKEN_KINDS.proxied_identity.typ, {
      iss: issuerOf(realm, this.#services.registry.settings),
      aud: site.audience ?? site.publicUrl,
      ...{ iat: issuedAt, exp: issuedAt + LIFETIME },
      ...told,
    })
    this.#signed.set(key, { token, caller: text, until: now + USED_FOR * 1000 })
    return token
  }
}

function claimsAbout({ userId, email, name, roles, groups, tier, agentId, clientId, scopes, method }: Caller) {
  return {
    sub: userId !== null ? renderId('user', userId) : (clientId ?? ''),
    ...(email !== null && { email }),
    ...(name !== null && { name }),
    ...(userId !== null && { roles, groups }),
    ...(tier !== null && { tier }),
    ...(clientId !== null && { client_id: clientId }),
    ...(agentId !== null && { agent_id: renderId('agent', agentId) }),
    ...(scopes !== null && { scope: scopes.join(' ') }),
    auth_method: method,
  }
}
