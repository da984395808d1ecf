// Sends ids of another tenant to every row.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authorizationMatrix } from '#testing/authorization-matrix.ts'
import type { IdPlace } from '#testing/id-place.ts'
import {
  type Caller,
  createForRoute,
  type IsolationFixture,
  openIsolationFixture,
  tenantParameter,
} from '#testing/isolation-fixture.ts'
import { nonEmpty } from '#testing/non-empty.ts'
import { assertRefused, type RowReply, withoutRequestIds, wordingOf } from '#testing/refusals.ts'
import { idPlaces } from '#testing/row-ids.ts'
import { minimalBody } from '#testing/row-request.ts'
import { minimalQuery } from '#testing/row-schema.ts'
import {
  createOfType,
  createReferenced,
  disclosedIds,
  type Ids,
  type TestTenant,
  unknownIdLike,
} from '#testing/tenant-resources.ts'
import type { Route, Surface } from './surface.ts'
import { everySurface } from './surfaces.ts'

// Every id in a query or a body of every row is, once, that of something in another tenant: it is answered as an id of
// nothing is, shows nothing and changes nothing there. The rows’ descriptions say where ids stand, so none is left out.

let fixture: IsolationFixture
const cellsOf = authorizationMatrix()

before(async () => {
  fixture = await openIsolationFixture()
})
after(() => fixture[Symbol.asyncDispose]())

/** What ScaiKey says of a tenant or a partner that is there and out of reach, instead of hiding it. */
const DENIED = /^Access denied$/

/** Where nobody but a super_admin may name a partner, whichever it is. */
const SUPER_ONLY = ['administrator.create partner_id', 'administrator.update partner_id']

interface Attempt {
  readonly surface: Surface
  readonly route: Route
  readonly place: IdPlace
  readonly holder: Caller
  /** In the holder’s own tenant. */
  readonly ids: Ids
}

for (const surface of await everySurface()) {
  nonEmpty(surface.routes.flatMap(idPlaces), `the places for ids in ${surface.name}`)
  for (const route of surface.routes) {
    for (const place of idPlaces(route)) {
      const name = `${surface.name}: ${route.method} ${route.path}: ${place.name} in the ${place.in}`

      test(`${name} leads to nothing of another tenant`, async () => {
        const thing = await (place.isFilter ? createReferenced : createOfType)(fixture.shop, place.noun)
        const logged = await fixture.logged(fixture.shop)
        const callers = attackers(surface, route, place)
        if (callers.length === 0) await refusesOtherTenants(surface, route, place, thing)
        for (const holder of callers) {
          try {
            const ids = await idsFor(surface, route, holder.home)
            const foreign = place.noun === 'partner' ? partnerOtherThan(holder) : thing
            await leadsNowhere({ surface, route, place, holder, ids }, foreign)
          } catch (error) {
            throw new Error(`${holder.name} of ${holder.home.issuerId}`, { cause: error })
          }
        }
        assert.equal(await fixture.logged(fixture.shop), logged, 'something was done in the other tenant')
      })
    }
  }
}

/** Who is let in to the row; and, with what is not a tenant itself, who reaches both tenants and may not mix them. */
function attackers(surface: Surface, route: Route, place: IdPlace): Caller[] {
  const cells = cellsOf(surface, route)
  const both = { name: 'super_admin', token: fixture.plane.superAdmin, home: fixture.bank, isAbove: true } as const
  const isOwn = surface.name === 'zautha' || (surface.name === 'scim' && !route.path.includes('{issuer_id}'))
  const mixes = place.in === 'body' && !place.isFilter && place.noun !== 'tenant' && place.noun !== 'partner'
  return [...fixture.otherTenants, ...(mixes ? [both] : [])].filter(({ name, isAbove }) => {
    const isLetIn = !['-', '', undefined].includes(cells[name])
    return isLetIn && !(isAbove && isOwn)
  })
}

/** A row that only callers of the platform may use refuses every administrator of another tenant, with any id. */
async function refusesOtherTenants(surface: Surface, route: Route, place: IdPlace, thing: string): Promise<void> {
  const cells = cellsOf(surface, route)
  const refused = fixture.otherTenants.filter(({ name }) => cells[name] === '-')
  for (const holder of nonEmpty(refused, 'the callers that are refused')) {
    const { token, home } = holder
    const ids = await idsFor(surface, route, home)
    const foreign = place.noun === 'partner' ? partnerOtherThan(holder) : thing
    for (const id of [foreign, await createOfType(home, place.noun)]) {
      const body = await minimalBody(route, home, ids, place.name)
      const sent = place.put(
        { query: { ...minimalQuery(route), ...tenantParameter(surface, route, holder) }, body },
        id,
      )
      const reply = await fixture.call(route, { token, issuerId: home.issuerId, ids, ...sent })
      assertRefused(surface.name, reply, 403, wordingOf(surface.name).tier)
    }
  }
}

// A partner has several tenants: the partner of `shop` also has other tenants.
function partnerOtherThan({ home }: Caller): string {
  return home.partnerId === fixture.shop.partnerId ? fixture.sibling.partnerId : fixture.shop.partnerId
}

async function idsFor(surface: Surface, route: Route, home: TestTenant): Promise<Ids> {
  return /\/tenants\/\{id\}/.test(route.path) ? [home.id] : createForRoute(surface, home, route)
}

async function leadsNowhere({ surface, route, place, holder, ids }: Attempt, foreign: string): Promise<void> {
  const { token, home } = holder
  const own = await createOfType(home, place.noun)
  const ask = async (id: string): Promise<RowReply> => {
    const body = await minimalBody(route, home, ids, place.name)
    const least = { query: { ...minimalQuery(route), ...tenantParameter(surface, route, holder) }, body }
    const isThere = id === own && place.in === 'body' && body !== undefined && place.name in body
    const sent = isThere ? least : place.put(least, id)
    const reply = await fixture.call(route, { token, issuerId: home.issuerId, ids, ...sent })
    assert.deepEqual(disclosedIds(fixture.shop, JSON.stringify([reply.body, [...reply.headers]]), id), [])
    return reply
  }
  const reply = await ask(foreign)
  if (surface.name === 'scaikey' && (place.noun === 'tenant' || place.noun === 'partner')) {
    return assertRefused(surface.name, reply, 403, DENIED)
  }
  const none = await ask(unknownIdLike(foreign))
  assert.deepEqual(plain(reply, foreign), plain(none, unknownIdLike(foreign)))
  if (!place.isFilter) assert.ok(reply.status >= 400 && reply.status < 500, JSON.stringify(reply.body))
  // What is its own is done, or at least told apart from nothing.
  const done = await ask(own)
  if (done.status < 400 || SUPER_ONLY.includes(`${route.operation.name} ${place.name}`)) return
  assert.notDeepEqual(plain(done, own), plain(none, unknownIdLike(foreign)))
}

/** An answer without the id that it was asked with, and without that of the event of the call. */
function plain({ status, body }: RowReply, id: string): unknown {
  const text = JSON.stringify(withoutRequestIds(body)) ?? 'null'
  return { status, body: JSON.parse(text.replaceAll(id, 'id').replaceAll(/"(evt|al)_\w{26}"/g, '"event"')) }
}
