// Calls the rows of the surfaces, but for those of the command line, and records what is sent and what comes back.
import type { ExampleOfOperation, Examples } from '#surfaces/examples.ts'
import { routesById } from '#surfaces/openapi.ts'
import type { Route, Surface } from '#surfaces/surface.ts'
import { everySurface } from '#surfaces/surfaces.ts'
import { issuerOfClient, makeAdminClient } from './admin-realm.ts'
import { administrator } from './control-plane.ts'
import { steady } from './example-values.ts'
import { startReceiver } from './receiver.ts'
import { bodyOf, queryOf } from './row-schema.ts'
import { startServer } from './server.ts'
import { type Known, WALKS, type Walk, type WalkPlace } from './surface-walks.ts'

/**
 * Calls every row of all surfaces on a new server, but for those that the examples of the command line call.
 * @returns by surface and `operationId`: the bodies, without what differs from one run to the next
 * @throws Error for a row that refuses its example
 */
export async function runSurfaceExamples(): Promise<Readonly<Record<string, Examples>>> {
  const receiver = await startReceiver()
  const server = await startServer({ env: { COUNTERSIGN_LOG_LEVEL: 'error', COUNTERSIGN_DEV_INBOX: 'true' } })
  try {
    const issuer = issuerOfClient(await makeAdminClient(server))
    const { token } = await administrator(server, issuer, { role: 'super_admin' })
    const place = { server, superAdmin: token, hook: receiver.url }
    const recorded: Record<string, Record<string, ExampleOfOperation>> = {}
    const surfaces = await everySurface()
    for (const walk of WALKS) {
      const surface = surfaces.find(({ name }) => name === walk.surface)
      if (surface) recorded[walk.surface] = { ...recorded[walk.surface], ...(await take(walk, surface, place)) }
    }
    return recorded
  } finally {
    await server.stop()
    await receiver.down()
  }
}

async function take(walk: Walk, surface: Surface, place: WalkPlace): Promise<Record<string, ExampleOfOperation>> {
  const { token, known } = await walk.prepare(place)
  const recorded: Record<string, ExampleOfOperation> = {}
  for (const [id, route] of inOrder(routesById(surface), walk.under)) {
    const own = `${route.method} ${route.path.slice(walk.under.length)}`
    const request = bodyOf(route) && walk.bodies[own]?.(known)
    if (bodyOf(route) && !request) throw new Error(`Say in src/testing/surface-walks.ts what ${own} is sent.`)
    const query = walk.queries?.[own] ?? shortPage(route)
    const about = walk.about?.[route.path.slice(walk.under.length)]
    const path = `${pathOf(route, about ? { ...known, ...about } : known)}${query && `?${encodeURI(query)}`}`
    const reply = await place.server.call(route.method, path, { key: token, body: request })
    if (reply.status !== route.status) {
      throw new Error(`${route.method} ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`)
    }
    remember(known, route, reply.body)
    recorded[id] = {
      ...(request && { request: steady(request) }),
      ...(reply.body !== undefined && { reply: steady(reply.body) }),
    }
  }
  return recorded
}

/** What creates, then what changes, then what shows, then what ends something: that begins with what was made last. */
function inOrder(routes: ReadonlyMap<string, Route>, under: string): readonly (readonly [string, Route])[] {
  const own = [...routes].filter(([, { path }]) => `${path}/`.startsWith(`${under}/`))
  const ranks = [0, 1, 2].flatMap((rank) => own.filter(([, route]) => rankOf(route) === rank))
  return [...ranks, ...own.filter(([, route]) => rankOf(route) === 3).reverse()]
}

function rankOf({ method, path, status }: Route): number {
  if (method === 'DELETE' || path.endsWith('/revoke')) return 3
  if (method === 'GET' || path.endsWith('/.search')) return 2
  return status === 201 ? 0 : 1
}

/** A list with one item on its first page, where its length can be chosen. */
function shortPage(route: Route): string {
  const size = ['per_page', 'limit', 'count'].find((name) => name in queryOf(route))
  return size === undefined ? '' : `${size}=1`
}

/** What parameters name that have no word of their own before them. */
const NAMED: Readonly<Record<string, string>> = { user_id: 'users' }

function pathOf({ path }: Route, known: Known): string {
  const filled = path.replace(/([\w-]+)\/\{(\w+)\}/g, (_, word: string, name: string, at: number) => {
    // Two collections of one surface may have the same name.
    const id = known[`${path.slice(0, at)}${word}`] ?? known[NAMED[name] ?? name] ?? known[word]
    if (id === undefined) throw new Error(`Nothing is known for {${name}} of ${path}.`)
    return `${word}/${id}`
  })
  return filled.replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? name)
}

/** Keeps the id of what a row created or lists, unless one is known. */
function remember(known: Known, { path }: Route, reply: unknown): void {
  const word = path.split('/').at(-1) ?? ''
  const id = word.endsWith('}') ? undefined : idIn(reply)
  if (id !== undefined) known[word] ??= id
}

/** The id of a thing, or of the first one on a page. */
function idIn(reply: unknown): string | undefined {
  if (typeof reply !== 'object' || reply === null) return undefined
  if ('id' in reply) return String(reply.id)
  const list = Array.isArray(reply) ? reply : Object.values(reply).find(Array.isArray)
  return list === undefined ? undefined : idIn(list[0])
}
