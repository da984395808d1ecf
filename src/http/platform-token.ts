// Owns how the holder of a platform token is found: one of the operator’s own programs.
import type { Actor } from '#domain/actor.ts'
import { isPlatformProgram } from '#domain/application/application.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import { PLATFORM_SCOPES } from '#domain/resource/platform-api.ts'
import { Failure } from '#kernel/error.ts'
import { EVERYTHING } from '#kernel/permission.ts'
import { claimsOf } from '#protocol/jwt.ts'
import type { LiveToken } from '#protocol/live.ts'
import type { PlatformHolder } from '#surfaces/surface.ts'
import { liveBearerToken, NOBODY, realmOfIssuer } from './admin-token.ts'

const READ: ReadonlySet<string> = new Set(['*:read'])
const NOTHING: ReadonlySet<string> = new Set()

/**
 * The holder of a platform token: one that a program of the operator’s own got for itself from the first tenant’s realm.
 * Its scopes say what it may do; it may have none.
 * @returns undefined for a token of an admin realm, which is another authenticator’s
 * @throws Failure `invalid_token`, `access_denied` for a token of a person or of another program
 */
export async function platformTokenHolder(services: Services, jwt: string): Promise<PlatformHolder | undefined> {
  const claims = claimsOf(jwt)
  const issuing = typeof claims?.iss === 'string' ? await realmOfIssuer(services, claims.iss) : undefined
  if (!issuing || issuing.realm.kind === 'admin') return undefined
  const { realm, tenantStatus } = issuing
  // The stored issuance decides: it covers signature, times, revocation and the client’s status.
  const live = await liveBearerToken(openContext(services, NOBODY, { tenantId: realm.tenantId, realm }), jwt)
  if (!live || !realm.enabled || tenantStatus !== 'active') throw new Failure('invalid_token')
  if (!isPlatformToken(live)) throw new Failure('access_denied')
  return holderOf(services, live)
}

function isPlatformToken({ issued, client, claims }: LiveToken): boolean {
  return issued.userId === null && claims.platform_token === true && isPlatformProgram(client.ownership)
}

// A scope counts only while the program still has it, as an administrator’s role does.
function holderOf({ registry }: Services, { issued, client }: LiveToken): PlatformHolder {
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
