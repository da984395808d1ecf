import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authorizationMatrix } from '#testing/authorization-matrix.ts'
import { freshThing, type Holder, type Isolation, openIsolation, placeIn, sharedThing } from '#testing/isolation.ts'
import { assertAdmitted, assertRefused, lasting, type RowReply, wordingOf } from '#testing/refusals.ts'
import { leastBody } from '#testing/row-request.ts'
import { bodyOf, queryOf } from '#testing/row-schema.ts'
import { type Ids, isOfTenant, makeListed, nobodyLike, revealed } from '#testing/things.ts'
import type { Route, Surface } from './surface.ts'
import { everySurface } from './surfaces.ts'

// Every row of every admin surface is called by everybody: by who holds no credential or a wrong one, by each kind of
// caller that the surface knows, and by those of another tenant. The tables say which rows there are, so none is left out.

let scene: Isolation
const cellsOf = authorizationMatrix()

before(async () => {
  scene = await openIsolation()
})
after(() => scene[Symbol.asyncDispose]())

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
async function idsFor(surface: Surface, route: Route, { home, isAbove }: Holder): Promise<Ids> {
  // A tenant’s own administrator has no other one.
  if (/\/tenants\/\{id\}/.test(route.path) && !isAbove) return [home.id]
  return route.method === 'GET' ? sharedThing(surface, home, route) : freshThing(surface, home, route)
}

for (const surface of await everySurface()) {
  for (const route of surface.routes) {
    const name = `${surface.name}: ${route.method} ${route.path}`

    test(`${name} refuses every credential that opens nothing here`, async () => {
      const ids = await sharedThing(surface, scene.shop, route)
      const strangers = scene.strangers.filter(({ opens = [] }) => !opens.includes(surface.name))
      await each(
        strangers,
        ({ what }) => what,
        async ({ token, knownTo = {} }) => {
          const reply = await scene.call(route, {
            token,
            issuerId: scene.shop.issuerId,
            ids,
            body: bodyOf(route) && {},
          })
          const known = knownTo[surface.name]
          if (known === undefined) assertRefused(surface.name, reply, 401)
          else assertRefused(surface.name, reply, 403, new RegExp(`^${known}$`))
        },
      )
    })

    test(`${name} takes exactly the callers that the matrix allows`, async () => {
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
          const reply = await callAs(surface, route, scene.holder(surface, route, caller))
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
        const reply = await callAs(surface, route, scene.reader)
        const isAllowed = cellsOf(surface, route)['tenant key'] !== '-' && route.operation.permission.endsWith(':read')
        if (isAllowed) assertAdmitted(reply)
        else assertRefused(surface.name, reply, 403, wordingOf(surface.name).tier)
      })
    }

    test(`${name} keeps who is of another tenant out`, async () => {
      const { shop } = scene
      const ids = await sharedThing(surface, shop, route)
      await makeListed(shop, route.path)
      const logged = await scene.logged(shop)
      for (const neighbour of scene.neighbours) {
        try {
          await keptOut(surface, route, neighbour, ids)
        } catch (error) {
          throw new Error(`${neighbour.name} of ${neighbour.home.issuerId}`, { cause: error })
        }
      }
      assert.equal(await scene.logged(shop), logged, 'something was done in the other tenant')
    })
  }
}

/** Calls a row about a thing of the caller’s own, with what it takes. */
async function callAs(surface: Surface, route: Route, holder: Holder): Promise<RowReply> {
  const { token, home } = holder
  const ids = await idsFor(surface, route, holder)
  const body = await leastBody(route, home, ids)
  return scene.call(route, { token, issuerId: home.issuerId, ids, query: placeIn(surface, route, holder), body })
}

/** As much of a list as one page shows. */
function wholePage(route: Route): Record<string, string> {
  const size = ['per_page', 'limit', 'count'].find((name) => name in queryOf(route))
  return size ? { [size]: '100' } : {}
}

async function keptOut(surface: Surface, route: Route, neighbour: Holder, foreign: Ids): Promise<void> {
  const { shop } = scene
  const { token, home } = neighbour
  const cell = cellsOf(surface, route)[neighbour.name]
  const { tier, outOfReach } = wordingOf(surface.name)
  const query = { ...placeIn(surface, route, neighbour), ...wholePage(route) }
  const body = await leastBody(route, home, [])
  const ask = async (issuerId: string, ids: Ids, more: Record<string, string> = {}): Promise<RowReply> => {
    const reply = await scene.call(route, { token, issuerId, ids, query: { ...query, ...more }, body })
    const sent = JSON.stringify([issuerId, ids, more])
    assert.deepEqual(revealed(shop, JSON.stringify([reply.body, [...reply.headers]]), sent), [])
    return reply
  }
  const nobody = foreign.map(nobodyLike)
  const inRealm = route.path.includes('{issuer_id}')
  const reply = await ask(shop.issuerId, foreign)
  if (cell === '-' || cell === '' || cell === undefined) return assertRefused(surface.name, reply, 403, tier)
  // What is in its own place is nothing of anybody else’s.
  if (route.method === 'GET') await ask(home.issuerId, await idsFor(surface, route, neighbour))
  if (!isOfTenant(route.path) && !inRealm) {
    if (surface.name === 'native') assertRefused('native', await ask('', [], { tenant_id: shop.id }), ...outOfReach)
    return
  }
  // At /scim/v2 who reaches several tenants is asked which one, whatever follows.
  const unsaid = surface.name === 'scim' && !inRealm && neighbour.isAbove
  const [status, sentence] = unsaid ? ([400, /^Say which tenant/] as const) : outOfReach
  assertRefused(surface.name, reply, status, sentence)
  const none = await ask(inRealm ? NOWHERE : '', nobody)
  assertRefused(surface.name, none, unsaid ? 400 : 404)
  if (status !== 403) assert.deepEqual(lasting(reply.body), lasting(none.body))
  if (inRealm && isOfTenant(route.path)) {
    const elsewhere = await ask(home.issuerId, foreign)
    assertRefused(surface.name, elsewhere, 404)
    assert.deepEqual(lasting(elsewhere.body), lasting((await ask(home.issuerId, nobody)).body))
  }
  if (foreign.length > 1) {
    const [own = ''] = await sharedThing(surface, home, route)
    const within = await ask(home.issuerId, [own, ...foreign.slice(1)])
    assertRefused(surface.name, within, 404)
    assert.deepEqual(lasting(within.body), lasting((await ask(home.issuerId, [own, ...nobody.slice(1)])).body))
  }
}
