// Owns the scenario with many users and groups.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { renderId } from '#kernel/id.ts'
import { issuerOfClient, signInAtTerminal } from '#testing/admin-realm.ts'
import { type LoadedPeople, loadPeople } from '#testing/bulk/people.ts'
import { Countersign } from './countersign.ts'
import type { Entry, Measurement, Pace, Summary } from './measurement.ts'
import type { Options } from './options.ts'
import type { Started } from './process.ts'
import type { ScenarioResult, Verdict } from './results.ts'
import { idle, mb, ms } from './scenario-realms.ts'
import type { Person, PlainRead, Target } from './target.ts'

const LEAST_CHECKS = 10_000
const SLOWEST_MS = { check: 5, list: 20, membership: 5 } as const
/** Callers of a list or a membership at a time. */
export const CALLERS = 4
const TEMPLATES = { tenant: 'template', user: 'template@example.com', group: 'Template', role: 'Template' } as const
const DEEP_PAGE = 500
const SCAIKEY = '/api/v1/admin'
const REALM = '/v1/realms/default'

/** A filled installation that is up, and who asks it. */
interface Filled {
  readonly server: Entry['server']
  readonly port: number
  readonly filled: LoadedPeople
  readonly target: Target
  /** `Authorization` of an API key that may read the realm, and of a super_admin. */
  readonly key: string
  readonly admin: string
}

/** A row of the result, and what its p99 may be at most. */
interface Row {
  readonly what: string
  readonly summary: Summary
  readonly most: number
  readonly least?: number
}

/** Countersign with many users, nested groups, roles and tenants in its file. */
export async function manyPeople(
  options: Options,
  people: readonly Person[],
  measurement: Measurement,
  nodeOptions: readonly string[],
): Promise<ScenarioResult> {
  const sizes = { users: options.people, groups: options.people / 10, tenants: options.people / 100 }
  console.log(`${sizes.users} users, ${sizes.groups} groups, ${sizes.tenants} tenants`)
  const countersign = new Countersign('people', join(options.directory, 'people'), people, { nodeOptions })
  const target = await provisioned(countersign)
  const file = join(countersign.directory, 'data', 'countersign.sqlite')
  const deep = people.map(({ login }) => login)
  const filled = loadPeople(file, sizes, { ...TEMPLATES, deep })
  const started = await idle(countersign)
  measurement.add(started.server)
  try {
    const asked: Filled = {
      server: started.server,
      port: countersign.adminPort,
      filled,
      target,
      ...(await credentials(countersign, target)),
    }
    const rows = [
      ...(await checks(asked, options, measurement)),
      ...(await reads(asked, lists(asked), SLOWEST_MS.list, { ...options, connections: CALLERS }, measurement)),
      ...(await reads(asked, heavy(asked), SLOWEST_MS.list, { ...options, connections: 1 }, measurement)),
      ...(await reads(
        asked,
        memberships(asked),
        SLOWEST_MS.membership,
        { ...options, connections: CALLERS },
        measurement,
      )),
      ...(await tokens(asked, options, measurement)),
    ]
    return {
      title: `${sizes.users} users, ${sizes.groups} groups, ${sizes.tenants} tenants`,
      facts: facts(file, started, filled),
      compared: [],
      alone: rows.map(({ what, summary }) => ({ what, summary })),
      targets: rows.flatMap(verdicts),
    }
  } finally {
    await started.server.stop()
  }
}

/** Registers everything, and one of each noun to multiply. */
async function provisioned(countersign: Countersign): Promise<Target> {
  const { server } = await countersign.start()
  try {
    const target = await countersign.target()
    await countersign.admin('POST', '/v1/tenants', { name: 'Template', slug: TEMPLATES.tenant })
    await countersign.admin('POST', `${REALM}/users`, { email: TEMPLATES.user })
    await countersign.admin('POST', `${REALM}/groups`, { name: TEMPLATES.group })
    await countersign.admin('POST', `${REALM}/roles`, { name: TEMPLATES.role })
    return target
  } finally {
    await server.stop()
  }
}

async function credentials(countersign: Countersign, target: Target): Promise<Pick<Filled, 'key' | 'admin'>> {
  const given = { name: 'bench', permissions: ['*:read'], reach: 'realm', realm: 'default' }
  const { body: key } = await countersign.admin('POST', '/v1/api-keys', given)
  const { body: client } = await countersign.admin('POST', '/v1/api-clients', { label: 'bench' })
  const administrator = { email: 'administrator@example.com', password: 'correct horse battery staple' }
  await countersign.admin('POST', '/v1/administrators', { ...administrator, role: 'super_admin' })
  const origin = `http://${target.host}`
  const { body: admin } = await signInAtTerminal({ url: origin }, issuerOfClient(client), administrator)
  return { key: `Bearer ${key.key}`, admin: `Bearer ${admin.access_token}` }
}

/** A third each: by a role of one’s own, by a role of a group ten levels up, and not at all. */
async function checks(asked: Filled, options: Options, measurement: Measurement): Promise<Row[]> {
  const { deep, direct } = asked.filled
  const path = `${REALM}/authorization/check`
  const question = (userId: string, permission: string, allowed: boolean): PlainRead => ({
    path,
    authorization: asked.key,
    body: JSON.stringify({ user_id: renderId('user', userId), permission }),
    holds: `"allowed":${allowed}`,
  })
  const own = direct.map(({ userId, permission }) => question(userId, permission, true))
  const inherited = deep.map(({ userId, permission }) => question(userId, permission, true))
  const refused = deep.map(({ userId }) => question(userId, 'records:nothing', false))
  const mixed = own.flatMap((one, index) => [one, inherited[index] ?? one, refused[index] ?? one])
  const rows: Row[] = []
  const kinds = { 'permission check': mixed, 'permission check, ten deep only': inherited }
  for (const [what, questions] of Object.entries(kinds)) {
    for (const connections of what === 'permission check' ? [32, 16] : [32]) {
      const label = `${what}, ${connections} connections`
      const summary = await measured(asked, questions, { ...options, connections }, measurement)
      if (!summary) continue
      rows.push({ what: label, summary, most: SLOWEST_MS.check, least: LEAST_CHECKS })
    }
  }
  return rows
}

async function measured(
  { server, port }: Filled,
  questions: readonly PlainRead[],
  pace: Pace,
  measurement: Measurement,
): Promise<Summary | undefined> {
  const work = { kind: 'reads', plain: { port, host: `127.0.0.1:${port}`, reads: questions } } as const
  return (await measurement.interleaved([{ name: 'people', server, work }], pace)).get('people')
}

type Reads = Readonly<Record<string, readonly PlainRead[]>>

/** Lists and searches: of the native API by cursor, of ScaiKey and Zautha by numbered pages with their totals. */
function lists({ key, admin, filled: { deep, nextTenantId } }: Filled): Reads {
  const native = (path: string): PlainRead[] => [{ path, authorization: key }]
  const numbered = (path: string): PlainRead[] => [{ path, authorization: admin, holds: '"total":' }]
  const users = `${REALM}/users?limit=50`
  const groups = `${REALM}/groups?limit=50`
  const scaikey = `${SCAIKEY}/users?per_page=50`
  const zautha = '/v1/admin/users?limit=50'
  const tenants = `${SCAIKEY}/tenants?per_page=50`
  const tenant = `&tenant_id=${renderId('tenant', nextTenantId)}`
  const middle = deep[Math.floor(deep.length / 2)]
  const cursor = (id: string) => `&cursor=${Buffer.from(id).toString('base64url')}`
  const addresses = deep.slice(0, 500).map(({ emailKey }) => emailKey.slice(0, 9))
  const narrow = (list: string) => addresses.map((prefix) => `${list}&search=${encodeURIComponent(prefix)}`)
  const page = `&page=${DEEP_PAGE}`
  return {
    'users, first page': native(users),
    'users, a page in the middle': native(users + cursor(middle?.userId ?? '')),
    'users, suspended': native(`${users}&status=suspended`),
    'users, active': native(`${users}&status=active`),
    'users, search of an address': narrow(users).flatMap(native),
    'users, search that finds many': native(`${users}&search=a`),
    'users, search of a name': native(`${users}&search=ada%20berg`),
    'users, search of a suspended name': native(`${users}&search=ada%20&status=suspended`),
    'groups, first page': native(groups),
    'groups, search': native(`${groups}&search=berg`),
    'ScaiKey users of all tenants, page 1': numbered(scaikey),
    [`ScaiKey users of all tenants, page ${DEEP_PAGE}`]: numbered(scaikey + page),
    'ScaiKey users of all tenants, the last page but one': numbered(`${SCAIKEY}/users?per_page=50&page=19999`),
    'ScaiKey users of a tenant, page 1': numbered(scaikey + tenant),
    [`ScaiKey users of a tenant, page ${DEEP_PAGE}`]: numbered(scaikey + tenant + page),
    'ScaiKey users, suspended': numbered(`${scaikey}&status=SUSPENDED`),
    'ScaiKey users, search of an address': narrow(scaikey).flatMap(numbered),
    'ScaiKey users, search of a name': numbered(`${scaikey}&search=ada%20berg`),
    'ScaiKey users of a tenant, search of an address': narrow(scaikey + tenant).flatMap(numbered),
    'ScaiKey users of a tenant, search that finds 8,000': numbered(`${scaikey}${tenant}&search=a`),
    'ScaiKey groups, page 1': numbered(`${SCAIKEY}/groups?per_page=50`),
    [`ScaiKey groups, page ${DEEP_PAGE}`]: numbered(`${SCAIKEY}/groups?per_page=50${page}`),
    'ScaiKey groups, search': numbered(`${SCAIKEY}/groups?per_page=50&search=berg`),
    'Zautha users, page 1': numbered(zautha),
    [`Zautha users, page ${DEEP_PAGE}`]: numbered(zautha + page),
    'Zautha users, search of an address': narrow(zautha).flatMap(numbered),
    'tenants, first page': [{ path: '/v1/tenants?limit=50', authorization: admin }],
    'ScaiKey tenants, page 1': numbered(tenants),
    'ScaiKey tenants, page 150': numbered(`${tenants}&page=150`),
    'ScaiKey tenants, search': numbered(`${tenants}&search=berg`),
    'ScaiKey tenants, search of one': numbered(`${tenants}&search=bergau-`),
  }
}

/** What takes as long as there is much to count or to go past. One caller asks at a time: several wait for each other. */
function heavy({ key, admin, filled }: Filled): Reads {
  const numbered = (path: string): PlainRead[] => [{ path, authorization: admin, holds: '"total":' }]
  const middle = Math.floor(filled.users / 200)
  const top = `${REALM}/groups/${renderId('group', filled.topGroupId)}/effective-members?limit=50`
  return {
    'ScaiKey users of all tenants, page 1000 of 100, one caller': numbered(`${SCAIKEY}/users?per_page=100&page=1000`),
    'ScaiKey users of all tenants, the page in the middle, one caller': numbered(
      `${SCAIKEY}/users?per_page=100&page=${middle}`,
    ),
    'ScaiKey users, search that finds 2 %, one caller': numbered(`${SCAIKEY}/users?per_page=50&search=ada%20`),
    'ScaiKey users, search that finds 8 %, one caller': numbered(`${SCAIKEY}/users?per_page=50&search=a`),
    'Zautha users, search that finds 8 %, one caller': numbered('/v1/admin/users?limit=50&search=a'),
    [`effective members of a group over ${filled.topGroups - 1} others, one caller`]: [
      { path: top, authorization: key },
    ],
  }
}

/** What follows from groups inside groups, ten deep. */
function memberships({ key, filled }: Filled): Reads {
  const get = (path: string): PlainRead => ({ path, authorization: key })
  const group = (id: string) => `${REALM}/groups/${renderId('group', id)}/effective-members?limit=50`
  const { deep, chains, bigGroupId } = filled
  return {
    'groups of a user, ten deep': deep.slice(0, 1000).map(({ userId }) => {
      return get(`${REALM}/users/${renderId('user', userId)}/groups?limit=50`)
    }),
    'permissions of a user, ten deep': deep.slice(0, 1000).map(({ userId }) => {
      return get(`${REALM}/users/${renderId('user', userId)}/permissions`)
    }),
    'effective members of a group, ten deep': chains.map((id) => get(group(id))),
    [`effective members of a group of ${filled.bigGroupMembers}`]: [get(group(bigGroupId))],
  }
}

async function reads(asked: Filled, all: Reads, most: number, pace: Pace, measurement: Measurement): Promise<Row[]> {
  const rows: Row[] = []
  for (const [what, questions] of Object.entries(all)) {
    const summary = await measured(asked, questions, pace, measurement)
    if (summary) rows.push({ what, summary, most })
  }
  return rows
}

/** What a `groups` claim adds to what tells of a person, where that belongs to groups ten deep. */
async function tokens({ server, target }: Filled, options: Options, measurement: Measurement): Promise<Row[]> {
  const rows: Row[] = []
  for (const name of ['userinfo', 'refresh'] as const) {
    for (const personScopes of ['groups', undefined]) {
      const work = { kind: 'workload', name, target: { ...target, ...(personScopes && { personScopes }) } } as const
      const pace = { ...options, connections: CALLERS }
      const summary = (await measurement.interleaved([{ name: 'people', server, work }], pace)).get('people')
      const what = personScopes ? `${name} with groups, ten deep` : `${name} without`
      // A refresh waits for the disk; what groups add to it shows beside the one without.
      const most = personScopes && name === 'userinfo' ? SLOWEST_MS.membership : Number.POSITIVE_INFINITY
      if (summary) rows.push({ what, summary, most })
    }
  }
  return rows
}

function facts(
  file: string,
  { rss, coldStart }: Started & { rss: number },
  filled: LoadedPeople,
): ScenarioResult['facts'] {
  return [
    ['file', `${mb(statSync(file).size / 1e6)}, filled by SQL in ${filled.seconds.toFixed(0)} s`],
    ['of it in the first tenant', '60 % of the users, 80 % of the groups; a tenth of the users in each of two others'],
    ['memberships in groups', filled.memberships.toLocaleString('en')],
    ['RSS idle after a start', mb(rss)],
    ['cold start', ms(coldStart)],
    ['lists and memberships', `${CALLERS} callers at a time where nothing else is said`],
  ]
}

function verdicts({ what, summary, most, least }: Row): Verdict[] {
  const { p99, rate, errors } = summary
  const verdicts: Verdict[] = []
  if (least !== undefined) {
    const measured = Math.round(rate).toLocaleString('en')
    verdicts.push({
      target: `${what}: ≥ ${least.toLocaleString('en')}/s`,
      measured,
      met: rate >= least && errors === 0,
    })
  }
  if (Number.isFinite(most)) {
    verdicts.push({ target: `${what}: ≤ ${most} ms p99`, measured: ms(p99), met: p99 <= most && errors === 0 })
  }
  return verdicts
}
