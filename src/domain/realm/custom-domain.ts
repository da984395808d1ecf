import { Failure } from '#kernel/error.ts'
import type { Network } from '../outside.ts'
import type { Settings } from '../settings.ts'
import type { Realm } from './realm.ts'

const HOST = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/
const HOPS = 5

/**
 * A custom domain in canonical form, once its CNAME was seen to lead to the realm’s own host (SemAuth, `PATCH /v1/realms`).
 * @throws Failure `invalid_request` where the name is no plain host name, is the server’s own, or leads elsewhere
 */
export async function verifiedDomain(
  given: string,
  realm: Realm,
  settings: Settings,
  network: Network,
): Promise<string> {
  const host = given.trim().toLowerCase().replace(/\.$/, '')
  if (!HOST.test(host)) throw refusal(host, 'it is not a plain host name')
  if (!settings.realmDomain) throw refusal(host, 'this server has no realm domain for a CNAME to lead to')
  const own = [settings.realmDomain, new URL(settings.publicUrl).hostname, new URL(settings.adminUrl).hostname]
  if (own.some((name) => host === name || host.endsWith(`.${name}`))) throw refusal(host, 'it is the server’s own')
  const target = `${realm.issuerId}.${settings.realmDomain}`
  if (await leadsTo(host, target, network)) return host
  throw refusal(host, `its CNAME does not lead to ${target}`)
}

async function leadsTo(host: string, target: string, network: Network): Promise<boolean> {
  let names = [host]
  for (let hop = 0; hop < HOPS && names.length > 0; hop++) {
    const next: string[] = []
    for (const name of names) next.push(...(await network.resolveCname(name)))
    names = next.map((name) => name.toLowerCase().replace(/\.$/, ''))
    if (names.includes(target)) return true
  }
  return false
}

function refusal(host: string, why: string): Failure {
  return new Failure('invalid_request', {
    message: `The custom domain ${host} could not be verified: ${why}.`,
    flaws: [{ path: 'customDomain', message: why }],
  })
}
