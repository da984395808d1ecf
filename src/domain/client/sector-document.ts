// Fetches the document at a `sector_identifier_uri`, which lists the redirect URIs of the clients of a sector
// (OpenID Connect Dynamic Client Registration §5).
import { Failure, flawed } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import type { Client } from './client.ts'

/** A document as it was fetched. */
export interface SectorDocument {
  readonly uri: string
  readonly redirectUris: ReadonlySet<unknown>
}

type Sector = Pick<Client, 'sectorIdentifierUri' | 'redirectUris'>

/**
 * Fetches the document of a client if the client must be in it. It is fetched before the write that needs it.
 * @param before the client before a change; undefined for a new one
 * @returns undefined if the client has no document, or if a change does not touch what the document is about
 * @throws Failure `invalid_input` if it cannot be fetched or is no JSON array
 */
export async function fetchSectorDocument(
  { network, scope }: Pick<Context, 'network' | 'scope'>,
  change: Partial<Sector>,
  before?: Sector,
): Promise<SectorDocument | undefined> {
  if (!isTouched(before, change)) return undefined
  const uri = change.sectorIdentifierUri === undefined ? before?.sectorIdentifierUri : change.sectorIdentifierUri
  if (uri === null || uri === undefined) return undefined
  const document = await network.fetchJson(uri, { tenantId: scope.tenantId, maxAge: 0 }).catch((error) => {
    if (!(error instanceof Failure) || error.code !== 'unreachable_host') throw error
    throw flawed('sectorIdentifierUri', 'cannot be fetched')
  })
  if (!Array.isArray(document)) throw flawed('sectorIdentifierUri', 'is not the URL of a JSON array')
  return { uri, redirectUris: new Set(document) }
}

/**
 * Checks inside a write that the document of a client lists its redirect URIs.
 * @throws Failure `invalid_input`
 */
export function checkSectorDocument(
  before: Sector | undefined,
  after: Sector,
  document: SectorDocument | undefined,
): void {
  if (after.sectorIdentifierUri === null || !isTouched(before, after)) return
  if (document?.uri !== after.sectorIdentifierUri) {
    throw flawed('redirectUris', 'the client has a sector_identifier_uri: change the client itself')
  }
  const missing = after.redirectUris.find((uri) => !document.redirectUris.has(uri))
  if (missing !== undefined) throw flawed('redirectUris', `the document at sector_identifier_uri lacks ${missing}`)
}

function isTouched(before: Sector | undefined, change: Partial<Sector>): boolean {
  const differs = (name: keyof Sector) =>
    change[name] !== undefined && JSON.stringify(change[name]) !== JSON.stringify(before?.[name])
  return differs('sectorIdentifierUri') || differs('redirectUris')
}
