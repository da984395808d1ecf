// Owns the steps of an admin request, the same for every surface: authenticate, find the scope, authorize, run, reply.
import { type Actor, isReachWideEnough, type Origin } from '#domain/actor.ts'
import type { Context } from '#domain/context.ts'
import { isLogRead } from '#domain/log-reads.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import { checkFreshSignIn } from '#domain/permitted.ts'
import { openPlaces } from '#domain/places.ts'
import { Failure } from '#kernel/error.ts'
import type { AnyOperation, AnyStreamOperation } from '#kernel/operation.ts'
import { parse } from '#kernel/parse.ts'
import { CREDENTIALS, type Permission, permits } from '#kernel/permission.ts'
import { createPace } from '#outside/pace.ts'
import type { Authenticators, Route, Surface, WireHead, WireReply, WireRequest } from '#surfaces/surface.ts'
import { inWireNames } from '#surfaces/wire-failure.ts'
import { takePlace } from './caller-budget.ts'
import { withClientIds, withClientNames } from './client-names.ts'
import { noteDenied } from './denied.ts'
import { runOnce } from './idempotency.ts'

/** How old the check of a stream's caller may be when an output is sent, in milliseconds. */
const CHECK_VALID_FOR = 1000
/** How often the caller is checked while nothing is sent, in milliseconds. */
const IDLE_CHECK_EVERY = 15_000

/** How many outputs a long read sends between two rests. */
const OUTPUTS_PER_REST = 100

/** Who one is may be asked by everybody who has a credential. */
const OF_EVERY_CALLER = 'me:read' satisfies Permission

const startReading = createPace()

/** A reply that sends outputs one by one, each with the id that a client continues after. */
export interface StreamReply {
  readonly stream: AsyncIterable<unknown>
}

/** A row and its surface. */
interface Row {
  readonly surface: Surface
  readonly route: Route
}

/** A request whose body is read only for a caller that is known: reading a large one takes time. */
export interface AskedRequest {
  readonly head: WireHead
  /** @throws Failure `unsupported_media_type`, `invalid_request` */
  readonly readBody: () => unknown
}

/** An operation that a caller may run, with the context and the input to run it with. */
interface Authorized {
  readonly context: Context
  readonly input: unknown
}

/**
 * Answers a request for a row.
 * @throws Failure which the surface renders
 */
export async function dispatch(
  services: Services,
  authenticators: Authenticators,
  { surface, route }: Row,
  { head, readBody }: AskedRequest,
  origin: Origin,
  signal: AbortSignal,
): Promise<WireReply | StreamReply> {
  const authenticate = route.authenticate ?? surface.authenticate
  const actor: Actor = { ...(await authenticate(head, authenticators)), origin }
  const request = { ...head, body: await readBody() }
  const { wireName } = route
  try {
    const authorized = await authorize(services, actor, { surface, route }, request)
    if ('follow' in route.operation) {
      // The signal is aborted when the connection closes, also if nobody reads the stream.
      const giveBack = takePlace(services, route.operation.longRead ? 'longReads' : 'streams', actor.id)
      if (signal.aborted) giveBack()
      signal.addEventListener('abort', giveBack, { once: true })
      const isStillAuthorizedNow = () =>
        isStillAuthorized(services, authenticators, { surface, route }, request, authorized.context)
      const outputs = replies(services, route.operation, route, authorized, request, {
        signal,
        isStillAuthorized: isStillAuthorizedNow,
      })
      return route.toStream ? { status: route.status, ...route.toStream(outputs, request) } : { stream: outputs }
    }
    const giveBack = route.operation.longRead ? takePlace(services, 'longReads', actor.id) : undefined
    try {
      return await runOperation(services, route.operation, route, authorized, request, signal)
    } finally {
      giveBack?.()
    }
  } catch (error) {
    throw wireName ? inWireNames(error, wireName) : error
  }
}

async function runOperation(
  services: Services,
  operation: AnyOperation,
  route: Route,
  { context, input }: Authorized,
  request: WireRequest,
  signal: AbortSignal,
): Promise<WireReply> {
  const reading = operation.longRead && startReading(signal)
  const answer = async (inside: Context): Promise<WireReply> => {
    const elsewhere = outputsElsewhere(services, operation, inside, input, signal)
    const output = elsewhere ? await firstOf(elsewhere) : await operation.run(inside, input, reading)
    const reply = { status: route.status, ...route.toReply(output, request) }
    const { clientMembers } = route
    return clientMembers ? { ...reply, body: await withClientNames(inside, reply.body, clientMembers) } : reply
  }
  const key = request.headers['idempotency-key']
  return request.method === 'POST' && typeof key === 'string' ? runOnce(context, key, request, answer) : answer(context)
}

/** The outputs of a read of a log from a thread of its own; undefined if the operation runs here. */
function outputsElsewhere(
  { logReads, database }: Services,
  { name }: AnyOperation | AnyStreamOperation,
  { scope: { tenantId } }: Context,
  input: unknown,
  signal: AbortSignal,
): AsyncIterable<unknown> | undefined {
  if (!isLogRead(name) || logReads === undefined) return undefined
  const outputs = logReads.outputs({ name, tenantId, input }, signal)
  const { placeTokens } = database.read
  return placeTokens ? after(placeTokens([tenantId]), outputs) : outputs
}

async function* after(first: Promise<void>, outputs: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  await first
  yield* outputs
}

async function firstOf(outputs: AsyncIterable<unknown>): Promise<unknown> {
  for await (const output of outputs) return output
  throw new Error('A read had no output.')
}

/** Checks permission and reach before the input, so that a caller without rights learns nothing from the input's errors. */
async function authorize(
  services: Services,
  actor: Actor,
  { surface, route }: Row,
  request: WireRequest,
): Promise<Authorized> {
  const places = openPlaces(services, actor, surface.outOfReach)
  const located = route.locate ? { ...request, params: await route.locate(request.params, places) } : request
  const scope = await route.scope(located, places, actor)
  const context = openContext(services, actor, scope)
  await checkPermission(services, context, route)
  if (!services.proxy && (route.needs ?? route.operation.needs) === 'proxy') {
    throw new Failure('not_found', 'The proxy is off: the server was started without proxy_address.')
  }
  if (route.operation.freshSignIn) checkFreshSignIn(context)
  const { clientMembers } = route
  const sent = clientMembers ? { ...located, body: await withClientIds(context, located.body, clientMembers) } : located
  return { context, input: parse(route.operation.input, route.toInput(sent, { actor, scope })) }
}

/** The permission that a caller lacks for an operation, or has with too small a reach; undefined if the caller may use it. */
function missingPermission(
  { kind, reach: held, permissions }: Actor,
  { operation, reach }: Pick<Route, 'operation' | 'reach'>,
): Permission | undefined {
  const { permission, makesCredentials } = operation
  if (!isReachWideEnough(held.kind, reach ?? operation.reach)) return permission
  if (permission !== OF_EVERY_CALLER && !permits(permissions, permission)) return permission
  // A stolen key of a program must not become another one, unless it was meant to make them.
  if (makesCredentials && kind !== 'user' && !permits(permissions, CREDENTIALS)) return CREDENTIALS
  return undefined
}

async function checkPermission(
  services: Services,
  context: Context,
  { operation, reach = operation.reach }: Route,
): Promise<void> {
  const permission = missingPermission(context.actor, { operation, reach })
  if (permission === undefined) return
  await noteDenied(services, context, { operation, reach }, permission)
  const also = permission === operation.permission ? '' : ', which programs need to create credentials,'
  throw new Failure('forbidden', `This needs the permission ${permission}${also} with the reach of a ${reach}.`)
}

/**
 * Whether the caller of an open stream could open it now. A credential may have expired, a role may have been removed, or
 * the tenant may have moved to another partner. Does not throw.
 */
async function isStillAuthorized(
  services: Services,
  authenticators: Authenticators,
  { surface, route }: Row,
  request: WireRequest,
  { actor: earlier, scope }: Context,
): Promise<boolean> {
  try {
    const authenticate = route.authenticate ?? surface.authenticate
    const actor: Actor = { ...(await authenticate(request, authenticators)), origin: earlier.origin }
    const { tenantId } = await route.scope(request, openPlaces(services, actor, surface.outOfReach), actor)
    return tenantId === scope.tenantId && missingPermission(actor, route) === undefined
  } catch {
    return false
  }
}

async function* replies(
  services: Services,
  operation: AnyStreamOperation,
  route: Route,
  { context, input }: Authorized,
  request: WireRequest,
  { signal, isStillAuthorized }: { readonly signal: AbortSignal; readonly isStillAuthorized: () => Promise<boolean> },
): AsyncIterable<unknown> {
  const ended = new AbortController()
  let checkedAt = context.clock.now()
  const check = async () => {
    if (!(await isStillAuthorized())) ended.abort()
    checkedAt = context.clock.now()
  }
  const idle = setInterval(check, IDLE_CHECK_EVERY)
  idle.unref()
  const reading = operation.longRead && startReading(signal)
  let sent = 0
  try {
    const until = AbortSignal.any([signal, ended.signal])
    const outputs =
      outputsElsewhere(services, operation, context, input, until) ?? operation.follow(context, input, until)
    for await (const output of outputs) {
      if (context.clock.now() - checkedAt >= CHECK_VALID_FOR) await check()
      // A stream ends; what has an end of its own must not seem to be complete.
      if (ended.signal.aborted && operation.longRead) throw new Failure('forbidden')
      if (ended.signal.aborted) return
      sent += 1
      if (sent % OUTPUTS_PER_REST === 0) await reading?.rest()
      yield route.toStream ? output : route.toReply(output, request).body
    }
  } finally {
    clearInterval(idle)
  }
}
