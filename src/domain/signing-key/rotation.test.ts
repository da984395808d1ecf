// Checks the life of signing keys.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { JOBS } from '#jobs/jobs.ts'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { askForToken } from '#testing/token-client.ts'
import { realmUpdate } from '../realm/realm.operations.ts'
import { keyCreate, keyList, keyRotate } from './signing-key.operations.ts'
import { JWKS_MAX_AGE } from './signing-key.ts'

// Verifies tokens with copies of the JWKS of every allowed age, without a new request.

let fixture: AuthorizationFixture
let client: ClientWithSecret

beforeEach(async () => {
  fixture = await openAuthorizationFixture()
  client = await fixture.makeClient({ grantTypes: ['client_credentials'], audiences: [] })
  await pass(1)
})
afterEach(() => fixture.close())

const SECONDS = 1000
const STEP = 15

interface Issued {
  readonly token: string
  readonly kid: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

async function issue(by = client): Promise<Issued> {
  const { body } = await askForToken(fixture, by, { grant_type: 'client_credentials' })
  const token = String(body.access_token)
  const part = (at: number) => JSON.parse(Buffer.from(token.split('.')[at] ?? '', 'base64url').toString())
  return { token, kid: part(0).kid, expiresAt: part(1).exp * SECONDS }
}

async function jwks(): Promise<JSONWebKeySet> {
  return JSON.parse((await fixture.newBrowser().get('/.well-known/jwks.json')).text)
}

const kidsOf = ({ keys }: JSONWebKeySet) => keys.map(({ kid }) => String(kid))
const rotate = (immediate = false, compromised = false) =>
  callOperation(keyRotate, fixture.services.contextFor(), { immediate, compromised })

/** Advances the clock and runs the scheduled jobs. */
async function pass(seconds: number): Promise<void> {
  fixture.services.clock.advance(seconds * SECONDS)
  await runJob('advance signing keys')
}

const runJob = (named: string) => JOBS.find(({ name }) => name === named)?.run(fixture.services)

/** The algorithm of a token’s header. */
const algorithmOf = ({ token }: Issued) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).alg as string

/** A verifier with a copy of the JWKS, which it replaces when the copy reaches its maximum age. */
class Verifier {
  #copy: JSONWebKeySet
  #kids: ReadonlySet<string>
  #takenAt: number

  constructor(copy: JSONWebKeySet, age: number) {
    this.#copy = copy
    this.#kids = new Set(kidsOf(copy))
    this.#takenAt = fixture.services.clock.now() - age * SECONDS
  }

  async renew(): Promise<void> {
    if (fixture.services.clock.now() < this.#takenAt + JWKS_MAX_AGE * SECONDS) return
    this.#copy = await jwks()
    this.#kids = new Set(kidsOf(this.#copy))
    this.#takenAt = fixture.services.clock.now()
  }

  knows({ kid }: Issued): boolean {
    return this.#kids.has(kid)
  }

  async verify({ token }: Issued): Promise<void> {
    const currentDate = new Date(fixture.services.clock.now())
    await jwtVerify(token, createLocalJWKSet(this.#copy), { currentDate, typ: 'at+jwt' })
  }
}

test('KM-01 three rotations within the life of a token, and no verification fails', async () => {
  const first = await jwks()
  // One verifier for each age that a copy may have at the start.
  const verifiers = Array.from({ length: JWKS_MAX_AGE / STEP }, (_, at) => new Verifier(first, at * STEP))
  const signers = new Map<string, number>()
  let living: Issued[] = []
  let asked = 0
  for (let second = 0; second <= 2400; second += STEP) {
    const now = fixture.services.clock.now()
    // Rotations are requested without waiting; those that come too early are scheduled.
    if (second >= 60 && signers.size <= 3 && asked < 30) {
      await rotate()
      asked += 1
    }
    const issued = await issue()
    if (!signers.has(issued.kid)) signers.set(issued.kid, second)
    living = [...living.filter(({ expiresAt }) => expiresAt > now), issued]
    for (const token of living) if (token.expiresAt <= now + STEP * SECONDS) await verifiers[0]?.verify(token)
    const published = new Set(kidsOf(await jwks()))
    for (const verifier of verifiers) {
      await verifier.renew()
      for (const token of living) {
        assert.ok(published.has(token.kid), `${token.kid} was withdrawn with a token alive after ${second} s`)
        assert.ok(verifier.knows(token), `a verifier lacks ${token.kid} after ${second} s`)
      }
    }
    for (const verifier of [verifiers[0], verifiers.at(-1)]) await verifier?.verify(issued)
    await pass(STEP)
  }
  const starts = [...signers.values()]
  assert.equal(starts.length >= 4, true, `signed with ${starts.length} keys`)
  assert.ok((starts[3] ?? 0) - (starts[1] ?? 0) < 900, `the third came ${starts[3]} s after the start`)
})

test('KM-01 a key is published before it signs, and stays until the longest token it may have signed has expired', async () => {
  const longest = await fixture.makeClient({
    grantTypes: ['client_credentials'],
    audiences: [],
    accessTokenLifetime: 86_400,
  })
  const [active, next] = kidsOf(await jwks())
  const token = await issue(longest)
  assert.equal(token.kid, active)
  const rotation = await rotate()
  assert.equal(rotation.status, 'rotated')
  assert.equal((await issue()).kid, next)
  for (let hour = 0; hour < 24; hour++) {
    assert.ok(kidsOf(await jwks()).includes(token.kid), `withdrawn after ${hour} h`)
    await new Verifier(await jwks(), 0).verify(token)
    await rotate()
    await pass(hour < 23 ? 3600 : 3599)
  }
  await new Verifier(await jwks(), 0).verify(token)
  await pass(61)
  assert.equal(kidsOf(await jwks()).includes(token.kid), false)
  const all = await fixture.services.contextFor().read.signingKeys.list(fixture.services.realm.id, true)
  const retired = all.filter(({ state }) => state === 'retired')
  assert.deepEqual(
    retired.map(({ kid }) => kid),
    [active],
  )
  assert.deepEqual(
    retired.map(({ handle }) => handle),
    [''],
    'its private half is gone, too',
  )
})

test('a rotation that comes too early is carried out when every copy of the JWKS has the key', async () => {
  await rotate()
  const { status, active, next } = await rotate()
  assert.equal(status, 'scheduled')
  const due = next.activatesAt ?? 0
  assert.equal(due, fixture.services.clock.now() + (JWKS_MAX_AGE + 60) * SECONDS)
  await pass(200)
  assert.deepEqual(await rotate(), { status: 'scheduled', active, next, previous: null, withdrawn: [] })
  await pass(159)
  assert.equal((await issue()).kid, active.kid)
  await pass(1)
  assert.equal((await issue()).kid, next.kid)
})

test('KM-02 a key that leaked stops signing at once', async () => {
  await rotate()
  const { next } = await rotate()
  const { status, active } = await rotate(true)
  assert.equal(status, 'rotated')
  assert.equal(active.kid, next.kid)
  assert.equal((await issue()).kid, next.kid)
})

test('KM-04 nothing private is shown to anybody', async () => {
  await rotate()
  const { data } = await callOperation(keyList, fixture.services.contextFor())
  for (const key of [...(await jwks()).keys, ...data.map(({ publicJwk }) => publicJwk)]) {
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  }
  const { headers } = await fixture.newBrowser().get('/.well-known/jwks.json')
  assert.equal(headers['cache-control'], `public, max-age=${JWKS_MAX_AGE}`)
})

test('a key that leaked is withdrawn at once, and what is signed from then on verifies', async () => {
  const before = await issue()
  const { status, active } = await rotate(false, true)
  assert.equal(status, 'rotated')
  const published = await jwks()
  assert.ok(!kidsOf(published).includes(before.kid))
  await assert.rejects(jwtVerify(before.token, createLocalJWKSet(published)))
  const after = await issue()
  assert.equal(after.kid, active.kid)
  await jwtVerify(after.token, createLocalJWKSet(published), { currentDate: new Date(fixture.services.clock.now()) })
  const { data } = await callOperation(keyList, fixture.services.contextFor(), { retired: 'true' })
  assert.equal(data.find(({ kid }) => kid === before.kid)?.state, 'retired')
})

test('a compromise of the realm withdraws the keys of every algorithm, published and next, and says which', async () => {
  const context = fixture.services.contextFor()
  await callOperation(keyCreate, context, { algorithm: 'RS256' })
  await rotate()
  const before = await issue()
  const old = kidsOf(await jwks())
  assert.equal(old.length, 5, 'ES256 has one that is retiring besides')
  const { status, active, withdrawn } = await rotate(false, true)
  assert.equal(status, 'rotated')
  assert.deepEqual(withdrawn.map(({ kid }) => kid).sort(), [...old].sort())
  assert.deepEqual(
    new Set(withdrawn.map(({ algorithm, state }) => `${algorithm} ${state}`)),
    new Set(['ES256 retired', 'RS256 retired']),
  )
  const published = await jwks()
  assert.deepEqual(
    kidsOf(published).filter((kid) => old.includes(kid)),
    [],
  )
  assert.deepEqual(published.keys.map(({ alg }) => alg).sort(), ['ES256', 'ES256', 'RS256', 'RS256'])
  await assert.rejects(jwtVerify(before.token, createLocalJWKSet(published)))
  const after = await issue()
  assert.equal(after.kid, active.kid)
  await jwtVerify(after.token, createLocalJWKSet(published), { currentDate: new Date(fixture.services.clock.now()) })
  const events = (await fixture.events('key.retired')).filter(({ data }) => data.compromised === true)
  assert.deepEqual(events.map(({ data }) => data.kid).sort(), [...old].sort())
  const stored = await context.read.signingKeys.list(fixture.services.realm.id, true)
  assert.ok(stored.filter(({ kid }) => old.includes(kid)).every(({ handle }) => handle === ''))
})

test('a compromise of one algorithm withdraws its keys that signed, and leaves those of the others', async () => {
  const context = fixture.services.contextFor()
  await callOperation(keyCreate, context, { algorithm: 'RS256' })
  await callOperation(keyRotate, context, { algorithm: 'RS256', immediate: true })
  const keys = (await callOperation(keyList, context)).data
  const kid = (algorithm: string, state: string) =>
    keys.find((key) => key.algorithm === algorithm && key.state === state)?.kid
  const { active, withdrawn } = await callOperation(keyRotate, context, { algorithm: 'RS256', compromised: true })
  assert.deepEqual(withdrawn.map((key) => key.kid).sort(), [kid('RS256', 'active'), kid('RS256', 'retiring')].sort())
  assert.equal(active.kid, kid('RS256', 'next'))
  const published = kidsOf(await jwks())
  for (const state of ['active', 'next']) assert.ok(published.includes(kid('ES256', state) ?? ''), state)
})

test('the scheduled job rotates each algorithm’s key after as many days as the policy says, and no sooner', async () => {
  const DAYS = 24 * 3600
  const context = fixture.services.contextFor()
  await callOperation(keyCreate, context, { algorithm: 'RS256' })
  await pass(JWKS_MAX_AGE + 60)
  const signing = async () =>
    (await callOperation(keyList, context)).data
      .filter(({ state }) => state === 'active')
      .map(({ algorithm, kid }) => [algorithm, kid] as const)
      .sort()
  const first = await signing()
  await pass(400 * DAYS)
  await runJob('rotate signing keys')
  assert.deepEqual(await signing(), first, 'a realm without the policy')

  await callOperation(keyRotate, context, { algorithm: 'ES256', immediate: true })
  await callOperation(keyRotate, context, { algorithm: 'RS256', immediate: true })
  const second = await signing()
  await callOperation(realmUpdate, context, { policy: { keyRotationDays: 30 } })
  await pass(30 * DAYS - 60)
  await runJob('rotate signing keys')
  assert.deepEqual(await signing(), second, 'a minute too early')
  const before = await issue()

  await pass(60)
  await runJob('rotate signing keys')
  const third = await signing()
  assert.deepEqual(
    third.map(([algorithm]) => algorithm),
    ['ES256', 'RS256'],
  )
  assert.ok(third.every(([, kid]) => !second.some(([, old]) => old === kid)))
  await runJob('rotate signing keys')
  assert.deepEqual(await signing(), third, 'once')
  const after = await issue()
  assert.equal(after.kid, third[0]?.[1])
  for (const token of [before, after]) await new Verifier(await jwks(), 0).verify(token)
  const rotated = (await fixture.events('key.activated')).at(-1)
  assert.equal(rotated?.actor.kind, 'system')
})

test('a live realm’s new algorithm signs when every copy of the JWKS has its keys, and old tokens go on verifying', async () => {
  const context = fixture.services.contextFor()
  const long = await fixture.makeClient({
    grantTypes: ['client_credentials'],
    audiences: [],
    accessTokenLifetime: 3600,
  })
  const old = await issue(long)
  assert.equal(algorithmOf(old), 'ES256')
  // The copy that is oldest of all when the new algorithm signs: it was taken just before the change.
  const verifier = new Verifier(await jwks(), 0)
  await pass(1)
  await callOperation(realmUpdate, context, { algorithm: 'EdDSA' })
  const published = (await jwks()).keys.map(({ alg }) => alg)
  assert.ok(published.includes('EdDSA') && published.includes('ES256'), String(published))

  await pass(JWKS_MAX_AGE + 59)
  const waiting = await issue()
  assert.equal(algorithmOf(waiting), 'ES256', 'a second too early')
  await verifier.renew()
  await pass(1)
  const fresh = await issue()
  assert.notEqual(algorithmOf(fresh), 'ES256')
  for (const token of [old, waiting, fresh]) {
    assert.ok(verifier.knows(token))
    await verifier.verify(token)
  }
  await pass(60 * 60 - JWKS_MAX_AGE - 120)
  await new Verifier(await jwks(), 0).verify(old)
})
