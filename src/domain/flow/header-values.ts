// The values of the headers of webhook steps. They may be secrets, so they are stored encrypted, and a definition shows only
// that they are there.
import { flawed } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import type { Flow } from './flow.ts'
import { HEADERS_PURPOSE, type HeaderValues } from './flow-webhook.ts'
import { allSteps, readSteps, type Step } from './step.ts'

/** What a definition shows instead of a value. In a change it means the value that was there. */
const STORED = '(stored)'

type Webhook = Extract<Step, { type: 'webhook' }>

/**
 * Takes the values out of a definition, and encrypts them.
 * @param before the flow as it was, whose values stay where the address of the webhook does
 * @throws Failure `invalid_input` for a stored value that there is none of
 */
export function sealHeaders(
  { crypto }: Pick<Context, 'crypto'>,
  { steps }: Pick<Flow, 'steps'>,
  before: Flow | undefined,
): Pick<Flow, 'steps' | 'headers'> {
  const known: HeaderValues = before?.headers ? JSON.parse(crypto.open(HEADERS_PURPOSE, before.headers)) : {}
  const webhooksBefore = before ? webhooksIn(before) : []
  const values: Record<string, Record<string, string>> = {}
  for (const { address, config } of webhooksIn({ steps })) {
    const names = Object.entries(config.headers)
    if (names.length === 0) continue
    const same = webhooksBefore.filter((one) => one.config.url === config.url)
    values[address] = Object.fromEntries(
      names.map(([name, value]) => {
        if (value !== STORED) return [name, value]
        const stored = same.map((one) => known[one.address]?.[name]).find((one) => one !== undefined)
        if (stored === undefined) refuse(`steps.${address}.config.headers.${name}`)
        return [name, stored]
      }),
    )
  }
  const headers = Object.keys(values).length === 0 ? null : crypto.seal(HEADERS_PURPOSE, JSON.stringify(values))
  return { headers, steps: hidden(steps) as Flow['steps'] }
}

function webhooksIn({ steps }: Pick<Flow, 'steps'>): Webhook[] {
  return allSteps(readSteps(steps)).filter((step) => step.type === 'webhook') as Webhook[]
}

function refuse(path: string): never {
  const message = 'there is no stored value for this header and this address'
  throw flawed(path, message)
}

/** A definition without the values of headers. */
function hidden(steps: readonly unknown[]): unknown[] {
  return steps.map((given) => {
    const step = given as Readonly<Record<string, unknown>>
    const config = step.config as { readonly headers?: Readonly<Record<string, string>> } | undefined
    const headers = step.type === 'webhook' ? config?.headers : undefined
    const branches = ['then', 'else'].filter((name) => Array.isArray(step[name]))
    return {
      ...step,
      ...(headers && {
        config: { ...config, headers: Object.fromEntries(Object.keys(headers).map((name) => [name, STORED])) },
      }),
      ...Object.fromEntries(branches.map((name) => [name, hidden(step[name] as unknown[])])),
    }
  })
}
