// Who holds an access token of a realm for people: one of the operator’s own programs, or nobody who administers.
import { isPlatformProgram } from '#domain/application/application.ts'
import type { Actor } from '#domain/context.ts'
import { type House, openContext } from '#domain/open-context.ts'
import { PLATFORM_SCOPES } from '#domain/resource/platform-api.ts'
import { Failure } from '#kernel/error.ts'
import { claimsOf } from '#protocol/jwt.ts'
import { type LiveToken, liveToken } from '#protocol/live.ts'
import type { PlatformHolder } from '#surfaces/surface.ts'
import { NOBODY, realmOfIssuer } from './admin-token.ts'

const READ: ReadonlySet<string> = new Set(['*:read'])
const EVERYTHING: ReadonlySet<string> = new Set(['*'])
const NOTHING: ReadonlySet<string> = new Set()

/**
 * The holder of a platform token: one that a program of the operator’s own got for itself from the first tenant’s realm
 * (ScaiKey, “Authentication”). What it may is in its scopes; it may have none.
 * @returns undefined for a token of an admin realm, which is another door’s
 * @throws Failure `invalid_token`, `access_denied` for a token of somebody who administers nothing
 */
export async function platformTokenHolder(house: House, jwt: string): Promise<PlatformHolder | undefined> {
  const claims = claimsOf(jwt)
  const found = typeof claims?.iss === 'string' ? await realmOfIssuer(house, claims.iss) : undefined
  if (!found || found.realm.kind === 'admin') return undefined
  const { realm, tenantStatus } = found
  // The record of its issuance is what recognises it: signature, times, revocation and the client’s status are in that.
  const live = await liveToken(openContext(house, NOBODY, { tenantId: realm.tenantId, realm }), jwt)
  if (!live || !realm.enabled || tenantStatus !== 'active') throw new Failure('invalid_token')
  if (!isPlatformToken(live)) throw new Failure('access_denied')
  return holderOf(house, live)
}

function isPlatformToken({ issued, client, claims }: LiveToken): boolean {
  return issued.userId === null && claims.platform_token === true && isPlatformProgram(client.standing)
}

// A scope that its program has lost since opens nothing any more, as a role that an administrator has lost does not.
function holderOf({ registry }: House, { issued, client }: LiveToken): PlatformHolder {
  const forAdmin = issued.audience === registry.settings.adminUrl
  const may = (scope: string) => forAdmin && issued.scopes.includes(scope) && client.scopes.includes(scope)
  const writes = may(PLATFORM_SCOPES.write)
  const reads = writes || may(PLATFORM_SCOPES.read)
  const holder: Omit<Actor, 'origin'> = {
    kind: 'client',
    id: client.id,
    label: client.label,
    reach: { kind: 'platform' },
    permissions: writes ? EVERYTHING : reads ? READ : NOTHING,
  }
  return { ...holder, reads, writes }
}
