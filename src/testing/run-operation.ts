// Owns the run of an operation that is held to its declared output, events and errors.
import assert from 'node:assert/strict'
import type * as z from 'zod'
import type { Context, Unit } from '#domain/context.ts'
import { subjectTypesOf } from '#domain/event/event.ts'
import { type ErrorCode, Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Operation } from '#kernel/operation.ts'
import { parse } from '#kernel/parse.ts'

/** What every operation may fail with, so that none declares it. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid_request',
  'invalid_input',
  'forbidden',
  'unauthenticated',
  'temporarily_unavailable',
]

/**
 * Runs an operation as a surface does, from what was sent to what is shown, and holds it to what it declares: its
 * output’s schema, its events and its errors.
 * @param input as it comes off the wire, with the operation’s own names
 */
export async function runOperation<In extends z.ZodType, Out extends z.ZodType>(
  operation: Operation<Context, In, Out>,
  context: Context,
  input: unknown = {},
): Promise<z.output<Out>> {
  const told = new Set<EventType>()
  const heard: Context = { ...context, write: (work) => context.write((unit) => work(listening(unit, told))) }
  try {
    return parse(operation.output, await operation.run(heard, parse(operation.input, input)))
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const declared = [...ALWAYS, ...operation.errors].includes(error.code)
    assert.ok(declared, `${operation.name} does not declare ${error.code}: ${error.message}`)
    throw error
  } finally {
    const undeclared = [...told].filter((type) => !operation.events.includes(type))
    assert.deepEqual(undeclared, [], `${operation.name} does not declare an event`)
  }
}

/** Whether an error is a failure of a code: for `assert.rejects`. */
export function failure(code: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Failure, String(error))
    assert.equal(error.code, code, error.message)
    return true
  }
}

function listening(unit: Unit, told: Set<EventType>): Unit {
  return new Proxy(unit, {
    get(target, name) {
      if (name === 'within') return (tenantId: string) => listening(target.within(tenantId), told)
      if (name !== 'emit') return Reflect.get(target, name, target)
      return (...event: Parameters<Unit['emit']>) => {
        told.add(event[0])
        const [type, { subject }] = event
        assert.ok(
          subjectTypesOf(type).includes(subject.type),
          `${type} is about a ${subject.type}, which nobody knows of`,
        )
        target.emit(...event)
      }
    },
  })
}
