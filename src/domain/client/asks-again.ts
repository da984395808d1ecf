// Decides which changes of a client end what people allowed it: they allowed a program that they knew by name and host.
import type { Client } from './client.ts'
import { placeOfRedirect } from './redirect-uri.ts'

type Known = Pick<Client, 'registeredBy' | 'label' | 'redirectUris'>

/**
 * Whether people have to be asked again after a change of a client: codes can go to another place than before, or a client
 * that nobody verified has another name.
 */
export function asksAgain(before: Known, after: Known): boolean {
  const places = new Set(before.redirectUris.map(placeOfRedirect))
  const isElsewhere = after.redirectUris.some((uri) => !places.has(placeOfRedirect(uri)))
  return isElsewhere || (before.registeredBy !== 'administrator' && before.label !== after.label)
}
