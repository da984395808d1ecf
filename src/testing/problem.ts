// What Zautha’s document promises of every failure.
import assert from 'node:assert/strict'

/** What a server answered. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Validation Error',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
}

/** That an answer is a problem (RFC 9457) as Zautha writes one. @param fields which of the input’s fields it tells of */
export function assertProblem(answer: Answered, status: number, path: string, fields?: readonly string[]): void {
  const { type, title, detail, instance, traceId, errors, ...more } = answer.body as Record<string, unknown>
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
  assert.match(String(type), /^https:\/\/\S+\/[a-z-]+$/)
  assert.equal(title, TITLES[status])
  assert.equal(instance, path)
  assert.equal(traceId, answer.headers.get('x-request-id'))
  assert.ok(typeof detail === 'string' && detail.length > 0)
  assert.deepEqual(more, { status })
  assert.deepEqual(Object.keys((errors as object | undefined) ?? {}).sort(), [...(fields ?? [])].sort())
}
