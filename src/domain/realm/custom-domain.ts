// Checks custom domains.
import { Failure } from '#kernel/error.ts'
import { domainKey } from '#kernel/identity-text.ts'
import type { Network } from '../outside.ts'
import type { Settings } from '../settings.ts'
import type { Realm } from './realm.ts'

interface Lead {
  readonly host: string
  readonly target: string
  readonly tenantId: string
}

/** The maximum number of CNAME records that are followed. */
const HOPS = 5

/**
 * Checks that the CNAME of a custom domain leads to the host of the realm. @returns the domain in canonical form
 * @throws Failure `invalid_request` if the name is no plain host name, belongs to the server, or leads to another host
 */
export async function verifiedDomain(
  domain: string,
  realm: Realm,
  settings: Settings,
  network: Network,
): Promise<string> {
  const typed = domain.trim().replace(/\.$/, '')
  const host = domainKey(typed)
  if (!host?.includes('.')) throw refusal(typed, 'it is not a plain host name')
  if (!settings.realmDomain) throw refusal(host, 'this server has no realm domain for a CNAME to lead to')
  const own = [settings.realmDomain, new URL(settings.publicUrl).hostname, new URL(settings.adminUrl).hostname]
  if (own.some((name) => host === name || host.endsWith(`.${name}`))) throw refusal(host, 'it is the server’s own')
  const target = `${realm.issuerId}.${settings.realmDomain}`
  if (await leadsTo({ host, target, tenantId: realm.tenantId }, network)) return host
  throw refusal(host, `its CNAME does not lead to ${target}`)
}

/**
 * Whether the CNAME of a realm's custom domain still leads to it; undefined where that is not known: DNS does not answer,
 * or there is no realm domain.
 */
export async function isStillOwned(realm: Realm, settings: Settings, network: Network): Promise<boolean | undefined> {
  if (realm.customDomain === null || !settings.realmDomain) return undefined
  try {
    const target = `${realm.issuerId}.${settings.realmDomain}`
    return await leadsTo({ host: realm.customDomain, target, tenantId: realm.tenantId }, network)
  } catch (error) {
    if (error instanceof Failure && ['unreachable_host', 'temporarily_unavailable'].includes(error.code))
      return undefined
    throw error
  }
}

async function leadsTo({ host, target, tenantId }: Lead, network: Network): Promise<boolean> {
  let name: string | undefined = host
  for (let hop = 0; hop < HOPS && name !== undefined; hop++) {
    // A name has at most one CNAME record (RFC 1034 §3.6.2).
    name = (await network.resolveCname(name, { tenantId }))[0]?.toLowerCase().replace(/\.$/, '')
    if (name === target) return true
  }
  return false
}

function refusal(host: string, why: string): Failure {
  return new Failure('invalid_request', {
    message: `The custom domain ${host} could not be verified: ${why}.`,
    flaws: [{ path: 'customDomain', message: why }],
  })
}
