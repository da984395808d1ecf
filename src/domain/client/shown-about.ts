// What people see of what a client says about itself: only what is at the host that the page names (RFC 7591 §5).
import type { Context } from '../context.ts'
import type { Image } from '../outside.ts'
import type { Client, ClientAbout } from './client.ts'

/** A page of a client. */
export interface ClientLink {
  readonly kind: 'website' | 'policy' | 'terms'
  readonly uri: string
}

const LINKS = { website: 'clientUri', policy: 'policyUri', terms: 'tosUri' } as const
const HOUR = 3_600_000
const LOGO_KEPT = { atLeast: HOUR, atMost: 24 * HOUR }

/**
 * The pages of a client that are at a host: somebody else’s would make it look like theirs.
 * @param host the host by which people know the client, with its port; undefined for none
 */
export function linksOf({ about }: Pick<Client, 'about'>, host: string | undefined): ClientLink[] {
  return Object.entries(LINKS).flatMap(([kind, field]) => {
    const uri = addressAt(about?.[field], host)
    return uri === undefined ? [] : [{ kind: kind as ClientLink['kind'], uri }]
  })
}

/**
 * The logo of a client, if it is at a host and can be fetched in time.
 * @param host the host by which people know the client, with its port; undefined for none
 */
export async function logoOf(
  { network, scope }: Pick<Context, 'network' | 'scope'>,
  { about }: { readonly about: ClientAbout | null },
  host: string | undefined,
): Promise<Image | undefined> {
  const uri = addressAt(about?.logoUri, host)
  if (uri === undefined) return undefined
  return network.fetchImage(uri, { tenantId: scope.tenantId, maxAge: LOGO_KEPT }).catch(() => undefined)
}

function addressAt(uri: string | undefined, host: string | undefined): string | undefined {
  if (uri === undefined || host === undefined || !URL.canParse(uri)) return undefined
  const url = new URL(uri)
  return url.protocol === 'https:' && url.host === host ? uri : undefined
}
