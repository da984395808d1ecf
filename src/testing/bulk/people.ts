// Makes millions of users, groups, roles and tenants in a SQLite file by SQL, while no server uses it. The rows are copies
// of objects that the admin API created before, so that every column is as the server writes it.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { createRandom } from '#outside/random.ts'

const LEVELS = 10
const ROLES = 100
const PERMISSIONS_PER_ROLE = 10
/** Of all users and groups, how many are in the first tenant, and in each of the two next ones. */
const FIRST_SHARE = { users: 0.6, groups: 0.8 } as const
const NEXT_SHARE = 0.1
/** Of the first tenant's groups, how many hang under one. */
const UNDER_ONE = 0.1
const SUSPENDED_EVERY = 47

const GIVEN =
  'Ada Alma Anna Asta Bela Bodo Cara Carl Dana Dora Edda Egon Elsa Emil Enno Erna Fred Gerd Gina Hans Hedda Ida Ilse Ines Inga Ivo Jana Jens Jule Kaja Karl Lars Lena Lina Lutz Mara Mila Nele Nils Olaf Otto Petra Rita Rolf Sina Sven Tina Ulla Vera Wim'.split(
    ' ',
  )
const STEMS =
  'Acker Alt Berg Birk Brand Busch Dorn Eich Esch Falk Feld Fels Fisch Hag Heid Holz Horn Kirch Kling Korn Lind Loh Moor Nord Ost Rauch Rein Roth Sand Schill Stein Stern Stolz Tann Ufer Vogel Wald Weid Wies Zand'.split(
    ' ',
  )
const ENDINGS =
  'au bach becker berg brink brock dorf eck feld furt hagen haus heim hof holz horst kamp mann meier muth rode rup see stedt wald'.split(
    ' ',
  )

/** How much there is to be. */
export interface PeopleSizes {
  readonly users: number
  readonly groups: number
  readonly tenants: number
}

/** Somebody who was made, and what may be asked about them. */
export interface Someone {
  readonly userId: string
  readonly emailKey: string
  /** A permission that the user has: by a role of its own, or of a group ten levels above the user’s. */
  readonly permission: string
}

/** What the scenario asks about. */
export interface LoadedPeople {
  readonly seconds: number
  readonly users: number
  readonly memberships: number
  /** Users of the first tenant: those who belong to groups ten deep, and those who have a role of their own. */
  readonly deep: readonly Someone[]
  readonly direct: readonly Someone[]
  /** Groups of the first tenant: one with a tenth of all groups below it, and one with many members. */
  readonly topGroupId: string
  readonly topGroups: number
  readonly bigGroupId: string
  readonly bigGroupMembers: number
  /** Groups whose tenth level is the deepest. */
  readonly chains: readonly string[]
  /** A tenant with a tenth of all users, and its realm as URLs have it. */
  readonly nextTenantId: string
}

type Row = Record<string, SQLInputValue>

/** What of the first tenant is multiplied, by names that they were made with. */
export interface Templates {
  /** The slug of a tenant that is there only to be multiplied. */
  readonly tenant: string
  /** The key of the address of a user of the first tenant, whom the filled ones are like. */
  readonly user: string
  /** The address of somebody who is to belong to groups ten deep. */
  readonly deep: readonly string[]
  /** The names of a group and of a role of the first tenant. */
  readonly group: string
  readonly role: string
}

const asked = { deep: 3000, direct: 3000 } as const

/**
 * Makes tenants, users, groups with members and roles with permissions.
 * @param file the SQLite file
 * @throws Error where a template is not there
 */
export function loadPeople(file: string, sizes: PeopleSizes, templates: Templates): LoadedPeople {
  const start = performance.now()
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false })
  database.exec('pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -1000000')
  database.exec('begin immediate')
  const loaded = new PeopleLoader(database, sizes, templates).load()
  count(database)
  database.exec('commit; pragma wal_checkpoint(truncate)')
  database.close()
  return { ...loaded, seconds: (performance.now() - start) / 1000 }
}

/** A directory that users and groups are made in. */
interface Home {
  readonly tenantId: string
  readonly directoryId: string
  readonly domain: string
}

class PeopleLoader {
  readonly #database: DatabaseSync
  readonly #sizes: PeopleSizes
  readonly #templates: Templates
  readonly #random = createRandom({ now: Date.now })
  readonly #now = Date.now()

  constructor(database: DatabaseSync, sizes: PeopleSizes, templates: Templates) {
    this.#database = database
    this.#sizes = sizes
    this.#templates = templates
  }

  load(): Omit<LoadedPeople, 'seconds'> {
    const user = this.#one('"user" where email_key = ?', this.#templates.user)
    const first: Home = {
      tenantId: String(user.tenant_id),
      directoryId: String(user.directory_id),
      domain: 'first.example',
    }
    const homes = this.#tenants()
    const roles = this.#roles()
    console.log(`  ${homes.length} tenants`)
    const users = this.#users(user, first, homes)
    console.log(`  ${this.#sizes.users} users`)
    const groups = this.#groups(first, homes)
    console.log(`  ${this.#sizes.groups} groups`)
    return {
      ...this.#belongings(first, users, groups, roles),
      users: this.#sizes.users,
      nextTenantId: homes[0]?.tenantId ?? '',
    }
  }

  /** Multiplies the template tenant with its directories, realms, keys and clients. */
  #tenants(): Home[] {
    const template = this.#one('tenant where slug = ?', this.#templates.tenant)
    const tables = ['directory', 'realm', 'signing_key', 'application', 'client']
    const rows = tables.map((table) => {
      const parts = this.#database.prepare(`select * from "${table}" where tenant_id = ?`).all(template.id ?? null)
      return [this.#inserter(table, parts[0] as Row), parts as Row[]] as const
    })
    const insertTenant = this.#inserter('tenant', template)
    const home = rows[1]?.[1].find(({ kind }) => kind === 'default')
    const homes: Home[] = []
    // One is the first one, and one the template.
    for (let number = 0; number < this.#sizes.tenants - 2; number++) {
      const ids = new Map<SQLInputValue, string>([[template.id ?? null, this.#random.id()]])
      for (const [, parts] of rows) for (const { id } of parts) ids.set(id ?? null, this.#random.id())
      const tenantId = String(ids.get(template.id ?? null))
      const slug = `${STEMS[number % STEMS.length]}${ENDINGS[(number * 7) % ENDINGS.length]}-${number}`.toLowerCase()
      insertTenant({ ...template, id: tenantId, slug, name: `Tenant ${slug}` })
      for (const [insert, parts] of rows) {
        for (const part of parts) {
          const copy = Object.fromEntries(Object.entries(part).map(([name, value]) => [name, ids.get(value) ?? value]))
          if ('issuer_id' in copy) copy.issuer_id = this.#random.text(12, 'abcdefghijklmnopqrstuvwxyz0123456789')
          insert(copy)
        }
      }
      const directoryId = String(ids.get(home?.directory_id ?? null))
      homes.push({ tenantId, directoryId, domain: `${slug}.example` })
    }
    return homes
  }

  /** @returns ids of roles; a role has the permissions `records<number>:verb<0..9>` */
  #roles(): string[] {
    const template = this.#one('role where name = ?', this.#templates.role)
    const insert = this.#inserter('role', template)
    const grant = this.#inserter('role_permission', { role_id: '', permission: '', tenant_id: '' })
    return Array.from({ length: ROLES }, (_, number) => {
      const id = this.#random.id()
      const permissions = Array.from({ length: PERMISSIONS_PER_ROLE }, (_, verb) => permissionOf(number, verb))
      const name = `Role ${number}`
      insert({ ...template, id, name, name_key: name.toLowerCase(), permissions: JSON.stringify(permissions) })
      for (const permission of permissions) grant({ role_id: id, permission, tenant_id: template.tenant_id ?? '' })
      return id
    })
  }

  /** @returns ids and addresses of the users of the first tenant */
  #users(template: Row, first: Home, homes: readonly Home[]): { ids: string[]; addresses: string[] } {
    const insert = this.#inserter('user', template)
    const { users } = this.#sizes
    const ids: string[] = []
    const addresses: string[] = []
    for (let number = 0; number < users; number++) {
      const id = this.#random.id()
      const given = GIVEN[number % GIVEN.length] as string
      const family = familyOf(Math.floor(number / GIVEN.length))
      const home = homeOf(number / users, FIRST_SHARE.users, first, homes, number)
      const email = `${given}.${family}.${number}@${home.domain}`.toLowerCase()
      const name = `${given} ${family}`
      insert({
        ...template,
        id,
        tenant_id: home.tenantId,
        directory_id: home.directoryId,
        email,
        email_key: email,
        name,
        given_name: given,
        family_name: family,
        name_key: name.toLowerCase(),
        password_hash: null,
        password_set_at: null,
        status: number % SUSPENDED_EVERY === SUSPENDED_EVERY - 1 ? 'suspended' : 'active',
        created_at: this.#now,
        updated_at: this.#now,
      })
      if (home !== first) continue
      ids.push(id)
      addresses.push(email)
    }
    return { ids, addresses }
  }

  /** Chains of ten groups each; a tenth of them hang under one that is above all theirs. @returns the first tenant’s */
  #groups(first: Home, homes: readonly Home[]): string[] {
    const template = this.#one('"group" where name = ?', this.#templates.group)
    const insert = this.#inserter('group', template)
    const nest = this.#inserter('group_nesting', { child_id: '', parent_id: '', tenant_id: '', created_at: 0 })
    const { groups } = this.#sizes
    const ids: string[] = []
    for (let number = 0; number < groups; number++) {
      const home = homeOf(number / groups, FIRST_SHARE.groups, first, homes, number)
      const id = this.#random.id()
      const name = `${STEMS[number % STEMS.length]}${ENDINGS[(number * 7) % ENDINGS.length]} ${number}`
      insert({
        ...template,
        id,
        tenant_id: home.tenantId,
        directory_id: home.directoryId,
        name,
        name_key: name.toLowerCase(),
        member_count: 0,
      })
      if (home !== first) continue
      ids.push(id)
      const parent = this.#parentOf(ids.length - 1)
      if (parent === undefined) continue
      nest({
        child_id: id,
        parent_id: ids[parent] as string,
        tenant_id: home.tenantId,
        created_at: this.#now,
      })
    }
    return ids
  }

  get #underTop(): number {
    const chains = Math.floor((this.#sizes.groups * FIRST_SHARE.groups * UNDER_ONE) / (LEVELS - 1))
    return chains * (LEVELS - 1)
  }

  #parentOf(number: number): number | undefined {
    if (number === 0) return undefined
    if (number <= this.#underTop) return (number - 1) % (LEVELS - 1) === 0 ? 0 : number - 1
    return this.#levelOf(number) === 1 ? undefined : number - 1
  }

  #levelOf(number: number): number {
    if (number <= this.#underTop) return number === 0 ? 1 : 2 + ((number - 1) % (LEVELS - 1))
    return 1 + ((number - this.#underTop - 1) % LEVELS)
  }

  /** Puts users into groups, and gives roles: to half of the users, and to the uppermost groups. */
  #belongings(
    { tenantId }: Home,
    { ids: users, addresses }: { ids: string[]; addresses: string[] },
    groups: string[],
    roles: string[],
  ) {
    const [bigGroupId, topGroupId] = [groups.at(-1) as string, groups[0] as string]
    const join = this.#inserter('group_member', { group_id: '', user_id: '', tenant_id: '', created_at: 0 })
    const assignment = {
      subject_id: '',
      organization_id: '',
      role_id: '',
      subject_type: '',
      tenant_id: '',
      created_at: 0,
    }
    const assign = this.#inserter('role_assignment', assignment)
    const give = (subject_id: string, subject_type: string, role: number) =>
      assign({ ...assignment, subject_id, subject_type, role_id: roles[role] as string, tenant_id: tenantId })
    const member = (user_id: string, group_id: string) =>
      join({ group_id, user_id, tenant_id: tenantId, created_at: this.#now })
    const chains: string[] = []
    const roleOfGroup: number[] = []
    for (const [number, id] of groups.entries()) {
      const parent = this.#parentOf(number)
      roleOfGroup.push(parent === undefined ? number % ROLES : (roleOfGroup[parent] as number))
      if (parent !== undefined) continue
      give(id, 'group', number % ROLES)
      if (number > this.#underTop) chains.push(id)
    }
    const deep: Someone[] = []
    const direct: Someone[] = []
    const bigGroupMembers = Math.floor(users.length / 6)
    for (const [number, userId] of users.entries()) {
      const group = number % (groups.length - 1)
      member(userId, groups[group] as string)
      if (number < bigGroupMembers) member(userId, bigGroupId)
      const own = (number * 31) % ROLES
      if (number % 2 === 0) give(userId, 'user', own)
      if (number % SUSPENDED_EVERY === SUSPENDED_EVERY - 1) continue
      const emailKey = addresses[number] as string
      const isDeep = this.#levelOf(group) === LEVELS
      if (isDeep) deep.push({ userId, emailKey, permission: permissionOf(roleOfGroup[group] as number, number) })
      else if (number % 2 === 0) direct.push({ userId, emailKey, permission: permissionOf(own, number) })
    }
    const depths = groups.findIndex((_, number) => number > this.#underTop && this.#levelOf(number) === LEVELS)
    for (const address of this.#templates.deep) {
      member(String(this.#one('"user" where email_key = ?', address).id), groups[depths] as string)
    }
    this.#database.exec(
      'update "group" set member_count = (select count(*) from group_member where group_id = "group".id)',
    )
    const { memberships } = this.#database.prepare('select count(*) as memberships from group_member').get() as {
      memberships: number
    }
    return {
      memberships,
      deep: spread(deep, asked.deep),
      direct: spread(direct, asked.direct),
      topGroupId,
      topGroups: this.#underTop + 1,
      bigGroupId,
      bigGroupMembers,
      chains: spread(chains, 1000),
    }
  }

  #one(from: string, value: string): Row {
    const row = this.#database.prepare(`select * from ${from}`).get(value)
    if (row === undefined) throw new Error(`There is no ${from}: ${value}.`)
    return row as Row
  }

  #inserter(table: string, like: Row): (row: Row) => void {
    const columns = Object.keys(like)
    const statement: StatementSync = this.#database.prepare(
      `insert into "${table}" (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
    )
    return (row) => void statement.run(...columns.map((column) => row[column] ?? null))
  }
}

function homeOf(position: number, share: number, first: Home, homes: readonly Home[], number: number): Home {
  if (position < share) return first
  const next = Math.floor((position - share) / NEXT_SHARE)
  return (next < 2 && share + 2 * NEXT_SHARE < 1 ? homes[next] : homes[number % homes.length]) ?? first
}

function familyOf(number: number): string {
  const stem = STEMS[number % STEMS.length] as string
  return `${stem}${ENDINGS[Math.floor(number / STEMS.length) % ENDINGS.length]}`
}

function permissionOf(role: number, verb: number): string {
  return `records${role}:verb${verb % PERMISSIONS_PER_ROLE}`
}

function spread<Item>(items: readonly Item[], most: number): Item[] {
  const step = Math.max(1, Math.floor(items.length / most))
  return items.filter((_, index) => index % step === 0).slice(0, most)
}

/** Counts anew what the server counts as things come and go. */
function count(database: DatabaseSync): void {
  const totals = [
    ['users', '"user"', 'directory_id', 'deleted_at is null'],
    ['active_users', '"user"', 'directory_id', "deleted_at is null and status = 'active'"],
    ['groups', '"group"', 'directory_id', 'deleted_at is null'],
    ['applications', 'application', 'realm_id', 'deleted_at is null'],
  ]
  for (const [name, table, place, where] of totals) {
    database.exec(`delete from counter where name = '${name}';
      insert into counter (tenant_id, name, bucket, place, value)
        select tenant_id, '${name}', 0, ${place}, count(*) from ${table} where ${where} group by tenant_id, ${place}`)
  }
}
