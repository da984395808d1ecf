// The way of an admin request, the same for every surface: who, about what, may they, with what, do it, say it.
import type { Actor, Context, Origin, Reach, Scope } from '#domain/context.ts'
import { type House, openContext } from '#domain/open-context.ts'
import type { FoundRealm } from '#domain/realm/realm.store.ts'
import { Failure } from '#kernel/error.ts'
import { PLATFORM, parseId } from '#kernel/id.ts'
import type { AnyOperation, AnyStreamOperation } from '#kernel/operation.ts'
import { parse } from '#kernel/parse.ts'
import { permits } from '#kernel/permission.ts'
import type { Doors, Route, Surface, WireReply, WireRequest } from '#surfaces/surface.ts'
import { onlyOnce } from './idempotency.ts'

/** What an answer may be besides a whole one: outputs as they come, each with the id to go on from. */
export interface StreamReply {
  readonly stream: AsyncIterable<unknown>
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
  { surface, route }: { surface: Surface; route: Route },
  request: WireRequest,
  origin: Origin,
  signal: AbortSignal,
): Promise<WireReply | StreamReply> {
  const actor: Actor = { ...(await surface.authenticate(request, doors)), origin }
  const { context, input } = await admit(house, actor, route, request)
  const { operation } = route
  if ('follow' in operation) return { stream: replies(operation, route, context, input, signal) }
  const carryOut = async (inside: Context): Promise<WireReply> => {
    const output = await operation.run(inside, input)
    return { status: route.status, ...route.toReply(output) }
  }
  const key = request.headers['idempotency-key']
  return request.method === 'POST' && typeof key === 'string'
    ? onlyOnce(context, key, request, carryOut)
    : carryOut(context)
}

/** Checks permission and reach before the input, so that who may not call learns nothing from it. */
export async function admit(house: House, actor: Actor, route: Route, request: WireRequest): Promise<Admitted> {
  const scope = await scopeOf(house, actor, route, request)
  const context = openContext(house, actor, scope)
  await authorise(context, route.operation)
  return { context, input: parse(route.operation.input, route.toInput(request)) }
}

async function authorise(context: Context, operation: AnyOperation | AnyStreamOperation): Promise<void> {
  const { actor } = context
  const wide = { platform: 3, tenant: 2, realm: 1, none: 0 }
  if (wide[actor.reach.kind] >= wide[operation.reach] && permits(actor.permissions, operation.permission)) return
  await context.write((unit) => {
    unit.emit('access.denied', {
      subject: { type: 'operation', id: operation.name },
      result: 'failure',
      data: { permission: operation.permission, reach: operation.reach },
    })
  })
  throw new Failure(
    'forbidden',
    `This needs the permission ${operation.permission} with the reach of a ${operation.reach}.`,
  )
}

// What is out of reach is not told apart from what does not exist.
async function scopeOf(house: House, actor: Actor, { path }: Route, { params, query }: WireRequest): Promise<Scope> {
  const { registry } = house
  const issuerId = params.issuer_id
  if (path.includes('{issuer_id}')) {
    const found = issuerId === undefined ? undefined : await registry.realmByIssuerId(issuerId)
    if (!found || found.realm.kind === 'admin' || !reachesRealm(actor.reach, found)) throw new Failure('not_found')
    return { tenantId: found.realm.tenantId, realm: found.realm }
  }
  const asked = query.tenant_id
  if (asked !== undefined) return { tenantId: await reachedTenant(house, actor, asked) }
  if (actor.reach.kind === 'tenant' || actor.reach.kind === 'realm') return { tenantId: actor.reach.tenantId }
  const first = await registry.realmByIssuerId('default')
  return { tenantId: first?.realm.tenantId ?? PLATFORM }
}

function reachesRealm(reach: Reach, { realm }: FoundRealm): boolean {
  if (reach.kind === 'platform') return true
  if (reach.kind === 'tenant') return reach.tenantId === realm.tenantId
  return reach.kind === 'realm' && reach.realmId === realm.id
}

async function reachedTenant(house: House, actor: Actor, asked: string | string[]): Promise<string> {
  if (asked === 'platform' && actor.reach.kind === 'platform') return PLATFORM
  const tenantId = typeof asked === 'string' ? parseId('tenant', asked) : undefined
  if (tenantId === undefined) throw new Failure('not_found')
  const { tenants } = openContext(house, actor, { tenantId }).read
  if (!(await tenants.find(actor.reach, tenantId))) throw new Failure('not_found')
  return tenantId
}

async function* replies(
  operation: AnyStreamOperation,
  route: Route,
  context: Context,
  input: unknown,
  signal: AbortSignal,
): AsyncIterable<unknown> {
  for await (const output of operation.follow(context, input, signal)) yield route.toReply(output).body
}
