// The headers that tell an upstream who calls: what clients send under their names is removed, in every spelling.
import type { Caller } from '#domain/proxy-rule/condition.ts'
import { renderId } from '#kernel/id.ts'

/** The header with the caller in a signed JWT. */
export const IDENTITY_TOKEN = 'X-Identity-Token'

/** Every header about a caller. */
export const IDENTITY_HEADERS = [
  ...['X-User-ID', 'X-User-Email', 'X-User-Roles', 'X-User-Tier', 'X-Agent-ID', 'X-Agent-Name', 'X-Client-ID'],
  ...['X-Auth-Scopes', 'X-Auth-Method', IDENTITY_TOKEN],
] as const

/** Names, and beginnings of names, that only the proxy sets. */
const RESERVED =
  /^(?:x-(?:user|agent|auth|identity|client|shark|forwarded|original|remote|authenticated|webauth|token|rewrite)(?:-|$)|x-(?:real-ip|(?:http-)?method-override|http-method)$|remote-|forwarded$|via$|client-cert(?:-|$)|ssl-client|true-client-ip$|x-cluster-client-ip$)/

/**
 * Whether a header is one that upstreams may take for a statement of the proxy. Many servers read `X_User` and `X-User` as one
 * variable (RFC 3875 §4.1.18), so an underscore or a dot is as good as a hyphen.
 * @param name in lower case
 */
export function isReserved(name: string): boolean {
  const first = name.charCodeAt(0)
  // r, f, v, c, s, t and x begin all of them; most headers begin otherwise.
  if (
    first !== 120 &&
    !(first === 114 || first === 102 || first === 118 || first === 99 || first === 115 || first === 116)
  )
    return false
  return RESERVED.test(name.replace(/[^a-z0-9]/g, '-'))
}

/** The headers about a caller that have a value, names and values. */
export function identityHeaders(caller: Caller): Record<string, string> {
  if (caller.kind === 'anonymous') return {}
  return {
    ...(caller.userId !== null && { 'X-User-ID': headerText(userIdOf(caller.userId)) }),
    ...(caller.email !== null && { 'X-User-Email': headerText(caller.email) }),
    ...(caller.userId !== null && { 'X-User-Roles': listText(caller.roles) }),
    ...(caller.tier !== null && { 'X-User-Tier': headerText(caller.tier) }),
    ...(caller.agentId !== null && { 'X-Agent-ID': headerText(agentIdOf(caller.agentId)) }),
    ...(caller.agentName !== null && { 'X-Agent-Name': headerText(caller.agentName) }),
    ...(caller.clientId !== null && { 'X-Client-ID': headerText(caller.clientId) }),
    ...(caller.scopes !== null && { 'X-Auth-Scopes': headerText(caller.scopes.join(' ')) }),
    'X-Auth-Method': headerText(caller.method),
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Ids as the API shows them; what a simulation calls an id stays as it is. */
function userIdOf(id: string): string {
  return UUID.test(id) ? renderId('user', id) : id
}

function agentIdOf(id: string): string {
  return UUID.test(id) ? renderId('agent', id) : id
}

/** A text as the value of a header: visible ASCII stays, everything else is percent-encoded as UTF-8. */
export function headerText(text: string): string {
  return /^[ -$&-~]*$/.test(text) ? text.trim() : encoded(text.trim(), /[^ -$&-~]/gu)
}

function listText(items: readonly string[]): string {
  return items.map((item) => encoded(item.trim(), /[^ -$&-+\--~]/gu)).join(',')
}

function encoded(text: string, what: RegExp): string {
  return text
    .toWellFormed()
    .replace(what, (character) =>
      [...new TextEncoder().encode(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join(''),
    )
}
