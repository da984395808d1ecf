// Asks LDAP servers for people, and verifies their passwords there. Only servers that the operator lists are asked.
import type { Client } from 'ldapts'
import type { Directories, DirectoryEntry, DirectoryQuery } from '#domain/outside.ts'
import { Failure } from '#kernel/error.ts'
import { createBudget } from './outbound-budget.ts'
import { isLoopback } from './outbound-url.ts'

export interface DirectoryOptions {
  /** The URLs of the servers: `ldap://host:port` or `ldaps://host:port`. */
  readonly servers: readonly string[]
  /** Whether a server on this machine may be asked without TLS. For development and tests. */
  readonly allowLoopback: boolean
  /** Called with the reason why a server did not answer. */
  readonly report: (host: string, reason: string) => void
}

/** Milliseconds for each step: the connection, a bind, a search. */
const TIMEOUT = 5000
const BUDGET = { perTenant: 8, perHost: 16, total: 64 }

/** The LDAP client. A connection is used for one question: what was bound on it must not be seen by another one. */
export function createDirectories({ servers, allowLoopback, report }: DirectoryOptions): Directories {
  const listed = new Set(servers.map(normalized))
  const budget = createBudget(BUDGET)
  const isListed = (url: string) => URL.canParse(url) && listed.has(normalized(url))
  return {
    isListed,
    ask: async (query) => {
      if (!isListed(query.url)) throw new Failure('unreachable_host', 'The operator does not list this LDAP server.')
      const { host, hostname } = new URL(query.url)
      return budget({ tenantId: query.tenantId, host }, async () => {
        try {
          return await askOnce(query, allowLoopback && isLoopback(hostname))
        } catch (error) {
          report(host, error instanceof Error ? `${error.name}: ${error.message}` : String(error))
          throw new Failure('unreachable_host', 'The directory did not answer as it has to.')
        }
      })
    },
  }
}

function normalized(url: string): string {
  const { protocol, hostname, port } = new URL(url)
  return `${protocol}//${hostname}:${port || (protocol === 'ldaps:' ? 636 : 389)}`
}

async function askOnce(query: DirectoryQuery, mayBePlain: boolean): Promise<DirectoryEntry | undefined> {
  const { Client } = await import('ldapts')
  const { url, caCertificate } = query
  const tlsOptions = { minVersion: 'TLSv1.2', ...(caCertificate && { ca: caCertificate }) } as const
  const isTls = url.startsWith('ldaps:')
  const client = new Client({
    url,
    timeout: TIMEOUT,
    connectTimeout: TIMEOUT,
    strictDN: true,
    // It takes the options as a wish for TLS.
    ...(isTls && { tlsOptions }),
  })
  try {
    if (!isTls && !mayBePlain) await client.startTLS({ ...tlsOptions, servername: new URL(url).hostname })
    return await authenticated(client, query)
  } finally {
    await client.unbind().catch(() => {})
  }
}

async function authenticated(client: Client, query: DirectoryQuery): Promise<DirectoryEntry | undefined> {
  const { InvalidCredentialsError, SizeLimitExceededError } = await import('ldapts')
  const { bindDn, bindPassword, baseDn, filter, attributes, subjectAttribute, password, mayTry } = query
  await client.bind(bindDn, bindPassword)
  let found: Readonly<Record<string, unknown>>[]
  try {
    const { searchEntries } = await client.search(baseDn, {
      scope: 'sub',
      filter,
      sizeLimit: 2,
      timeLimit: TIMEOUT / 1000,
      attributes: [...attributes, subjectAttribute],
      explicitBufferAttributes: [subjectAttribute],
    })
    found = searchEntries
  } catch (error) {
    // Two people are nobody.
    if (error instanceof SizeLimitExceededError) return undefined
    throw error
  }
  const [entry, ...more] = found
  // A bind without a password succeeds as nobody (RFC 4513 §5.1.2).
  if (!entry || more.length > 0 || typeof entry.dn !== 'string' || entry.dn === '' || password === '') return undefined
  const subject = subjectOf(entry[subjectAttribute])
  if (!(await mayTry(subject))) return undefined
  try {
    await client.bind(entry.dn, password)
  } catch (error) {
    if (error instanceof InvalidCredentialsError) return undefined
    throw error
  }
  return { subject, attributes: textsOf(entry) }
}

/** Text as it is, and bytes, such as `objectGUID`, in hexadecimal digits. */
function subjectOf(value: unknown): string {
  const [bytes, ...more] = [value].flat().filter((one) => one !== undefined)
  if (!Buffer.isBuffer(bytes) || bytes.length === 0 || more.length > 0) throw new Error('the entry has no subject')
  const text = bytes.toString('utf8')
  return /^[\x21-\x7e]+$/.test(text) ? text : bytes.toString('hex')
}

function textsOf(entry: Readonly<Record<string, unknown>>): Record<string, string | string[]> {
  const texts = Object.entries(entry).flatMap(([name, value]) => {
    const values = [value].flat().filter((one) => typeof one === 'string')
    const [first, ...more] = values
    return first === undefined || name === 'dn' ? [] : [[name, more.length === 0 ? first : values] as const]
  })
  return Object.fromEntries(texts)
}
