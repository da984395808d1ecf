// The native API’s dialect: snake_case names, prefixed ids, RFC 3339 times, ETags; a row replies with all that its
// operation returns.
import type * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { renderId } from '#kernel/id.ts'
import type { AnyOperation, AnyStreamOperation, Operation } from '#kernel/operation.ts'
import { type Dialect, memberName } from '../dialect.ts'
import { type Reply, repliesIn } from '../reply.ts'
import { type Input, makeRow, type RowOptions, rowsIn } from '../rows.ts'
import type { Method, Route } from '../surface.ts'
import { nativeScope } from './scope.ts'

const dialect: Dialect = {
  memberName,
  id: { encode: renderId, decode: (_noun, text) => text },
  time: (milliseconds) => new Date(milliseconds).toISOString(),
  enumValue: { encode: (value) => value, decode: (text) => text },
  absent: 'null',
  envelope: (members) => members,
  accepts: 'all',
  rejectsUnknown: (_method, isStrict) => isStrict,
  errorPath: (_place, name) => name,
  headerMembers: {
    ifVersion: { header: 'if-match', description: 'The ETag of the version to change.', decode: versionOf },
    // A browser that reconnects to a stream says where it was (WHATWG HTML §9.2.4).
    afterSeq: { header: 'last-event-id', orParameter: true, decode: (value) => value },
  },
  replyHeaders: (value): Record<string, string> => {
    const version = (value as { version?: unknown } | null)?.version
    return typeof version === 'number' ? { etag: `"v${version}"` } : {}
  },
}

/** A strong ETag that the native API gave out (RFC 9110 §13.1.1); `*` matches every version. */
function versionOf(header: string): number | undefined {
  if (header === '*') return undefined
  const [, version] = /^"v(\d{1,15})"$/.exec(header) ?? []
  if (version === undefined) {
    throw new Failure('precondition_failed', 'If-Match must be an ETag that this API gave out.')
  }
  return Number(version)
}

export const { representation, created, output } = repliesIn(dialect)

function optionsOf(at: string, operation: AnyOperation | AnyStreamOperation): RowOptions {
  const isDescribed = !at.includes('{issuer_id}') && operation.reach === 'tenant'
  const description = 'The tenant it is about, for callers that reach several; otherwise their own or the default one.'
  return {
    scope: (request, places, actor) => nativeScope(at, operation, request, places, actor),
    scopeParameters: [{ name: 'tenant_id', ...(isDescribed && { description }) }],
  }
}

/**
 * A row of the native API, which accepts and returns all that its operation does.
 * @param at method and path; `{issuer_id}` names the realm, every other parameter a member of the input
 * @param status the status of a success. Default: 200, or 204 for an operation that returns nothing
 * @param input the members that the wire writes in another way or omits
 */
export function row<In extends z.ZodType>(
  at: `${Method} /${string}`,
  operation: (AnyOperation | AnyStreamOperation) & { readonly input: In },
  status?: number,
  input?: Pick<Input<z.input<In>>, 'names' | 'codecs' | 'omit'>,
): Route {
  // A path that names a realm says the tenant already.
  const omit = at.includes('{issuer_id}') ? ['tenantId', 'partnerId'] : ['tenantId']
  return makeRow(dialect, at, operation, output(operation, status), { omit, ...optionsOf(at, operation), ...input })
}

/** A row of the native API whose wire is not all of its operation’s. */
export function rowWith<In extends z.ZodType, Out extends z.ZodType>(
  at: `${Method} /${string}`,
  // biome-ignore lint/suspicious/noExplicitAny: whatever an operation may touch, a row hands it on
  operation: Operation<any, In, Out>,
  reply: Reply<z.output<Out>>,
  input: Input<z.input<In>>,
): Route {
  return rowsIn(dialect)(optionsOf(at, operation))(at, operation, reply, input)
}
