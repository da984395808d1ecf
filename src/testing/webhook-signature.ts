// The signature of webhooks as docs/webhooks.md tells receivers to verify it, written anew.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Received } from './receiver.ts'

/**
 * Whether a request was signed with a secret, in the five minutes around a moment.
 * @param header the one that holds the signature, in lower case
 * @param now milliseconds
 */
export function isGenuine({ headers, body }: Received, header: string, secret: string, now: number): boolean {
  const parts = String(headers[header]).split(',')
  const t = parts.find((part) => part.startsWith('t='))?.slice(2)
  const expected = createHmac('sha256', secret).update(`${t}.${body}`).digest()
  const fresh = Math.abs(now / 1000 - Number(t)) <= 300
  const signed = parts.some((part) => {
    const given = Buffer.from(part.startsWith('v1=') ? part.slice(3) : '', 'hex')
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
  return fresh && signed
}
