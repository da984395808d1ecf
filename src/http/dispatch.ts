// The way of an admin request, the same for every surface: who, about what, may they, with what, do it, say it.
import { type Actor, type Context, type Origin, reachesFar } from '#domain/context.ts'

import { type House, openContext } from '#domain/open-context.ts'
import { openPlaces } from '#domain/places.ts'
import { Failure } from '#kernel/error.ts'
import type { AnyStreamOperation } from '#kernel/operation.ts'
import { parse } from '#kernel/parse.ts'
import { permits } from '#kernel/permission.ts'
import type { Doors, Route, Surface, WireReply, WireRequest } from '#surfaces/surface.ts'
import { onlyOnce } from './idempotency.ts'

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
    return await carryOut(house, actor, { surface, route }, request, signal)
  } catch (error) {
    throw spell ? spelled(error, spell) : error
  }
}

async function carryOut(
  house: House,
  actor: Actor,
  { surface, route }: Row,
  request: WireRequest,
  signal: AbortSignal,
): Promise<WireReply | StreamReply> {
  const { context, input } = await admit(house, actor, { surface, route }, request)
  const { operation } = route
  if ('follow' in operation) return { stream: replies(operation, route, context, input, request, signal) }
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

async function authorise(context: Context, { operation, reach = operation.reach }: Route): Promise<void> {
  const { actor } = context
  if (reachesFar(actor.reach.kind, reach) && permits(actor.permissions, operation.permission)) return
  await context.write((unit) => {
    unit.emit('access.denied', {
      subject: { type: 'operation', id: operation.name },
      result: 'failure',
      data: { permission: operation.permission, reach },
    })
  })
  throw new Failure('forbidden', `This needs the permission ${operation.permission} with the reach of a ${reach}.`)
}

async function* replies(
  operation: AnyStreamOperation,
  route: Route,
  context: Context,
  input: unknown,
  request: WireRequest,
  signal: AbortSignal,
): AsyncIterable<unknown> {
  for await (const output of operation.follow(context, input, signal)) yield route.toReply(output, request).body
}

/** The same failure, its flaws named as the wire names the parts of the input. */
function spelled(error: unknown, spell: (path: string) => string): unknown {
  if (!(error instanceof Failure) || !error.detail.flaws) return error
  const flaws = error.detail.flaws.map(({ path, message }) => ({ path: spell(path), message }))
  return new Failure(error.code, { ...error.detail, flaws })
}
