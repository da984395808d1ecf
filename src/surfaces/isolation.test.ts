// Calls every row with every kind of caller.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authorizationMatrix } from '#testing/authorization-matrix.ts'
import type { InvalidCaller } from '#testing/invalid-callers.ts'
import {
  type Caller,
  createForRoute,
  type IsolationFixture,
  openIsolationFixture,
  sharedForRoute,
  tenantParameter,
} from '#testing/isolation-fixture.ts'
import { nonEmpty } from '#testing/non-empty.ts'
import { assertAdmitted, assertRefused, type RowReply, withoutRequestIds, wordingOf } from '#testing/refusals.ts'
import { minimalBody } from '#testing/row-request.ts'
import { bodyOf, minimalQuery, queryOf } from '#testing/row-schema.ts'
import { createListItem, disclosedIds, type Ids, isTenantOwned, unknownIdLike } from '#testing/tenant-resources.ts'
import type { Route, Surface } from './surface.ts'
import { everySurface } from './surfaces.ts'

// Every row of every admin surface is called by everybody: by who holds no credential or a wrong one, by each kind of
// caller that the surface knows, and by those of another tenant. The tables say which rows there are, so none is left out.

let fixture: IsolationFixture
const cellsOf = authorizationMatrix()

before(async () => {
  fixture = await openIsolationFixture()
})
after(() => fixture[Symbol.asyncDispose]())

const READ_ONLY = /^Platform token requires admin:write scope$/
const NOWHERE = 'nowhere00000'

async function each<Item>(items: readonly Item[], what: (item: Item) => string, check: (item: Item) => Promise<void>) {
  await Promise.all(
    items.map(async (item) => {
      try {
        await check(item)
      } catch (error) {
        throw new Error(what(item), { cause: error })
      }
    }),
  )
}

/** A thing of the caller’s own tenant, of nobody else’s use: whoever may delete it may. */
async function idsFor(surface: Surface, route: Route, { home, isAbove }: Caller): Promise<Ids> {
  // A tenant’s own administrator has no other one.
  if (/\/tenants\/\{(tenant_)?id\}/.test(route.path) && !isAbove) return [home.id]
  return route.method === 'GET' ? sharedForRoute(surface, home, route) : createForRoute(surface, home, route)
}

const surfaces = await everySurface()

for (const surface of surfaces) {
  for (const route of nonEmpty(surface.routes, `the routes of ${surface.name}`)) {
    const name = `${surface.name}: ${route.method} ${route.path}`

    test(`${name} refuses every credential that opens nothing here`, async () => {
      const ids = await sharedForRoute(surface, fixture.shop, route)
      const answering = sharing(route)
      const isNone = ({ opens = [], knownTo = {} }: InvalidCaller) =>
        !answering.some((name) => opens.includes(name) || (answering.length > 1 && name in knownTo))
      const invalidCallers = fixture.invalidCallers.filter(isNone)
      await each(
        nonEmpty(invalidCallers, 'the callers without rights'),
        ({ what }) => what,
        async ({ token, knownTo = {} }) => {
          const reply = await fixture.call(route, {
            token,
            issuerId: fixture.shop.issuerId,
            ids,
            body: bodyOf(route) && {},
          })
          const known = knownTo[surface.name]
          // Where two surfaces have a row, the first one answers whose credential is of neither.
          if (known === undefined) assertRefused(answererOf(reply, answering, surface.name), reply, 401)
          else assertRefused(surface.name, reply, 403, new RegExp(`^${known}$`))
        },
      )
    })

    test(`AD-07 AD-08 ${name} takes exactly the callers that the matrix allows`, async () => {
      const cells = cellsOf(surface, route)
      const callers = surface.callers.map((caller) => caller.name)
      assert.deepEqual(
        Object.keys(cells)
          .filter((caller) => cells[caller] !== '')
          .sort(),
        callers.toSorted(),
      )
      await each(
        callers,
        (caller) => `${caller}: ${cells[caller]}`,
        async (caller) => {
          const reply = await callAs(surface, route, fixture.holder(surface, route, caller))
          if (cells[caller] !== '-') assertAdmitted(reply)
          else if (caller === 'admin:read token') assertRefused(surface.name, reply, 403, READ_ONLY)
          else assertRefused(surface.name, reply, 403, wordingOf(surface.name).tier)
        },
      )
      assert.ok(
        callers.some((caller) => cells[caller] !== '-'),
        'somebody may',
      )
    })

    if (surface.callers.some((caller) => caller.name === 'tenant key')) {
      test(`${name} lets a key that may only read do just that`, async () => {
        const reply = await callAs(surface, route, fixture.reader)
        const isAllowed = cellsOf(surface, route)['tenant key'] !== '-' && route.operation.permission.endsWith(':read')
        if (!isAllowed) assertRefused(surface.name, reply, 403, wordingOf(surface.name).tier)
        else if (route.operation.makesCredentials) assertRefused(surface.name, reply, 403, /credentials:write/)
        else assertAdmitted(reply)
      })
    }

    test(`TN-01 TN-02 ${name} keeps who is of another tenant out`, async () => {
      const { shop } = fixture
      const ids = await sharedForRoute(surface, shop, route)
      await createListItem(shop, route.path)
      const logged = await fixture.logged(shop)
      for (const caller of nonEmpty(otherTenantCallers(surface), 'the callers of other tenants')) {
        try {
          await keptOut(surface, route, caller, ids)
        } catch (error) {
          throw new Error(`${caller.name} of ${caller.home.issuerId}`, { cause: error })
        }
      }
      assert.equal(await fixture.logged(shop), logged, 'something was done in the other tenant')
    })
  }
}

const ONLY_KEYS = new Set(['sharkauth', 'authplane'])

/** Who is of another tenant and of a kind that the surface knows; surfaces that take no keys are tried with tokens alone. */
function otherTenantCallers({ name: surface, callers }: Surface): readonly Caller[] {
  return fixture.otherTenants.filter(
    ({ name }) => callers.some((caller) => caller.name === name) || (!ONLY_KEYS.has(surface) && !name.endsWith(' key')),
  )
}

/** The surfaces that have a row at the same address. */
function sharing({ method, path }: Route): string[] {
  const here = (one: Route) => one.method === method && one.path === path
  return surfaces.filter(({ routes }) => routes.some(here)).map(({ name }) => name)
}

function answererOf({ body }: RowReply, answering: readonly string[], own: string): string {
  if (answering.length < 2) return own
  return 'detail' in (body as object) ? 'scaikey' : 'sharkauth'
}

/** Calls a row about a thing of the caller’s own, with what it takes. */
async function callAs(surface: Surface, route: Route, holder: Caller): Promise<RowReply> {
  const { token, home } = holder
  const ids = await idsFor(surface, route, holder)
  const body = await minimalBody(route, home, ids)
  return fixture.call(route, {
    token,
    issuerId: home.issuerId,
    ids,
    query: { ...minimalQuery(route), ...tenantParameter(surface, route, holder) },
    body,
  })
}

/** As much of a list as one page shows. */
function wholePage(route: Route): Record<string, string> {
  const size = ['per_page', 'limit', 'count'].find((name) => name in queryOf(route))
  return size ? { [size]: '100' } : {}
}

async function keptOut(surface: Surface, route: Route, caller: Caller, foreign: Ids): Promise<void> {
  const { shop } = fixture
  const { token, home } = caller
  const cell = cellsOf(surface, route)[caller.name]
  const { tier, outOfReach } = wordingOf(surface.name)
  const query = { ...minimalQuery(route), ...tenantParameter(surface, route, caller), ...wholePage(route) }
  const body = await minimalBody(route, home, [])
  const ask = async (issuerId: string, ids: Ids, more: Record<string, string> = {}): Promise<RowReply> => {
    const reply = await fixture.call(route, { token, issuerId, ids, query: { ...query, ...more }, body })
    const sent = JSON.stringify([issuerId, ids, more])
    assert.deepEqual(disclosedIds(shop, JSON.stringify([reply.body, [...reply.headers]]), sent), [])
    return reply
  }
  const nobody = foreign.map(unknownIdLike)
  const inRealm = route.path.includes('{issuer_id}')
  const reply = await ask(shop.issuerId, foreign)
  if (cell === '-' || cell === '' || cell === undefined) return assertRefused(surface.name, reply, 403, tier)
  // What is in its own place is nothing of anybody else’s.
  if (route.method === 'GET') await ask(home.issuerId, await idsFor(surface, route, caller))
  if (!isTenantOwned(route.path) && !inRealm) {
    if (surface.name === 'native') assertRefused('native', await ask('', [], { tenant_id: shop.id }), ...outOfReach)
    return
  }
  // At /scim/v2 who reaches several tenants is asked which one, whatever follows.
  const unsaid = surface.name === 'scim' && !inRealm && caller.isAbove
  const [status, sentence] = unsaid ? ([400, /^Give the tenant/] as const) : outOfReach
  assertRefused(surface.name, reply, status, sentence)
  const none = await ask(inRealm ? NOWHERE : '', nobody)
  assertRefused(surface.name, none, unsaid ? 400 : 404)
  if (status !== 403) assert.deepEqual(withoutRequestIds(reply.body), withoutRequestIds(none.body))
  if (inRealm && isTenantOwned(route.path)) {
    const elsewhere = await ask(home.issuerId, foreign)
    assertRefused(surface.name, elsewhere, 404)
    assert.deepEqual(withoutRequestIds(elsewhere.body), withoutRequestIds((await ask(home.issuerId, nobody)).body))
  }
  if (foreign.length > 1 && isTenantOwned(route.path)) {
    const [own = ''] = await sharedForRoute(surface, home, route)
    const within = await ask(home.issuerId, [own, ...foreign.slice(1)])
    assertRefused(surface.name, within, 404)
    assert.deepEqual(
      withoutRequestIds(within.body),
      withoutRequestIds((await ask(home.issuerId, [own, ...nobody.slice(1)])).body),
    )
  }
}
