import { native } from './native/native.surface.ts'
import type { Surface } from './surface.ts'

/** A surface that is loaded when it is first asked for: an installation that serves one API does not pay for the others. */
export interface Wing {
  readonly name: string
  /** Where all its paths begin, with `{name}` for a parameter. */
  readonly under: readonly `/${string}`[]
  readonly load: () => Promise<Surface>
}

/** Every documented API besides the native one. */
export const wings: readonly Wing[] = [
  {
    name: 'scaikey',
    under: ['/api/v1/admin'],
    load: async () => (await import('./scaikey/scaikey.surface.ts')).scaikey,
  },
  { name: 'zautha', under: ['/v1/admin'], load: async () => (await import('./zautha/zautha.surface.ts')).zautha },
  {
    name: 'scim',
    under: ['/scim/v2', '/v1/realms/{issuer_id}/scim/v2'],
    load: async () => (await import('./scim/scim.surface.ts')).scim,
  },
]

/** Every documented API that the admin listener serves, loaded; the first one is the native API. */
export async function everySurface(): Promise<readonly [Surface, ...Surface[]]> {
  return [native, ...(await Promise.all(wings.map(({ load }) => load())))]
}
