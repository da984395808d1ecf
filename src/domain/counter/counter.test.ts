// Checks that counters equal the number of rows, also under concurrency.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fillCounters } from '#database/migrations/0011-counters.ts'
import { countRows, readCounters } from '#testing/counter-check.ts'
import { DIALECTS } from '#testing/databases.ts'
import { runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { anyPlace } from '#testing/sign-in-place.ts'
import { administratorCreate } from '../administrator/administrator.operations.ts'
import { agentCreate, agentDelete, agentGet } from '../agent/agent.operations.ts'
import { applicationCreate, applicationDelete } from '../application/application.operations.ts'
import { clientDelete, clientList } from '../client/client.operations.ts'
import type { Context } from '../context.ts'
import { groupCreate, groupDelete } from '../group/group.operations.ts'
import { projectCreate, projectDelete } from '../project/project.operations.ts'
import { realmCreate, realmDelete } from '../realm/realm.operations.ts'
import { sessionRevoke } from '../session/session.operations.ts'
import type { Session } from '../session/session.ts'
import { signInWithPassword } from '../sign-in/sign-in.service.ts'
import { tenantCreate, tenantDelete } from '../tenant/tenant.operations.ts'
import { userCreate, userDelete, userSetPassword, userUpdate } from '../user/user.operations.ts'
import { type CountedIn, purgeCounters } from './counter.store.ts'
import { HOUR } from './counter.ts'

const PASSWORD = 'correct horse battery staple'
const noSession = anyPlace()

/** The number of issued tokens of each tenant, from the heads of the chains. */
function tokensByHead({ database }: TestServices) {
  return database.read.kysely.selectFrom('event_head').select(['tenant_id', 'tokens']).orderBy('tenant_id').execute()
}

/** A repeatable sequence of numbers that look random. */
function chances(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

interface Person {
  readonly id: string
  readonly email: string
}

/** A realm of some tenant, and what was created there. */
interface Place {
  readonly context: Context
  readonly people: Person[]
  readonly sessions: Session[]
  readonly groups: string[]
  readonly applications: string[]
}

/** Runs random operations, several at once. Operations that are no longer possible may fail. */
class Commotion {
  readonly #services: TestServices
  readonly #chance: (below: number) => number
  readonly #places: Place[] = []
  #made = 0

  constructor(services: TestServices, seed: number) {
    this.#services = services
    this.#chance = chances(seed)
    this.#settle(services.contextFor())
  }

  #settle(context: Context): void {
    this.#places.push({ context, people: [], sessions: [], groups: [], applications: [] })
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#chance(items.length)]
    if (item === undefined) throw new Error('nothing to pick')
    return item
  }

  /** One round of concurrent operations. */
  async round(size: number): Promise<void> {
    const deeds = [
      ...Array(4).fill(this.#createUser),
      ...Array(3).fill(this.#signIn),
      this.#failToSignIn,
      this.#changeUser,
      this.#changeUser,
      this.#deleteUser,
      this.#revoke,
      this.#group,
      this.#application,
      this.#agent,
      this.#realm,
    ]
    const done = await Promise.allSettled(Array.from({ length: size }, () => this.#pick(deeds).call(this)))
    for (const one of done) {
      const { code, message } = one.status === 'rejected' ? (one.reason as { code?: string; message: string }) : {}
      const expected = code === undefined ? message === 'nothing to pick' : !/server|temporarily/.test(code)
      assert.ok(one.status === 'fulfilled' || expected, `${code} ${message}`)
    }
    if (this.#chance(4) === 0) this.#services.clock.advance(this.#chance(3 * HOUR))
  }

  async #createUser(): Promise<void> {
    const { context, people } = this.#pick(this.#places)
    const email = `p${++this.#made}@example.com`
    const status = this.#pick(['active', 'active', 'suspended'])
    const { id } = await runOperation(userCreate, context, { email, password: PASSWORD, status })
    people.push({ id, email })
  }

  async #signIn(): Promise<void> {
    const { context, people, sessions } = this.#pick(this.#places)
    const { email } = this.#pick(people)
    const previous = this.#chance(2) === 0 ? sessions.at(-1) : undefined
    const outcome = await signInWithPassword(
      context,
      { email, password: PASSWORD, known: undefined },
      anyPlace(async () => previous),
    )
    if (outcome.kind === 'signed_in') sessions.push(outcome.session)
  }

  async #failToSignIn(): Promise<void> {
    const { context } = this.#pick(this.#places)
    await signInWithPassword(context, { email: 'x@y.zz', password: '-', known: undefined }, noSession)
  }

  async #changeUser(): Promise<void> {
    const { context, people } = this.#pick(this.#places)
    const { id } = this.#pick(people)
    if (this.#chance(4) === 0) return void (await runOperation(userSetPassword, context, { id, password: PASSWORD }))
    await runOperation(userUpdate, context, { id, status: this.#pick(['active', 'suspended']) })
  }

  async #deleteUser(): Promise<void> {
    const { context, people } = this.#pick(this.#places)
    await runOperation(userDelete, context, { id: this.#pick(people).id })
  }

  async #revoke(): Promise<void> {
    const { context, sessions } = this.#pick(this.#places)
    await runOperation(sessionRevoke, context, { id: this.#pick(sessions).id })
  }

  async #group(): Promise<void> {
    const { context, groups } = this.#pick(this.#places)
    if (groups.length > 0 && this.#chance(2) === 0)
      return runOperation(groupDelete, context, { id: this.#pick(groups) })
    groups.push((await runOperation(groupCreate, context, { name: `G${++this.#made}` })).id)
  }

  async #application(): Promise<void> {
    const { context, applications } = this.#pick(this.#places)
    if (applications.length > 0 && this.#chance(2) === 0) {
      return runOperation(applicationDelete, context, { id: this.#pick(applications) })
    }
    applications.push((await runOperation(applicationCreate, context, { name: `A${++this.#made}` })).id)
  }

  async #agent(): Promise<void> {
    const { context } = this.#pick(this.#places)
    const { id } = await runOperation(agentCreate, context, { name: `Agent ${++this.#made}` })
    const agent = await runOperation(agentGet, context, { id })
    if (this.#chance(3) === 0) return runOperation(agentDelete, context, { id })
    if (this.#chance(3) > 0) return
    const { data } = await runOperation(clientList, context, {})
    const client = data.find(({ clientId }) => clientId === agent.clientId)
    if (client) await runOperation(clientDelete, context, { id: client.id })
  }

  /** Creates or deletes a tenant, a realm or a project. */
  async #realm(): Promise<void> {
    const services = this.#services
    const tenants = [...new Set(this.#places.map(({ context }) => context.scope.tenantId))]
    const tenantId = this.#pick(tenants)
    const inTenant = services.contextFor({ tenantId, realm: null })
    const name = `R${++this.#made}`
    const dice = this.#chance(6)
    if (dice === 0) {
      const { id } = await runOperation(tenantCreate, services.contextFor(), { name, slug: name.toLowerCase() })
      const home = await services.contextFor({ tenantId: id, realm: null }).read.realms.home()
      if (home) this.#settle(services.contextFor({ tenantId: id, realm: home }))
      await runOperation(administratorCreate, services.contextFor({ tenantId: id, realm: null }), {
        email: `${name}@example.com`,
      })
    } else if (dice === 1 && tenants.length > 2) {
      await runOperation(tenantDelete, services.contextFor(), { id: tenantId })
    } else if (dice === 2) {
      await runOperation(realmDelete, this.#pick(this.#places).context)
    } else if (dice === 3) {
      const project = await runOperation(projectCreate, inTenant, { name })
      const realm = await inTenant.read.realms.find(project.realmId)
      if (realm) this.#settle(services.contextFor({ tenantId, realm }))
      if (this.#chance(2) === 0) await runOperation(projectDelete, inTenant, { id: project.id })
    } else {
      const { id } = await runOperation(realmCreate, inTenant, { name })
      const realm = await inTenant.read.realms.find(id)
      if (realm) this.#settle(services.contextFor({ tenantId, realm }))
    }
  }
}

for (const dialect of DIALECTS) {
  for (const seed of [1, 7, 42]) {
    test(`counts are those of the rows, whatever happens at once (${dialect}, ${seed})`, async (t) => {
      const services = await openTestServices({ database: dialect })
      t.after(() => services.close())
      const commotion = new Commotion(services, seed)
      for (let round = 0; round < 30; round++) await commotion.round(8)
      const now = services.clock.now()
      const expected = await countRows(services.database, now)
      assert.deepEqual(await readCounters(services.database, now), expected)
      assert.ok(Object.keys(expected).length > 20)
      const heads = await tokensByHead(services)
      await services.database.write(async ({ kysely }) => {
        await kysely.deleteFrom('counter').execute()
        await kysely.updateTable('event_head').set({ tokens: -1 }).execute()
        await fillCounters(kysely as never)
      })
      const counted = Object.fromEntries(Object.entries(expected).filter(([key]) => !/ sign_ups/.test(key)))
      assert.deepEqual(await readCounters(services.database, now), counted, 'an older database begins with the same')
      assert.deepEqual(await tokensByHead(services), heads)
    })
  }

  test(`what is shown leaves out what is gone, hidden or over (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    const platform = { kind: 'platform' } as const
    const { id: tenantId } = await runOperation(tenantCreate, context, { name: 'Shop', slug: 'shop' })
    const there = services.contextFor({ tenantId, realm: null })
    const home = await there.read.realms.home()
    const { id: realmId } = await runOperation(realmCreate, there, { name: 'Gone' })
    const gone = await there.read.realms.find(realmId)
    assert.ok(home && gone)
    const total = (within?: CountedIn) => context.read.acrossTenants.counters.total('users', platform, within)
    for (const realm of [home, gone, services.realm]) {
      const at = services.contextFor({ tenantId: realm.tenantId, realm })
      await runOperation(userCreate, at, { email: 'ann@example.com', password: PASSWORD })
      await signInWithPassword(at, { email: 'ann@example.com', password: PASSWORD, known: undefined }, noSession)
    }
    await runOperation(administratorCreate, there, { email: 'admin@example.com' })
    assert.deepEqual([await total(), await total({ tenantId }), await total({ place: home.directoryId })], [3, 2, 1])
    const sessions = () => context.read.acrossTenants.counters.sessions(platform, services.clock.now())
    assert.equal(await sessions(), 3)
    await runOperation(realmDelete, services.contextFor({ tenantId, realm: gone }))
    assert.deepEqual([await total(), await sessions()], [2, 2])
    assert.equal(await context.read.acrossTenants.counters.total('users', { kind: 'tenant', tenantId }), 1)
    services.clock.advance(12 * HOUR - 1)
    assert.equal(await sessions(), 2)
    services.clock.advance(1)
    assert.equal(await sessions(), 0, 'they expire to the moment')
    await runOperation(tenantDelete, context, { id: tenantId })
    assert.equal(await total(), 1)
    const trend = () => context.read.acrossTenants.counters.happened(['sign_ins'], 'day', 0, platform)
    assert.deepEqual(
      (await trend()).map(({ count }) => count),
      [1],
    )
    await services.database.write((connection) => purgeCounters(connection, services.clock.now() + 500 * 24 * HOUR))
    assert.deepEqual([await trend(), await total()], [[], 1])
  })
}
