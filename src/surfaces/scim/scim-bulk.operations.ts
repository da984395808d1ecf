// The operation for bulk requests (RFC 7644 §3.7).
import * as z from 'zod'
import { type Context, operation } from '#domain/context.ts'
import { groupDelete } from '#domain/group/group.operations.ts'
import { userDelete } from '#domain/user/user.operations.ts'
import { Failure } from '#kernel/error.ts'
import type { AnyOperation } from '#kernel/operation.ts'
import { parse } from '#kernel/parse.ts'
import { permits } from '#kernel/permission.ts'
import { type BulkOperation, BulkOrder, readBulk, readBulkOperation, withReferences } from './bulk.ts'
import { errorBody } from './failure.ts'
import { Body, Place, siteOf } from './operation-parts.ts'
import { idIn, versionIn } from './request.ts'
import type { Resource } from './resource.ts'
import { scimGroupCreate, scimGroupPatch, scimGroupReplace } from './scim-group.operations.ts'
import { scimUserCreate, scimUserPatch, scimUserReplace } from './scim-user.operations.ts'

const RESPONSE_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse'

const OPERATIONS: Readonly<Record<BulkOperation['endpoint'], Readonly<Record<BulkOperation['method'], AnyOperation>>>> =
  {
    '/Users': { POST: scimUserCreate, PUT: scimUserReplace, PATCH: scimUserPatch, DELETE: userDelete },
    '/Groups': { POST: scimGroupCreate, PUT: scimGroupReplace, PATCH: scimGroupPatch, DELETE: groupDelete },
  }
const NOUNS = { '/Users': 'user', '/Groups': 'group' } as const
const STATUSES = { POST: '201', PUT: '200', PATCH: '200', DELETE: '204' } as const

const BulkResponse = z.looseObject({
  schemas: z.array(z.string()),
  Operations: z.array(z.looseObject({ method: z.string(), status: z.string() })),
}) as unknown as z.ZodType<Resource, Resource>

export const scimBulk = operation({
  name: 'scim.bulk',
  summary: 'Do several operations on SCIM resources',
  description:
    'Each is done or fails alone, and needs its own permission. What one creates others may name as bulkId:…, before or behind it.',
  permission: 'users:write',
  reach: 'realm',
  alsoNeeds: [
    { permission: 'groups:write', when: 'it writes groups' },
    { permission: 'roles:write', when: 'it adds members to a group that has a role, or lies in one' },
    { permission: 'credentials:write', when: 'a program changes the password or the address of a user' },
  ],
  input: Place.extend({ body: Body }),
  output: BulkResponse,
  errors: ['not_found', 'payload_too_large'],
  events: [
    ...new Set(Object.values(OPERATIONS).flatMap((methods) => Object.values(methods).flatMap(({ events }) => events))),
  ],
  run: async (context, { body, base }) => {
    const { failOnErrors = Number.POSITIVE_INFINITY, operations } = readBulk(body)
    const run = new BulkRun(context, base, operations)
    await run.all(failOnErrors)
    return { schemas: [RESPONSE_SCHEMA], Operations: run.answers() }
  },
})

type Answer = Resource

/** A bulk request while it is carried out. */
class BulkRun {
  readonly #context: Context
  readonly #base: string
  readonly #given: readonly unknown[]
  readonly #answers: (Answer | undefined)[]
  readonly #ids = new Map<string, string>()
  #failures = 0

  constructor(context: Context, base: string, given: readonly unknown[]) {
    this.#context = context
    this.#base = base
    this.#given = given
    this.#answers = given.map(() => undefined)
  }

  answers(): Answer[] {
    return this.#answers.filter((answer) => answer !== undefined)
  }

  /** In their order; only what names something that comes later waits for it. */
  async all(failOnErrors: number): Promise<void> {
    const order = new BulkOrder(this.#given)
    for (let at = order.next(); at !== undefined; at = order.next()) {
      this.#answers[at] = await this.#one(this.#given[at], order.isCircle)
      if (this.#failures >= failOnErrors) return
    }
  }

  async #one(given: unknown, isCircle: boolean): Promise<Answer> {
    const { method, bulkId } = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>
    const operationResult = {
      method: typeof method === 'string' ? method.toUpperCase() : '',
      ...(typeof bulkId === 'string' && { bulkId }),
    }
    try {
      if (isCircle) throw new Failure('conflict', 'These operations wait for one another.')
      const known = withReferences(given, this.#ids)
      const path = (given as { path?: unknown } | null)?.path
      const asked = readBulkOperation(
        typeof path === 'string' ? { ...(known as object), path: this.#pathOf(path) } : known,
      )
      return { ...operationResult, ...(await this.#carryOut(asked)) }
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      this.#failures++
      return { ...operationResult, status: String(error.status), response: errorBody(error) }
    }
  }

  #pathOf(path: string): string {
    return path.replace(
      /(?<=^\/(?:Users|Groups)\/)bulkId:(.+)$/s,
      (whole, name: string) => this.#ids.get(name) ?? whole,
    )
  }

  async #carryOut({ method, endpoint, id, bulkId, version, data }: BulkOperation): Promise<Answer> {
    const context = this.#context
    const wanted = OPERATIONS[endpoint][method]
    if (!permits(context.actor.permissions, wanted.permission)) {
      throw new Failure('forbidden', `This needs the permission ${wanted.permission}.`)
    }
    const location = id === undefined ? undefined : `${siteOf(context, this.#base)}${endpoint}/${id}`
    const subject = { ...(id !== undefined && { id: idIn(NOUNS[endpoint], id) }), ...versionIn(version) }
    const options = { base: this.#base, ...(endpoint === '/Users' ? { withGroups: false } : { withMembers: false }) }
    const input =
      method === 'DELETE' ? subject : { ...subject, ...options, [method === 'PATCH' ? 'patch' : 'resource']: data }
    const output: unknown = await wanted.run(context, parse(wanted.input, input))
    const status = STATUSES[method]
    if (method === 'DELETE') return { location, status }
    const { id: made, meta } = output as { id: string; meta: { location: string; version: string } }
    if (bulkId !== undefined && method === 'POST') this.#ids.set(bulkId, made)
    return { location: meta.location, version: meta.version, status }
  }
}
