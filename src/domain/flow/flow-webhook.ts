// Asks the receiver of a webhook step: a signed request by the guarded client, and an answer that is checked.

import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { freeObject } from '#kernel/field.ts'
import { renderId } from '#kernel/id.ts'
import { bodySignature } from '../body-signature.ts'
import type { Context } from '../context.ts'
import type { Facts, WebhookAnswer } from './engine.ts'
import type { Flow } from './flow.ts'
import type { RunState } from './run-state.ts'
import type { Step } from './step.ts'

/** What the secrets and the headers of flows are encrypted for. */
export const SECRET_PURPOSE = 'flow-secret'
export const HEADERS_PURPOSE = 'flow-headers'

/** The values of the headers of webhooks, by the address of the step and the name. */
export type HeaderValues = Readonly<Record<string, Readonly<Record<string, string>>>>

const METADATA_MAX = 2048

const TEXT_MAX = 200
/** Control characters, separators, bidirectional formatting, and half a character. */
const UNCLEAN = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu

/** A text of one line; what is too long is cut off, and what is no text is none. */
const text = z
  .unknown()
  .default(null)
  .transform((given) => {
    if (typeof given !== 'string') return null
    const [...characters] = given
      .slice(0, 8 * TEXT_MAX)
      .replace(UNCLEAN, ' ')
      .trim()
    return characters.slice(0, TEXT_MAX).join('').trim() || null
  })

const Decision = z.object({
  decision: z.enum(['continue', 'allow', 'deny']).default('continue'),
  reason: text,
  message: text,
})

const Learned = z.object({
  metadata: freeObject(METADATA_MAX)
    .nullish()
    .transform((metadata) => metadata ?? {}),
})

type Webhook = Extract<Step, { type: 'webhook' }>

/**
 * Asks a receiver about a sign-in. The signature is as that of webhooks. The same step of a run has the same `id`, so that a receiver can tell a repeated request.
 * @throws Failure `unreachable_host`, `temporarily_unavailable`, `invalid_request` for an answer that is none
 */
export async function askReceiver(
  { clock, crypto, network }: Pick<Context, 'clock' | 'crypto' | 'network'>,
  flow: Pick<Flow, 'id' | 'name' | 'tenantId' | 'secret' | 'headers'>,
  step: Webhook,
  state: RunState,
  facts: Facts,
): Promise<WebhookAnswer> {
  const body = JSON.stringify({
    id: `${renderId('flow_run', state.id)}.${step.address}`,
    flow: { id: renderId('flow', flow.id), name: flow.name },
    trigger: state.trigger,
    user: {
      id: facts.userId === null ? null : renderId('user', facts.userId),
      email: facts.email,
      email_verified: facts.emailVerified,
      name: facts.name,
      mfa_enabled: facts.mfaEnrolled,
      mfa_verified: facts.mfaVerified,
    },
    metadata: state.metadata,
  })
  const secret = crypto.open(SECRET_PURPOSE, flow.secret)
  const { status, body: text } = await network.request(step.config.url, {
    tenantId: flow.tenantId,
    headers: {
      ...headersOf(crypto, flow, step),
      'content-type': 'application/json',
      accept: 'application/json',
      'countersign-signature': bodySignature(crypto, [secret], body, clock.now()),
      'countersign-flow-id': renderId('flow', flow.id),
    },
    body,
    timeout: step.config.timeout * 1000,
  })
  if (status < 200 || status > 299) throw new Failure('invalid_request', `The webhook responded with ${status}.`)
  return answerIn(text)
}

/** The headers that the definition says, with their values. */
function headersOf(
  crypto: Context['crypto'],
  { headers }: Pick<Flow, 'headers'>,
  { address }: Webhook,
): Readonly<Record<string, string>> {
  if (headers === null) return {}
  const values: HeaderValues = JSON.parse(crypto.open(HEADERS_PURPOSE, headers))
  return values[address] ?? {}
}

/** What an answer says; an empty one lets the flow go on. A denial counts whatever stands beside it. */
function answerIn(body: string): WebhookAnswer {
  if (body.trim() === '') return { decision: 'continue', reason: null, message: null, metadata: {} }
  try {
    const given: unknown = JSON.parse(body)
    const said = Decision.parse(given)
    if (said.decision !== 'deny') return { ...said, ...Learned.parse(given) }
    return { ...said, metadata: Learned.safeParse(given).data?.metadata ?? {} }
  } catch {
    throw new Failure('invalid_request', 'The webhook responded with something else than an answer.')
  }
}
