// The way of an admin request, the same for every surface: who, about what, may they, with what, do it, say it.
import { type Actor, type Context, type Origin, reachesFar } from '#domain/context.ts'

import { type House, openContext } from '#domain/open-context.ts'
import { openPlaces } from '#domain/places.ts'
import { Failure } from '#kernel/error.ts'
import type { AnyOperation, AnyStreamOperation } from '#kernel/operation.ts'
import { parse } from '#kernel/parse.ts'
import { permits } from '#kernel/permission.ts'
import type { Doors, Route, Surface, WireReply, WireRequest } from '#surfaces/surface.ts'
import { onlyOnce } from './idempotency.ts'

/** How long a stream’s caller counts as admitted, in milliseconds, before something is told; and while nothing is. */
const ADMITTED_FOR = 1000
const ADMITTED_IDLE = 15_000

/** What an answer may be besides a whole one: outputs as they come, each with the id to go on from. */
export interface StreamReply {
  readonly stream: AsyncIterable<unknown>
}

/** A row and the surface that it is of. */
interface Row {
  readonly surface: Surface
  readonly route: Route
}

/** An operation that a caller may run, with the context and the input to run it with. */
interface Admitted {
  readonly context: Context
  readonly input: unknown
}

/**
 * Answers one request for one row.
 * @throws Failure what the surface has to render
 */
export async function dispatch(
  house: House,
  doors: Doors,
  { surface, route }: Row,
  request: WireRequest,
  origin: Origin,
  signal: AbortSignal,
): Promise<WireReply | StreamReply> {
  const actor: Actor = { ...(await surface.authenticate(request, doors)), origin }
  const spell = route.spell
  try {
    const admitted = await admit(house, actor, { surface, route }, request)
    if ('follow' in route.operation) {
      const isStill = () => isStillAdmitted(house, doors, { surface, route }, request, admitted.context)
      return { stream: replies(route.operation, route, admitted, request, { signal, isStill }) }
    }
    return await carryOut(route.operation, route, admitted, request)
  } catch (error) {
    throw spell ? spelled(error, spell) : error
  }
}

async function carryOut(
  operation: AnyOperation,
  route: Route,
  { context, input }: Admitted,
  request: WireRequest,
): Promise<WireReply> {
  const answer = async (inside: Context): Promise<WireReply> => {
    const output = await operation.run(inside, input)
    return { status: route.status, ...route.toReply(output, request) }
  }
  const key = request.headers['idempotency-key']
  return request.method === 'POST' && typeof key === 'string'
    ? onlyOnce(context, key, request, answer)
    : answer(context)
}

/** Checks permission and reach before the input, so that who may not call learns nothing from it. */
async function admit(house: House, actor: Actor, { surface, route }: Row, request: WireRequest): Promise<Admitted> {
  const scope = await route.scope(request, openPlaces(house, actor, surface.outOfReach), actor)
  const context = openContext(house, actor, scope)
  await authorise(context, route)
  return { context, input: parse(route.operation.input, route.toInput(request)) }
}

function mayUse(
  { reach: held, permissions }: Actor,
  { operation, reach }: Pick<Route, 'operation' | 'reach'>,
): boolean {
  return reachesFar(held.kind, reach ?? operation.reach) && permits(permissions, operation.permission)
}

async function authorise(context: Context, { operation, reach = operation.reach }: Route): Promise<void> {
  if (mayUse(context.actor, { operation, reach })) return
  await context.write((unit) => {
    unit.emit('access.denied', {
      subject: { type: 'operation', id: operation.name },
      result: 'failure',
      data: { permission: operation.permission, reach },
    })
  })
  throw new Failure('forbidden', `This needs the permission ${operation.permission} with the reach of a ${reach}.`)
}

/**
 * Whether who began to follow something could begin it now: a credential ends, a role is taken away, a tenant goes to
 * another partner, and what was opened before must not outlive that. Does not throw.
 */
async function isStillAdmitted(
  house: House,
  doors: Doors,
  { surface, route }: Row,
  request: WireRequest,
  { actor: before, scope }: Context,
): Promise<boolean> {
  try {
    const actor: Actor = { ...(await surface.authenticate(request, doors)), origin: before.origin }
    const { tenantId } = await route.scope(request, openPlaces(house, actor, surface.outOfReach), actor)
    return tenantId === scope.tenantId && mayUse(actor, route)
  } catch {
    return false
  }
}

async function* replies(
  operation: AnyStreamOperation,
  route: Route,
  { context, input }: Admitted,
  request: WireRequest,
  { signal, isStill }: { readonly signal: AbortSignal; readonly isStill: () => Promise<boolean> },
): AsyncIterable<unknown> {
  const over = new AbortController()
  let lookedAt = context.clock.now()
  const look = async () => {
    if (!(await isStill())) over.abort()
    lookedAt = context.clock.now()
  }
  const idle = setInterval(look, ADMITTED_IDLE)
  idle.unref()
  try {
    for await (const output of operation.follow(context, input, AbortSignal.any([signal, over.signal]))) {
      if (context.clock.now() - lookedAt >= ADMITTED_FOR) await look()
      if (over.signal.aborted) return
      yield route.toReply(output, request).body
    }
  } finally {
    clearInterval(idle)
  }
}

/** The same failure, its flaws named as the wire names the parts of the input. */
function spelled(error: unknown, spell: (path: string) => string): unknown {
  if (!(error instanceof Failure) || !error.detail.flaws) return error
  const flaws = error.detail.flaws.map(({ path, message }) => ({ path: spell(path), message }))
  return new Failure(error.code, { ...error.detail, flaws })
}
