// Says who a person is to a client: the public id, or an identifier that only the clients of one sector know
// (OpenID Connect Core §8).
import { type Id, parseId, renderId } from '#kernel/id.ts'
import type { Crypto } from '../outside.ts'

interface Needs {
  readonly crypto: Pick<Crypto, 'disguiseId' | 'revealId'>
}

/** What the sector of a client follows from. */
interface Sector {
  readonly sectorIdentifierUri: string | null
  readonly redirectUris: readonly string[]
}

interface SectorClient extends Sector {
  readonly realmId: string
  readonly subjectType: 'public' | 'pairwise'
}

/**
 * The sector of a client: the host of its `sector_identifier_uri`, or the one host of its redirect URIs (OpenID Connect
 * Core §8.1).
 * @returns undefined if the redirect URIs have no host or several
 */
export function sectorOf({ sectorIdentifierUri, redirectUris }: Sector): string | undefined {
  if (sectorIdentifierUri !== null) return new URL(sectorIdentifierUri).host
  const [host, ...others] = new Set(redirectUris.map((uri) => new URL(uri).host))
  return host && others.length === 0 ? host : undefined
}

/** The `sub` of a person for a client. It is the same in all tokens and responses for the client. */
export function subjectOf(context: Needs, client: SectorClient, userId: Id): string {
  const purpose = purposeFor(client, 'user')
  return purpose === undefined ? renderId('user', userId) : context.crypto.disguiseId(purpose, userId)
}

/** The person of a `sub` that a client got, also before the client changed its subject type. */
export function personOf(context: Needs, client: SectorClient | undefined, sub: string): Id | undefined {
  return idBehind(context, client, 'user', sub)
}

/** The `sid` of a session for a client. One `sid` for all sectors would say which pairwise subjects are one person. */
export function sidOf(context: Needs, client: SectorClient, sessionId: Id): string {
  const purpose = purposeFor(client, 'session')
  return purpose === undefined ? renderId('session', sessionId) : context.crypto.disguiseId(purpose, sessionId)
}

/** The session of a `sid` that a client got. */
export function sessionBehind(context: Needs, client: SectorClient | undefined, sid: string): Id | undefined {
  return idBehind(context, client, 'session', sid)
}

function idBehind(
  { crypto }: Needs,
  client: SectorClient | undefined,
  noun: 'user' | 'session',
  text: string,
): Id | undefined {
  const purpose = client && purposeFor(client, noun)
  return parseId(noun, text) ?? (purpose === undefined ? undefined : crypto.revealId(purpose, text))
}

/** What the key is derived for; undefined for a client that gets public ids. */
function purposeFor(client: SectorClient, noun: 'user' | 'session'): string | undefined {
  if (client.subjectType === 'public') return undefined
  return `${noun} for ${client.realmId} ${sectorOf(client)}`
}
