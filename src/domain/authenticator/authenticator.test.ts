// Checks authenticators: their operations, and codes of apps and for recovery.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import { callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import type { Context } from '../context.ts'
import type { Session } from '../session/session.ts'
import { userCreate, userDelete, userDisableMfa, userGet } from '../user/user.operations.ts'
import { authenticatorList, authenticatorRemove } from './authenticator.operations.ts'
import { newRecoveryCodes, recoveryDigest } from './recovery-codes.ts'
import { newTotpKey, stepOfCode, totpUri } from './totp.ts'

let services: TestServices
let count = 0

before(async () => {
  services = await openTestServices()
})
after(() => services.close())

const person = () =>
  callOperation(userCreate, services.contextFor(), {
    email: `person-${++count}@example.com`,
    password: 'a long enough one',
  })

/** Signs a user in. @returns the id of the session */
async function signedIn(context: Context, userId: string): Promise<string> {
  const { id: realmId, tenantId } = services.realm
  const now = services.clock.now()
  const session: Session = {
    id: services.random.id(),
    tenantId,
    realmId,
    userId,
    secretHash: services.random.secret(),
    amr: ['pwd', 'otp', 'mfa'],
    aal: 2,
    ip: null,
    userAgent: null,
    authenticatedAt: now,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + 3_600_000,
    endedAt: null,
  }
  await context.write((unit) => unit.sessions.insert(session))
  return session.id
}

test('an administrator sees what a user has, without secrets, and removes it', async () => {
  const context = services.contextFor()
  const { id } = await person()
  const { authenticator, key } = await setUpTotp(context, id)
  assert.equal((await callOperation(userGet, context, { id })).hasSecondFactor, true)
  const { data } = await callOperation(authenticatorList, context, { id })
  assert.deepEqual(
    data.map(({ kind, codesLeft }) => [kind, codesLeft]),
    [
      ['totp', null],
      ['recovery_code', 10],
    ],
  )
  assert.ok(!JSON.stringify(data).includes(key) && !('secret' in (data[0] ?? {})))

  await callOperation(authenticatorRemove, context, { id, authenticatorId: authenticator.id })
  assert.deepEqual((await callOperation(authenticatorList, context, { id })).data, [], 'the codes went with the app')
  assert.equal((await callOperation(userGet, context, { id })).hasSecondFactor, false)
  const events = await eventsAbout(context, authenticator.id)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['authenticator.added', 'authenticator.removed'],
  )
  assert.ok(!JSON.stringify(events).includes(key))
  await assert.rejects(() => callOperation(authenticatorRemove, context, { id, authenticatorId: authenticator.id }), {
    code: 'not_found',
  })
})

test('an authenticator of one user is not removed through another one', async () => {
  const context = services.contextFor()
  const [one, other] = [await person(), await person()]
  const { authenticator } = await setUpTotp(context, one.id)
  await assert.rejects(
    () => callOperation(authenticatorRemove, context, { id: other.id, authenticatorId: authenticator.id }),
    { code: 'not_found' },
  )
  assert.equal((await callOperation(userGet, context, { id: one.id })).hasSecondFactor, true)
})

test('removing second factors, and deleting the user, leaves no secret behind', async () => {
  const context = services.contextFor()
  const [one, other] = [await person(), await person()]
  for (const { id } of [one, other]) await setUpTotp(context, id)
  assert.equal((await callOperation(userDisableMfa, context, { id: one.id })).hasSecondFactor, false)
  await callOperation(userDelete, context, { id: other.id })
  for (const { id } of [one, other]) assert.deepEqual(await context.read.authenticators.allOf(id), [])
})

test('an administrator who removes factors ends the sessions that they made', async () => {
  const context = services.contextFor()
  const { id: realmId } = services.realm
  for (const how of ['one', 'all', 'none'] as const) {
    const { id } = await person()
    const session = await signedIn(context, id)
    if (how !== 'none') {
      const { authenticator } = await setUpTotp(context, id)
      if (how === 'one') await callOperation(authenticatorRemove, context, { id, authenticatorId: authenticator.id })
    }
    if (how !== 'one') await callOperation(userDisableMfa, context, { id })
    const { endedAt } = (await context.read.sessions.find(realmId, session)) ?? assert.fail()
    assert.equal(endedAt !== null, how !== 'none', how)
    const why = (await eventsAbout(context, session)).map(({ data }) => data.why)
    assert.deepEqual(why, how === 'none' ? [] : ['second_factors_removed'])
  }
})

test('MF-03 a code is good for its own step and the ones next to it, no further', () => {
  const key = newTotpKey(services.random)
  const now = 1_800_000_015_000
  const step = Math.floor(now / 30_000)
  for (const off of [-1, 0, 1]) assert.equal(stepOfCode(key, codeOf(key, now + off * 30_000), now), step + off)
  for (const off of [-3, -2, 2, 3]) assert.equal(stepOfCode(key, codeOf(key, now + off * 30_000), now), undefined)
  const code = codeOf(key, now)
  assert.equal(stepOfCode(key, ` ${code.slice(0, 3)} ${code.slice(3)} `, now), step)
  for (const odd of ['', '12345', '1234567', `${code}0`, 'abcdef', '-12345']) {
    assert.equal(stepOfCode(key, odd, now), undefined, odd)
  }
})

test('RFC 6238 appendix B: the codes of SHA-1', () => {
  const key = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
  for (const [seconds, code] of [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [20_000_000_000, '353130'],
  ] as const) {
    assert.equal(stepOfCode(key, code, seconds * 1000), Math.floor(seconds / 30))
  }
})

test('the address for apps names realm and user, whatever they are called', () => {
  const uri = new URL(totpUri('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'North: "wind" & sons', 'ada+1@example.com'))
  assert.equal(uri.protocol, 'otpauth:')
  assert.equal(uri.searchParams.get('secret'), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
  assert.equal(uri.searchParams.get('issuer'), 'North  "wind" & sons')
  assert.match(decodeURIComponent(uri.pathname), /:ada\+1@example\.com$/)
})

test('MF-02 one of many concurrent uses of a time step is recorded, and no earlier step afterwards', async () => {
  const context = services.contextFor()
  const { authenticator } = await setUpTotp(context, (await person()).id)
  const use = (step: number) => context.write((unit) => unit.authenticators.advance(authenticator, step, 1))
  const used = await Promise.all(Array.from({ length: 20 }, () => use(7)))
  assert.equal(used.filter(Boolean).length, 1)
  assert.deepEqual([await use(6), await use(7), await use(8)], [false, false, true])
})

test('MF-08 a recovery code is spent once, however it is typed, and stored as a keyed digest', async () => {
  const context = services.contextFor()
  const { id } = await person()
  const { codes } = await setUpTotp(context, id)
  assert.equal(new Set(codes).size, 10)
  const [first = '', second = ''] = codes
  const spend = (code: string) =>
    context.write((unit) => unit.authenticators.spendCode(id, recoveryDigest(services.crypto, id, code), 1))
  const spent = await Promise.all(Array.from({ length: 20 }, () => spend(first)))
  assert.deepEqual(
    spent.flatMap((one) => one?.left ?? []),
    [9],
  )
  assert.equal((await spend(` ${second.toUpperCase().replace('-', ' ')} `))?.left, 8)
  const stored = JSON.stringify(await context.read.authenticators.allOf(id))
  for (const code of codes) {
    for (const form of [code, code.replace('-', ''), services.crypto.digest(code.replace('-', ''))]) {
      assert.ok(!stored.includes(form))
    }
  }
})

test('MF-08 every character of a recovery code is as likely as every other', () => {
  const counts = new Map<string, number>()
  for (let set = 0; set < 400; set++) {
    for (const character of newRecoveryCodes(services.random).join('').replaceAll('-', '')) {
      counts.set(character, (counts.get(character) ?? 0) + 1)
    }
  }
  assert.equal(counts.size, 32)
  // 40,000 characters, 1250 of each on average; five standard deviations are 174.
  for (const [character, seen] of counts) assert.ok(Math.abs(seen - 1250) < 200, `${character}: ${seen}`)
})
