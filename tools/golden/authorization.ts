// Writes the matrix of who may call which row.
import { isReachWideEnough } from '#domain/actor.ts'
import { permits } from '#kernel/permission.ts'
import type { Caller } from '#surfaces/callers.ts'
import type { Route, Surface } from '#surfaces/surface.ts'
import { columns } from './contracts.ts'

/**
 * Every row of every surface by every kind of caller of the surface. A cell contains the reach of the caller; a hyphen
 * means that the call is refused; an empty cell means that the surface has no such caller.
 */
export function authorizationText(surfaces: readonly Surface[]): string {
  const names = [...new Set(surfaces.flatMap(({ callers }) => callers.map(({ name }) => name)))]
  const rows = surfaces.flatMap((surface) =>
    surface.routes.map((route) => [
      surface.name,
      route.method,
      route.path,
      route.operation.permission,
      ...names.map((name) => {
        const caller = (route.callers ?? surface.callers).find((known) => known.name === name)
        return caller ? cell(caller, route) : ''
      }),
    ]),
  )
  return columns([['surface', 'method', 'path', 'permission', ...names], ...rows])
}

function cell({ reach, permissions }: Caller, { operation, reach: needed = operation.reach }: Route): string {
  return isReachWideEnough(reach, needed) && permits(new Set(permissions), operation.permission) ? reach : '-'
}
