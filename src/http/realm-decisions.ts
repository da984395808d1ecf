// Owns what is noted about a request that an endpoint of a realm refused, for `countersign why`.
import { type Decision, TEXT_MAX } from '#domain/decision/decision.ts'
import type { DecisionLog } from '#domain/decision/decision-log.ts'
import { stepOfError } from '#domain/decision/step-of-error.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { CLIENT_ID_MAX, STRANGER_REASONS } from '#domain/refusal/refusal.ts'
import { networkOf } from '#domain/sign-in/sign-in-limits.ts'
import type { ErrorCode, Failure } from '#kernel/error.ts'
import { PLATFORM } from '#kernel/id.ts'
import { REFUSAL_REASONS } from '#kernel/refusal-reason.ts'
import { printable } from '#kernel/shown-text.ts'
import type { Parameters } from '#web/parameters.ts'
import type { HttpRequest } from './request.ts'

/** The longest form of a network, in characters. */
const NETWORK_MAX = 64

/** Answers that are a part of what the client does: a device that waits, and a first proof without a nonce. */
const EXPECTED: ReadonlySet<ErrorCode> = new Set(['authorization_pending', 'slow_down', 'use_dpop_nonce'])

/** A refused request. */
export interface Refused {
  readonly endpoint: string
  /** Undefined for an address of no realm. */
  readonly realm: Realm | undefined
  readonly request: Pick<HttpRequest, 'id' | 'ip'>
  /** Its parameters, as far as they were read. */
  readonly parameters: readonly Parameters[]
}

/** Notes why a request was refused, under its id. What every client is answered in passing is no refusal. */
export function noteRefusal(
  decisions: DecisionLog,
  at: number,
  { endpoint, realm, request, parameters }: Refused,
  { code, message, detail }: Failure,
): void {
  if (EXPECTED.has(code)) return
  const { reason, rule } = detail
  const { meaning = null, advice = null } = reason ? REFUSAL_REASONS[reason] : {}
  const named = parameters.map((each) => each.all('client_id')[0]).find((value) => value !== undefined)
  decisions.note({
    ...{ id: request.id, at, endpoint, meaning, advice },
    tenantId: realm?.tenantId ?? PLATFORM,
    realmId: realm?.id ?? null,
    clientId: printable(detail.clientId ?? named ?? '', CLIENT_ID_MAX),
    isKnown: detail.clientId !== undefined && !STRANGER_REASONS.has(reason),
    network: printable(networkOf(request.ip), NETWORK_MAX),
    step: detail.step ?? stepOfError(code),
    error: code,
    description: printable(message, TEXT_MAX),
    reason: reason ?? null,
    policy: rule?.policy ?? null,
    policyValue: rule ? printable(rule.value, TEXT_MAX) : null,
    given: rule?.given === undefined ? null : printable(rule.given, TEXT_MAX),
  } satisfies Decision)
}
