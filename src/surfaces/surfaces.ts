import { native } from './native/native.surface.ts'
import { scaikey } from './scaikey/scaikey.surface.ts'
import { scim } from './scim/scim.surface.ts'
import type { Surface } from './surface.ts'
import { zautha } from './zautha/zautha.surface.ts'

/** Every documented API that the admin listener serves; the first one is the native API. */
export const surfaces: readonly [typeof native, ...Surface[]] = [native, scaikey, zautha, scim]
