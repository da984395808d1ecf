import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authorizationMatrix } from '#testing/authorization-matrix.ts'
import { freshThing, type Holder, type Isolation, openIsolation, placeIn } from '#testing/isolation.ts'
import { assertRefused, lasting, type RowReply } from '#testing/refusals.ts'
import { type IdPlace, idPlaces } from '#testing/row-ids.ts'
import { leastBody } from '#testing/row-request.ts'
import { type Ids, makeOf, makeReferred, nobodyLike, revealed, type Site } from '#testing/things.ts'
import type { Route, Surface } from './surface.ts'
import { everySurface } from './surfaces.ts'

// Every id in a query or a body of every row is, once, that of something in another tenant: it is answered as an id of
// nothing is, shows nothing and changes nothing there. The rows’ descriptions say where ids stand, so none is left out.

let scene: Isolation
const cellsOf = authorizationMatrix()

before(async () => {
  scene = await openIsolation()
})
after(() => scene[Symbol.asyncDispose]())

/** What ScaiKey says of a tenant or a partner that is there and out of reach, instead of hiding it. */
const DENIED = /^Access denied$/

/** Where nobody but a super_admin may name a partner, whichever it is. */
const SUPER_ONLY = ['administrator.create partner_id', 'administrator.update partner_id']

interface Attempt {
  readonly surface: Surface
  readonly route: Route
  readonly place: IdPlace
  readonly holder: Holder
  /** In the holder’s own tenant. */
  readonly ids: Ids
}

for (const surface of await everySurface()) {
  for (const route of surface.routes) {
    for (const place of idPlaces(route)) {
      const name = `${surface.name}: ${route.method} ${route.path}: ${place.name} in the ${place.in}`

      test(`${name} leads to nothing of another tenant`, async () => {
        const thing = await (place.isPassedOver ? makeReferred : makeOf)(scene.shop, place.noun)
        const logged = await scene.logged(scene.shop)
        for (const holder of attackers(surface, route, place)) {
          try {
            const ids = await idsFor(surface, route, holder.home)
            const foreign = place.noun === 'partner' ? partnerOtherThan(holder) : thing
            await leadsNowhere({ surface, route, place, holder, ids }, foreign)
          } catch (error) {
            throw new Error(`${holder.name} of ${holder.home.issuerId}`, { cause: error })
          }
        }
        assert.equal(await scene.logged(scene.shop), logged, 'something was done in the other tenant')
      })
    }
  }
}

/** Who is let in to the row; and, with what is not a tenant itself, who reaches both tenants and may not mix them. */
function attackers(surface: Surface, route: Route, place: IdPlace): Holder[] {
  const cells = cellsOf(surface, route)
  const both = { name: 'super_admin', token: scene.plane.superAdmin, home: scene.bank, isAbove: true } as const
  const isOwn = surface.name === 'zautha' || (surface.name === 'scim' && !route.path.includes('{issuer_id}'))
  const mixes = place.in === 'body' && !place.isPassedOver && place.noun !== 'tenant' && place.noun !== 'partner'
  return [...scene.neighbours, ...(mixes ? [both] : [])].filter(({ name, isAbove }) => {
    const isLetIn = !['-', '', undefined].includes(cells[name])
    return isLetIn && !(isAbove && isOwn)
  })
}

// Partners have several tenants: that of `shop` is the one of some neighbours too.
function partnerOtherThan({ home }: Holder): string {
  return home.partnerId === scene.shop.partnerId ? scene.sibling.partnerId : scene.shop.partnerId
}

async function idsFor(surface: Surface, route: Route, home: Site): Promise<Ids> {
  return /\/tenants\/\{id\}/.test(route.path) ? [home.id] : freshThing(surface, home, route)
}

async function leadsNowhere({ surface, route, place, holder, ids }: Attempt, foreign: string): Promise<void> {
  const { token, home } = holder
  const own = await makeOf(home, place.noun)
  const ask = async (id: string): Promise<RowReply> => {
    const body = await leastBody(route, home, ids, place.name)
    const least = { query: placeIn(surface, route, holder), body }
    const isThere = id === own && place.in === 'body' && body !== undefined && place.name in body
    const sent = isThere ? least : place.put(least, id)
    const reply = await scene.call(route, { token, issuerId: home.issuerId, ids, ...sent })
    assert.deepEqual(revealed(scene.shop, JSON.stringify([reply.body, [...reply.headers]]), id), [])
    return reply
  }
  const reply = await ask(foreign)
  if (surface.name === 'scaikey' && (place.noun === 'tenant' || place.noun === 'partner')) {
    return assertRefused(surface.name, reply, 403, DENIED)
  }
  const none = await ask(nobodyLike(foreign))
  assert.deepEqual(plain(reply, foreign), plain(none, nobodyLike(foreign)))
  if (!place.isPassedOver) assert.ok(reply.status >= 400 && reply.status < 500, JSON.stringify(reply.body))
  // What is its own is done, or at least told apart from nothing.
  const done = await ask(own)
  if (done.status < 400 || SUPER_ONLY.includes(`${route.operation.name} ${place.name}`)) return
  assert.notDeepEqual(plain(done, own), plain(none, nobodyLike(foreign)))
}

/** An answer without the id that it was asked with. */
function plain({ status, body }: RowReply, id: string): unknown {
  return { status, body: JSON.parse((JSON.stringify(lasting(body)) ?? 'null').replaceAll(id, 'id')) }
}
