// Makes recorded examples comparable: without what differs from one run to the next.
import { REQUEST_ID } from '#domain/decision/request-id.ts'

const ID = /\b([a-z]{2,5})_[0-9a-z]{26}\b/g
const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g
/** Ids of realms and of clients, outside of UUIDs. */
const ISSUER = /(?<=\/(?:realms|issuers)\/)[a-z\d]{12}\b|(?<![\w-])(?=[a-z]*\d)[a-z\d]{12}\b/g
const CLIENT = /(?<![a-z\d])(?=[a-z]*\d)[a-z\d]{20}\b/g
const KEY_PREFIX = /(?<=\bsk_live_)[\w-]{4}(?![\w-])/g
/** The base64 of a certificate. */
const CERTIFICATE = /\bMII[\w+/=\s]{400,}(?=\n-|$)/g
/** Texts that are long enough to be secrets; what has been replaced above is none. */
const SECRET = /(?<![\w-])(?!\w+_06bqzvdpf9|0194bb72-)[\w-]{30,}(?![\w.])/g

/** A value without what differs from one run to the next: ids, times, secrets, addresses. */
export function steady(value: unknown, member = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => steady(item, member))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, steady(part, name)]))
  }
  if (member === 'duration_ms') return 12
  if (typeof value !== 'string') return value
  if (/^(?:request|correlation)_id$/.test(member) || REQUEST_ID.test(value)) return 'h4k2-tjq0s0-17'
  if (member === 'generated_password') return '…'
  if (member === 'user_code') return 'WDJB-MJHT'
  const text = value
    .replaceAll(CERTIFICATE, 'MII…')
    .replaceAll(TIME, (_time, fraction) => `2026-01-31T12:00:00${fraction ? '.000' : ''}Z`)
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+(\/hook)?/g, (_url, hook) =>
      hook ? 'https://app.example.com/hook' : 'https://id.example.com',
    )
    .replaceAll(ID, '$1_06bqzvdpf9w0v5x4y3z2a1b0cd')
    .replaceAll(UUID, '0194bb72-9c2f-7a63-8f15-2d6e4b90c1a7')
    .replaceAll(ISSUER, 'k3v9x0q2m8ta')
    .replaceAll(CLIENT, 'u9y3csmf43bkp6kq0uet')
    .replaceAll(KEY_PREFIX, '…')
    .replaceAll(/(?<=\?token=)[\w-]+\./g, '')
  if (/^(?:prefix|last4)$/.test(member)) return text.replace(/[\w-]{4}$/, '…')
  return text.replaceAll(SECRET, '…')
}

/** Whether two values have the same members with the same types; what is null or empty in one may be filled in the other. */
export function isAlike(one: unknown, other: unknown): boolean {
  if (one === null || other === null) return one !== undefined && other !== undefined
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === 0 || other.length === 0 || isAlike(one[0], other[0])
  }
  if (typeof one !== 'object' || typeof other !== 'object') return typeof one === typeof other
  // A key has other members with each algorithm, and the keys of one moment have no order.
  if ('kty' in one && 'kty' in other) return true
  // The newest event may be of another type, with other details.
  if ('action' in one && 'action' in other && one.action !== other.action) return true
  // What waits has other members than what is done.
  if ('status' in one && 'status' in other && one.status !== other.status) return true
  const [mine, others] = [Object.entries(one), new Map(Object.entries(other))]
  return (
    mine.length === others.size && mine.every(([name, part]) => others.has(name) && isAlike(part, others.get(name)))
  )
}
