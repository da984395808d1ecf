// Who asks a person for access: the host by which pages name a client.
import type { Client } from '#domain/client/client.ts'
import { hostOfDocument } from '#domain/client/client-id-url.ts'
import { destinationOf } from './views/destination.ts'

type Named = Pick<Client, 'registeredBy' | 'clientId' | 'redirectUris'>

/** The host of a client: that of its metadata document, or else of the site that the person returns to. */
export function hostOfClient({ registeredBy, clientId }: Named, redirectUri: string): string | undefined {
  if (registeredBy === 'metadata_document') return hostOfDocument(clientId)
  return webHost([redirectUri])
}

/**
 * The host of a client that sends the person nowhere. Nothing shows that the redirect URIs of a client that registered
 * itself are its own, so that it has none.
 */
export function hostWithoutRedirect({ registeredBy, clientId, redirectUris }: Named): string | undefined {
  if (registeredBy === 'metadata_document') return hostOfDocument(clientId)
  return registeredBy === 'administrator' ? webHost(redirectUris) : undefined
}

function webHost(uris: readonly string[]): string | undefined {
  return uris.map(destinationOf).find(({ kind }) => kind === 'web')?.label
}
