// Sends mails by servers that somebody chose for a realm. As with URLs, no internal address is contacted.
import type { LookupFunction } from 'node:net'
import type { MailOutcome, Network } from '#domain/outside.ts'
import { connectTo } from './connect.ts'
import { createMail } from './mail.ts'
import type { Budget } from './outbound-budget.ts'
import { checkMailHost } from './outbound-url.ts'

/** What connections to chosen servers need. */
export interface ChosenMailParts {
  readonly allowLoopback: boolean
  readonly lookup: LookupFunction
  readonly authorities: string | undefined
  readonly budget: Budget
  readonly report: (host: string, reason: string) => void
}

const BUSY: MailOutcome = { error: 'deferred', responseCode: null, permanent: false }

/** The part of the network for servers that somebody chose. */
export function createChosenMail(parts: ChosenMailParts): Pick<Network, 'mailOver' | 'checkMailHost'> {
  const { allowLoopback, lookup, authorities, budget, report } = parts
  return {
    mailOver: ({ server, from, tenantId }) => {
      const { host, port } = server
      const connect = async (signal: AbortSignal) => {
        checkMailHost(host, port, { allowLoopback })
        return connectTo({ host, port, lookup, signal })
      }
      const given = (_recipient: string, reason: string) => report(host, reason)
      const mail = createMail({ server, from, authorities, connect, report: given })
      return {
        // The budget refuses where too many mails wait.
        send: (message, signal) => budget({ tenantId, host }, () => mail.send(message, signal)).catch(() => BUSY),
      }
    },
    checkMailHost: (host, port) => checkMailHost(host, port, { allowLoopback }),
  }
}
