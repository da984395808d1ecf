// ScaiKey's spelling: numbered pages, upper-case enumerations, RFC 3339 times, prefixed ids.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import type { Noun } from '#kernel/id.ts'
import { parseId, renderId } from '#kernel/id.ts'
import { NUMBERED_PAGE_MAX, type NumberedPage } from '#kernel/page.ts'
import { rowsOf } from '../mapped-row.ts'
import { snake } from '../native/codec.ts'
import type { Route } from '../surface.ts'

/** Makes a row of the ScaiKey surface; flaws the operation finds are said to lie in the body. */
export const row = rowsOf((name) => `body.${snake(name)}`)

/** Above all tenants for who reaches several, whose lists are bound to that reach; otherwise the caller’s own one. */
export const acrossTenants: Route['scope'] = async (_request, places, { reach }) =>
  reach.kind === 'platform' || reach.kind === 'partner' ? places.platform() : places.own()

/**
 * The tenant that a body names, and the realm that it came with; the caller’s own where it names none, which is only for
 * who has one. @throws Failure `invalid_input` for none or what is no id, `not_found`, `access_denied`
 */
export const homeAsked: Route['scope'] = async ({ body }, places, { reach }) => {
  const asked = tenantNamed(body)
  if (asked === undefined && (reach.kind === 'platform' || reach.kind === 'partner'))
    throw flawedTenant('Field required')
  try {
    return await places.home(asked)
  } catch (error) {
    throw error instanceof Failure && error.code === 'not_found' ? new Failure('not_found', 'Tenant not found') : error
  }
}

/**
 * Where a thing lies, which a body may name and not change.
 * @throws Failure `invalid_input` for another tenant, `access_denied` for one out of reach, `not_found`
 */
export function staysIn(place: Route['scope']): Route['scope'] {
  return async (request, places, actor) => {
    const scope = await place(request, places, actor)
    const asked = tenantNamed(request.body)
    if (asked === undefined || asked === scope.tenantId) return scope
    await places.tenant(asked)
    throw flawedTenant('cannot be changed')
  }
}

function tenantNamed(body: unknown): string | undefined {
  const named = typeof body === 'object' && body !== null ? (body as { tenant_id?: unknown }).tenant_id : undefined
  if (named === undefined) return undefined
  const id = typeof named === 'string' ? parseId('tenant', named) : undefined
  if (id === undefined) throw flawedTenant('not the id of a tenant')
  return id
}

function flawedTenant(message: string): Failure {
  const path = 'body.tenant_id'
  return new Failure('invalid_input', { message: `${path}: ${message}`, flaws: [{ path, message }] })
}

/** What every list may be asked (ScaiKey, “Pagination”). */
export const PageParameters = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1).describe('Which page; the first one is 1.'),
  per_page: z.coerce.number().int().min(1).max(NUMBERED_PAGE_MAX).default(20).describe('How many on a page, 1 to 100.'),
})

/** The operation’s part of a list’s query. */
export function pageOf({ page, per_page: perPage }: z.output<typeof PageParameters>): {
  page: number
  perPage: number
} {
  return { page, perPage }
}

/** A list’s answer: `data` and `pagination`. @param item how one is written */
export function listOf<Item>(
  { data, total, atLeast }: NumberedPage<Item>,
  { page, per_page: perPage }: z.output<typeof PageParameters>,
  item: (item: Item) => unknown,
): unknown {
  return {
    data: data.map(item),
    pagination: {
      page,
      per_page: perPage,
      total,
      total_pages: Math.ceil(total / perPage),
      ...(atLeast && { total_at_least: true }),
    },
  }
}

/** The schema of a list’s answer. */
export function listSchema(item: z.ZodType): z.ZodType {
  return z.object({
    data: z.array(item),
    pagination: z.object({
      page: z.number().int(),
      per_page: z.number().int(),
      total: z.number().int(),
      total_pages: z.number().int(),
      total_at_least: z.literal(true).optional().describe('That there may be more: counting ended early.'),
    }),
  })
}

/** One thing’s answer: its members at the top and under `data`, for readers of either form. */
export function single(shown: object): object {
  return { ...shown, data: shown }
}

/** An id in a query or body, as the operation takes it. */
export function idIn(noun: Noun) {
  return z
    .string()
    .refine((text) => parseId(noun, text) !== undefined, `not the id of a ${noun.replace('_', ' ')}`)
    .meta({ example: renderId(noun, '0190e7a0-0000-7000-8000-000000000000') })
}

/** A word of an enumeration, in upper case on the wire and read in either. */
export function wordIn<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(words))
}

/** A moment as the wire writes it; null stays. */
export function timeOut(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString()
}
