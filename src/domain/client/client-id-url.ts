// Decides which client ids are addresses of metadata documents, and which of these a realm accepts
// (draft-ietf-oauth-client-id-metadata-document §3).
import type { RealmPolicy } from '../realm/realm.ts'

const LONGEST = 500
/** A host name with a dot or `localhost`, in lower case, and no IP address: the last label has a letter. */
const HOST = /^([a-z0-9-]+\.)*(?=[a-z0-9-]*[a-z])[a-z0-9-]+$/
/** Segments of a path that URL parsers take for `.` and `..` (URL Standard). */
const DOT_SEGMENT = /\/(\.|%2e){1,2}(?=[/?]|$)/i

/** Whether a client id is meant as the address of a metadata document. */
export function isDocumentAddress(clientId: string): boolean {
  return clientId.startsWith('https://')
}

/**
 * The problem of a client id as the address of a metadata document; undefined if it is valid. One address has one
 * spelling, because client ids are compared byte for byte.
 */
export function flawOfDocumentAddress(clientId: string): string | undefined {
  if (clientId.length > LONGEST) return `is longer than ${LONGEST} characters`
  if (!isDocumentAddress(clientId) || !URL.canParse(clientId)) return 'is not an https URL'
  if (clientId.includes('#')) return 'has a fragment'
  if (DOT_SEGMENT.test(clientId)) return 'has a dot segment'
  const { hostname, href, pathname, username, password } = new URL(clientId)
  if (username || password) return 'has user information'
  if (!HOST.test(hostname)) return 'has no host name'
  if (!clientId.slice('https://'.length).includes('/') || pathname === '') return 'has no path'
  return href === clientId ? undefined : 'is not in its normal form'
}

/** Whether a realm accepts clients at the host of an address. */
export function acceptsDocumentAt({ clientIdMetadata, clientIdMetadataHosts }: RealmPolicy, clientId: string): boolean {
  if (clientIdMetadata === 'off' || flawOfDocumentAddress(clientId) !== undefined) return false
  return clientIdMetadata === 'any_https' || clientIdMetadataHosts.includes(hostOfDocument(clientId))
}

/** Whether a realm accepts any such clients (draft §6). */
export function acceptsDocuments({ clientIdMetadata, clientIdMetadataHosts }: RealmPolicy): boolean {
  return clientIdMetadata === 'any_https' || (clientIdMetadata === 'allow_list' && clientIdMetadataHosts.length > 0)
}

/** The host of an address, with the port where it is not 443: whom the client is from. */
export function hostOfDocument(clientId: string): string {
  return new URL(clientId).host
}
