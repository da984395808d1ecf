import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { JOBS } from '#jobs/jobs.ts'
import { call } from '#testing/neighbours.ts'
import { type Scene, setScene } from '#testing/scene.ts'
import { askForToken } from '#testing/token-client.ts'
import { keyList, keyRotate } from './signing-key.operations.ts'
import { JWKS_MAX_AGE } from './signing-key.ts'

// Keys as those see them who verify: with a copy of the JWKS that is as old as it may be, and no way to ask again.

let scene: Scene
let client: ClientWithSecret

beforeEach(async () => {
  scene = await setScene()
  client = await scene.makeClient({ grantTypes: ['client_credentials'], audiences: [] })
  await pass(1)
})
afterEach(() => scene.close())

const SECONDS = 1000
const STEP = 15

interface Issued {
  readonly token: string
  readonly kid: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

async function issue(by = client): Promise<Issued> {
  const { body } = await askForToken(scene, by, { grant_type: 'client_credentials' })
  const token = String(body.access_token)
  const part = (at: number) => JSON.parse(Buffer.from(token.split('.')[at] ?? '', 'base64url').toString())
  return { token, kid: part(0).kid, expiresAt: part(1).exp * SECONDS }
}

async function jwks(): Promise<JSONWebKeySet> {
  return JSON.parse((await scene.visitor().get('/.well-known/jwks.json')).text)
}

const kidsOf = ({ keys }: JSONWebKeySet) => keys.map(({ kid }) => String(kid))
const rotate = (immediate = false, compromised = false) =>
  call(keyRotate, scene.house.contextFor(), { immediate, compromised })

/** Time passes, and what the server does by itself happens. */
async function pass(seconds: number): Promise<void> {
  scene.house.clock.advance(seconds * SECONDS)
  await JOBS.find(({ name }) => name === 'advance signing keys')?.run(scene.house)
}

/** Somebody who verifies with a copy of the JWKS, and takes a new one when it is as old as it may be. */
class Verifier {
  #copy: JSONWebKeySet
  #kids: ReadonlySet<string>
  #takenAt: number

  constructor(copy: JSONWebKeySet, age: number) {
    this.#copy = copy
    this.#kids = new Set(kidsOf(copy))
    this.#takenAt = scene.house.clock.now() - age * SECONDS
  }

  async renew(): Promise<void> {
    if (scene.house.clock.now() < this.#takenAt + JWKS_MAX_AGE * SECONDS) return
    this.#copy = await jwks()
    this.#kids = new Set(kidsOf(this.#copy))
    this.#takenAt = scene.house.clock.now()
  }

  knows({ kid }: Issued): boolean {
    return this.#kids.has(kid)
  }

  async verify({ token }: Issued): Promise<void> {
    const currentDate = new Date(scene.house.clock.now())
    await jwtVerify(token, createLocalJWKSet(this.#copy), { currentDate, typ: 'at+jwt', algorithms: ['ES256'] })
  }
}

test('KM-01 three rotations within the life of a token, and no verification fails', async () => {
  const first = await jwks()
  // One verifier for every age that a copy may have when it begins.
  const verifiers = Array.from({ length: JWKS_MAX_AGE / STEP }, (_, at) => new Verifier(first, at * STEP))
  const signers = new Map<string, number>()
  let living: Issued[] = []
  let asked = 0
  for (let second = 0; second <= 2400; second += STEP) {
    const now = scene.house.clock.now()
    // Whoever rotates does not wait: what comes too early is scheduled.
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
  const longest = await scene.makeClient({
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
  const all = await scene.house.contextFor().read.signingKeys.list(scene.house.realm.id, true)
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
  assert.equal(due, scene.house.clock.now() + (JWKS_MAX_AGE + 60) * SECONDS)
  await pass(200)
  assert.deepEqual(await rotate(), { status: 'scheduled', active, next })
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
  const { data } = await call(keyList, scene.house.contextFor())
  for (const key of [...(await jwks()).keys, ...data.map(({ publicJwk }) => publicJwk)]) {
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  }
  const { headers } = await scene.visitor().get('/.well-known/jwks.json')
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
  await jwtVerify(after.token, createLocalJWKSet(published), { currentDate: new Date(scene.house.clock.now()) })
  const { data } = await call(keyList, scene.house.contextFor(), { retired: 'true' })
  assert.equal(data.find(({ kid }) => kid === before.kid)?.state, 'retired')
})
