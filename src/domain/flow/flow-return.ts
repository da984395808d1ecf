// Where people come back to whom a flow sent to another address: a state that one browser, one run and one step have.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { SECRET_PURPOSE } from './flow-webhook.ts'
import { FLOW_LIFETIME, type RunState } from './run-state.ts'

const KIND = 'flow_return'

/** What a person who comes back goes on with. */
export interface FlowReturn {
  readonly realmId: string
  /** The request that waits for the sign-in, as a text that only its browser can go on with. */
  readonly transaction: string
  readonly flowId: string
  readonly runId: string
  readonly step: string
  /** Whether the answer has to be signed. */
  readonly signed: boolean
}

/** Keeps that a person is sent to another address. @returns the state that comes back */
export async function beginReturn(
  { clock, crypto, scope, write }: Context,
  transaction: string,
  { id: runId, flowId, rest: [step = ''] }: RunState,
  { signed }: { readonly signed: boolean },
): Promise<string> {
  const state = crypto.mac(KIND, JSON.stringify([runId, step]))
  const payload: FlowReturn = { realmId: realmOf(scope).id, transaction, flowId, runId, step, signed }
  const createdAt = clock.now()
  const token = { payload, createdAt, expiresAt: createdAt + FLOW_LIFETIME }
  await write((unit) => unit.oneTimeTokens.put(KIND, crypto.digest(state), token))
  return state
}

/**
 * What a person who comes back goes on with, and the answer of the address. An answer without a result is `allow`.
 * @throws Failure `expired` for an unknown state, `invalid_request` for a result that is none or is not signed as the step
 *   wants it
 */
export async function readReturn(
  { clock, crypto, read, scope }: Context,
  { state = '', result = 'allow', signature = '' }: Readonly<Record<string, string | undefined>>,
): Promise<FlowReturn & { readonly answer: 'allow' | 'deny' }> {
  const found = await read.oneTimeTokens.find<FlowReturn>(KIND, crypto.digest(state))
  const { id: realmId } = realmOf(scope)
  if (!found || found.expiresAt <= clock.now() || found.payload.realmId !== realmId) throw new Failure('expired')
  if (result !== 'allow' && result !== 'deny') throw new Failure('invalid_request', 'The result is allow or deny.')
  const back = found.payload
  if (!back.signed) return { ...back, answer: result }
  const flow = await read.flows.find(realmId, back.flowId)
  if (!flow) throw new Failure('expired')
  const expected = crypto.hmac(crypto.open(SECRET_PURPOSE, flow.secret), `${state}.${result}`)
  if (!crypto.equal(expected, signature)) throw new Failure('invalid_request', 'The answer is not signed by the flow.')
  return { ...back, answer: result }
}
