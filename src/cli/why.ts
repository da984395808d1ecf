// Owns the command why: says in words why an endpoint refused a request.
import { call } from './api.ts'
import { EXIT, type ExitCode, usage } from './failure.ts'
import { targetOf } from './login/signed-in.ts'
import { renderDetails } from './table.ts'
import type { Terminal } from './terminal.ts'
import { harmless, json } from './text.ts'

/** The environment of the command. */
export interface WhySetting {
  readonly terminal: Terminal
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** The User-Agent, `name/version`. */
  readonly agent: string
}

export interface WhyOptions {
  readonly server?: string
  readonly json?: boolean
}

/**
 * Prints why a request was refused.
 * @param given the id of the request, or the address in `error_uri`, which has it
 * @throws CommandFailure where the server keeps no decision of this id, or none that the caller may see
 */
export async function why(given: string, options: WhyOptions, { terminal, now, agent }: WhySetting): Promise<ExitCode> {
  const id = idIn(given)
  const target = await targetOf(terminal, options.server, now)
  const path = `/v1/decisions/${encodeURIComponent(id)}`
  const { body } = await call(target, agent, { method: 'GET', path })
  const decision = body as Readonly<Record<string, string | null>>
  terminal.out(options.json ? `${json(decision, 2)}\n` : inWords(decision, terminal))
  return EXIT.done
}

function idIn(given: string): string {
  if (!/^https?:/i.test(given)) return given
  const id = URL.canParse(given) ? new URL(given).searchParams.get('request') : null
  if (id) return id
  throw usage('The address has no request id.', 'Give the id of the request, or the address in error_uri.')
}

function inWords(decision: Readonly<Record<string, string | null>>, terminal: Terminal): string {
  const { endpoint, step, error, description, reason, meaning, advice, policy, policy_value: value, given } = decision
  const facts = {
    ...(reason && { reason: `${reason}: ${meaning}` }),
    ...(policy && { policy: `${policy} is ${value}` }),
    ...(given && { given }),
    ...(advice && { advice }),
    client: decision.client_id || '(none)',
    realm: decision.realm_id ?? '(none)',
    network: decision.network,
    at: decision.at,
  }
  const sentence = `The step ${step} of ${endpoint} refused the request: ${error}. ${description}`
  return `${harmless(sentence)}\n\n${renderDetails(facts, terminal)}`
}
