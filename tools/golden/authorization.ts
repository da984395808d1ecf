import { reachesFar } from '#domain/context.ts'
import { permits } from '#kernel/permission.ts'
import type { Caller } from '#surfaces/callers.ts'
import type { Route, Surface } from '#surfaces/surface.ts'
import { columns } from './contracts.ts'

/**
 * Who may call what, and about how much: every row of every surface by every kind of caller that the surface lets in.
 * A cell says how far the caller’s hand goes there; a dash, that it is refused; a blank, that the surface does not know
 * such a caller.
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
        const caller = surface.callers.find((known) => known.name === name)
        return caller ? cell(caller, route) : ''
      }),
    ]),
  )
  return columns([['surface', 'method', 'path', 'permission', ...names], ...rows])
}

function cell({ reach, permissions }: Caller, { operation, reach: needed = operation.reach }: Route): string {
  return reachesFar(reach, needed) && permits(new Set(permissions), operation.permission) ? reach : '-'
}
