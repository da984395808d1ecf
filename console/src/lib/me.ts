// Owns who uses the console, and what this caller may do.
import type { Operations } from '../made/types.ts'
import { call } from './api.ts'
import type { Operation } from './operations.ts'

export type Me = Operations['me.get']['reply']

const WIDTHS: Readonly<Record<string, number>> = { platform: 4, partner: 3, tenant: 2, realm: 1 }

let me: Me | undefined

/** Asks who calls. @throws ApiError */
export async function loadMe(): Promise<Me> {
  me = (await call('me.get')).value
  return me
}

/** Who calls; undefined before the first answer. */
export const currentMe = (): Me | undefined => me

/** Forgets who called. */
export function forgetMe(): void {
  me = undefined
}

/** Whether the caller holds a permission, by itself or by a pattern. */
export function holds(permissions: readonly string[], needed: string): boolean {
  const [noun, verb] = needed.split(':')
  if (needed === 'me:read' || permissions.includes(needed) || permissions.includes(`${noun}:*`)) return true
  return noun !== 'credentials' && (permissions.includes('*') || permissions.includes(`*:${verb}`))
}

/** Whether the caller may use an operation: what may not be used is not shown. */
export function may(operation: Operation | undefined): operation is Operation {
  if (!me || !operation) return false
  const isWide = (WIDTHS[me.reach] ?? 0) >= (WIDTHS[operation.reach] ?? 9)
  const makes = operation.makesCredentials && me.kind !== 'user' && !holds(me.permissions, 'credentials:write')
  return isWide && !makes && holds(me.permissions, operation.permission)
}
