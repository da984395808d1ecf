// Which APIs there are, where their paths begin, and how they are loaded.
import { DEFAULT_PROFILE, registerWebhookProfile } from '#domain/webhook/profile.ts'
import { native } from './native/native.surface.ts'
import { nativeWebhookProfile } from './native/webhook-profile.ts'
import { scaikeyWebhookProfile } from './scaikey/webhook-profile.ts'
import { sharkauthWebhookProfile } from './sharkauth/webhook-profile.ts'
import type { Surface } from './surface.ts'
import { zauthaWebhookProfile } from './zautha/webhook-profile.ts'

// A surface is loaded when it is first asked for. Its webhooks deliver before that.
registerWebhookProfile(DEFAULT_PROFILE, nativeWebhookProfile)
registerWebhookProfile('scaikey', scaikeyWebhookProfile)
registerWebhookProfile('zautha', zauthaWebhookProfile)
registerWebhookProfile('sharkauth', sharkauthWebhookProfile)

/** A surface that is loaded when it is first asked for: an installation that serves one API does not pay for the others. */
export interface LazySurface {
  readonly name: string
  /** Where all its paths begin, with `{name}` for a parameter. */
  readonly under: readonly `/${string}`[]
  readonly load: () => Promise<Surface>
}

/** Every documented API besides the native one. */
export const lazySurfaces: readonly LazySurface[] = [
  {
    name: 'scaikey',
    under: ['/api/v1/admin'],
    load: async () => (await import('./scaikey/scaikey.surface.ts')).scaikey,
  },
  {
    name: 'sharkauth',
    under: ['/api/v1'],
    load: async () => (await import('./sharkauth/sharkauth.surface.ts')).sharkauth,
  },
  {
    name: 'authplane',
    under: ['/admin'],
    load: async () => (await import('./authplane/authplane.surface.ts')).authplane,
  },
  { name: 'zautha', under: ['/v1/admin'], load: async () => (await import('./zautha/zautha.surface.ts')).zautha },
  {
    name: 'scim',
    under: ['/scim/v2', '/v1/realms/{issuer_id}/scim/v2'],
    load: async () => (await import('./scim/scim.surface.ts')).scim,
  },
]

/** The lazySurfaces whose addresses mingle, together: one lies under another, so that both are mounted at once. */
export function lazySurfaceGroups(): readonly (readonly LazySurface[])[] {
  const groups: LazySurface[][] = []
  for (const lazySurface of lazySurfaces) {
    const group = groups.find((others) => others.some((other) => mingle(other, lazySurface)))
    if (group) group.push(lazySurface)
    else groups.push([lazySurface])
  }
  return groups
}

function mingle(one: LazySurface, other: LazySurface): boolean {
  const lies = (a: string, b: string) => `${a}/`.startsWith(`${b}/`)
  return one.under.some((a) => other.under.some((b) => lies(a, b) || lies(b, a)))
}

/** Every documented API that the admin listener serves, loaded; the first one is the native API. */
export async function everySurface(): Promise<readonly [Surface, ...Surface[]]> {
  return [native, ...(await Promise.all(lazySurfaces.map(({ load }) => load())))]
}
