import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fillCounters } from '#database/migrations/0011-counters.ts'
import { DIALECTS } from '#testing/databases.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { counted, recount } from '#testing/recount.ts'
import { run } from '#testing/run.ts'
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
const nothing = async () => {}

/** How many of each tenant’s events say that a token was issued, as the heads of the chains have it. */
function tokensByHead({ database }: TestHouse) {
  return database.read.kysely.selectFrom('event_head').select(['tenant_id', 'tokens']).orderBy('tenant_id').execute()
}

/** Numbers that look random and are the same each time. */
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

/** A realm of some tenant, and what was made there. */
interface Place {
  readonly context: Context
  readonly people: Person[]
  readonly sessions: Session[]
  readonly groups: string[]
  readonly applications: string[]
}

/** Does things at random, several at once; what cannot be done any more fails, and that is as well. */
class Commotion {
  readonly #house: TestHouse
  readonly #chance: (below: number) => number
  readonly #places: Place[] = []
  #made = 0

  constructor(house: TestHouse, seed: number) {
    this.#house = house
    this.#chance = chances(seed)
    this.#settle(house.contextFor())
  }

  #settle(context: Context): void {
    this.#places.push({ context, people: [], sessions: [], groups: [], applications: [] })
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#chance(items.length)]
    if (item === undefined) throw new Error('nothing to pick')
    return item
  }

  /** One round of things that are done at once. */
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
    if (this.#chance(4) === 0) this.#house.clock.advance(this.#chance(3 * HOUR))
  }

  async #createUser(): Promise<void> {
    const { context, people } = this.#pick(this.#places)
    const email = `p${++this.#made}@example.com`
    const status = this.#pick(['active', 'active', 'suspended'])
    const { id } = await run(userCreate, context, { email, password: PASSWORD, status })
    people.push({ id, email })
  }

  async #signIn(): Promise<void> {
    const { context, people, sessions } = this.#pick(this.#places)
    const { email } = this.#pick(people)
    const previous = this.#chance(2) === 0 ? sessions.at(-1) : undefined
    const outcome = await signInWithPassword(
      context,
      { email, password: PASSWORD, known: undefined, previous },
      nothing,
    )
    if (outcome.kind === 'signed_in') sessions.push(outcome.session)
  }

  async #failToSignIn(): Promise<void> {
    const { context } = this.#pick(this.#places)
    await signInWithPassword(
      context,
      { email: 'x@y.zz', password: '-', known: undefined, previous: undefined },
      nothing,
    )
  }

  async #changeUser(): Promise<void> {
    const { context, people } = this.#pick(this.#places)
    const { id } = this.#pick(people)
    if (this.#chance(4) === 0) return void (await run(userSetPassword, context, { id, password: PASSWORD }))
    await run(userUpdate, context, { id, status: this.#pick(['active', 'suspended']) })
  }

  async #deleteUser(): Promise<void> {
    const { context, people } = this.#pick(this.#places)
    await run(userDelete, context, { id: this.#pick(people).id })
  }

  async #revoke(): Promise<void> {
    const { context, sessions } = this.#pick(this.#places)
    await run(sessionRevoke, context, { id: this.#pick(sessions).id })
  }

  async #group(): Promise<void> {
    const { context, groups } = this.#pick(this.#places)
    if (groups.length > 0 && this.#chance(2) === 0) return run(groupDelete, context, { id: this.#pick(groups) })
    groups.push((await run(groupCreate, context, { name: `G${++this.#made}` })).id)
  }

  async #application(): Promise<void> {
    const { context, applications } = this.#pick(this.#places)
    if (applications.length > 0 && this.#chance(2) === 0) {
      return run(applicationDelete, context, { id: this.#pick(applications) })
    }
    applications.push((await run(applicationCreate, context, { name: `A${++this.#made}` })).id)
  }

  async #agent(): Promise<void> {
    const { context } = this.#pick(this.#places)
    const { id } = await run(agentCreate, context, { name: `Agent ${++this.#made}` })
    const agent = await run(agentGet, context, { id })
    if (this.#chance(3) === 0) return run(agentDelete, context, { id })
    if (this.#chance(3) > 0) return
    const { data } = await run(clientList, context, {})
    const client = data.find(({ clientId }) => clientId === agent.clientId)
    if (client) await run(clientDelete, context, { id: client.id })
  }

  /** Makes a tenant, a realm or a project, or takes one away. */
  async #realm(): Promise<void> {
    const house = this.#house
    const tenants = [...new Set(this.#places.map(({ context }) => context.scope.tenantId))]
    const tenantId = this.#pick(tenants)
    const inTenant = house.contextFor({ tenantId, realm: null })
    const name = `R${++this.#made}`
    const dice = this.#chance(6)
    if (dice === 0) {
      const { id } = await run(tenantCreate, house.contextFor(), { name, slug: name.toLowerCase() })
      const home = await house.contextFor({ tenantId: id, realm: null }).read.realms.home()
      if (home) this.#settle(house.contextFor({ tenantId: id, realm: home }))
      await run(administratorCreate, house.contextFor({ tenantId: id, realm: null }), { email: `${name}@example.com` })
    } else if (dice === 1 && tenants.length > 2) {
      await run(tenantDelete, house.contextFor(), { id: tenantId })
    } else if (dice === 2) {
      await run(realmDelete, this.#pick(this.#places).context)
    } else if (dice === 3) {
      const project = await run(projectCreate, inTenant, { name })
      const realm = await inTenant.read.realms.find(project.realmId)
      if (realm) this.#settle(house.contextFor({ tenantId, realm }))
      if (this.#chance(2) === 0) await run(projectDelete, inTenant, { id: project.id })
    } else {
      const { id } = await run(realmCreate, inTenant, { name })
      const realm = await inTenant.read.realms.find(id)
      if (realm) this.#settle(house.contextFor({ tenantId, realm }))
    }
  }
}

for (const dialect of DIALECTS) {
  for (const seed of [1, 7, 42]) {
    test(`counts are those of the rows, whatever happens at once (${dialect}, ${seed})`, async (t) => {
      const house = await openTestHouse({ database: dialect })
      t.after(() => house.close())
      const commotion = new Commotion(house, seed)
      for (let round = 0; round < 30; round++) await commotion.round(8)
      const now = house.clock.now()
      const expected = await recount(house.database, now)
      assert.deepEqual(await counted(house.database, now), expected)
      assert.ok(Object.keys(expected).length > 20)
      const heads = await tokensByHead(house)
      await house.database.write(async ({ kysely }) => {
        await kysely.deleteFrom('counter').execute()
        await kysely.updateTable('event_head').set({ tokens: -1 }).execute()
        await fillCounters(kysely as never)
      })
      assert.deepEqual(await counted(house.database, now), expected, 'an older database begins with the same')
      assert.deepEqual(await tokensByHead(house), heads)
    })
  }

  test(`what is shown leaves out what is gone, hidden or over (${dialect})`, async (t) => {
    const house = await openTestHouse({ database: dialect })
    t.after(() => house.close())
    const context = house.contextFor()
    const platform = { kind: 'platform' } as const
    const { id: tenantId } = await run(tenantCreate, context, { name: 'Shop', slug: 'shop' })
    const there = house.contextFor({ tenantId, realm: null })
    const home = await there.read.realms.home()
    const { id: realmId } = await run(realmCreate, there, { name: 'Gone' })
    const gone = await there.read.realms.find(realmId)
    assert.ok(home && gone)
    const total = (within?: CountedIn) => context.read.counters.total('users', platform, within)
    for (const realm of [home, gone, house.realm]) {
      const at = house.contextFor({ tenantId: realm.tenantId, realm })
      await run(userCreate, at, { email: 'ann@example.com', password: PASSWORD })
      await signInWithPassword(
        at,
        { email: 'ann@example.com', password: PASSWORD, known: undefined, previous: undefined },
        nothing,
      )
    }
    await run(administratorCreate, there, { email: 'admin@example.com' })
    assert.deepEqual([await total(), await total({ tenantId }), await total({ place: home.directoryId })], [3, 2, 1])
    const sessions = () => context.read.counters.sessions(platform, house.clock.now())
    assert.equal(await sessions(), 3)
    await run(realmDelete, house.contextFor({ tenantId, realm: gone }))
    assert.deepEqual([await total(), await sessions()], [2, 2])
    assert.equal(await context.read.counters.total('users', { kind: 'tenant', tenantId }), 1)
    house.clock.advance(12 * HOUR - 1)
    assert.equal(await sessions(), 2)
    house.clock.advance(1)
    assert.equal(await sessions(), 0, 'they expire to the moment')
    await run(tenantDelete, context, { id: tenantId })
    assert.equal(await total(), 1)
    const trend = () => context.read.counters.happened(['sign_ins'], 'day', 0, platform)
    assert.deepEqual(
      (await trend()).map(({ count }) => count),
      [1],
    )
    await house.database.write((connection) => purgeCounters(connection, house.clock.now() + 500 * 24 * HOUR))
    assert.deepEqual([await trend(), await total()], [[], 1])
  })
}
