// Checks when forms ask for a proof of work, and which proofs they take.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Context } from '#domain/context.ts'
import { realmDelete, realmUpdate } from '#domain/realm/realm.operations.ts'
import { tenantCreate, tenantDelete } from '#domain/tenant/tenant.operations.ts'
import { JOBS } from '#jobs/jobs.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { solve } from '#testing/proof-of-work.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { asksForProof, newChallenge, noteGoodEnd, noteSignOfAttack, takeProof } from './proof-of-work.service.ts'
import { isSolved, type ProofForm } from './proof-of-work.ts'

const MINUTE = 60_000
const PLACE = { form: 'sign_in', browserSecret: 'the secret of a browser' } as const

/** The realm with a policy, seen from an address. */
async function realmWith(services: TestServices, policy: Record<string, unknown>) {
  await callOperation(realmUpdate, services.contextFor(), { policy: { proofOfWorkDifficulty: 8, ...policy } })
  const realm = (await services.contextFor().read.realms.find(services.realm.id)) ?? assert.fail()
  return (ip = '192.0.2.1'): Context => {
    const context = services.contextFor({ realm, permissions: [] })
    return { ...context, actor: { ...context.actor, origin: { ...context.actor.origin, ip } } }
  }
}

async function note(from: (ip: string) => Context, times: number): Promise<void> {
  for (let index = 0; index < times; index++) await noteSignOfAttack(from(`198.51.100.${index}`))
}

const endAttacks = (services: TestServices) => JOBS.find(({ name }) => name === 'end attacks')?.run(services)

async function attackEvents(services: TestServices) {
  const events = await eventsAbout(services.contextFor(), services.realm.id)
  return events.filter(({ type }) => type.startsWith('realm.attack_'))
}

for (const database of DIALECTS) {
  test(`a proof counts once, for its form, at its realm, in its browser (${database})`, async (t) => {
    const services = await openTestServices({ database })
    t.after(() => services.close())
    const at = await realmWith(services, { proofOfWork: 'always' })
    const { text: challenge } = newChallenge(at(), PLACE)
    const solution = solve(challenge)
    const right = { challenge, solution }
    const missing = { kind: 'missing' }
    const elsewhere = services.contextFor({ realm: await anotherRealm(services), permissions: [] })
    assert.deepEqual(await takeProof(elsewhere, PLACE, right), missing, 'another realm')
    for (const form of ['registration', 'recovery'] satisfies ProofForm[])
      assert.deepEqual(await takeProof(at(), { ...PLACE, form }, right), missing, form)
    for (const browserSecret of ['the secret of another one', undefined])
      assert.deepEqual(await takeProof(at(), { ...PLACE, browserSecret }, right), missing, 'another browser')
    const [time = '', bits = '', salt = '', mac = ''] = challenge.split('.')
    const forged = [
      `${time}.0.${salt}.${mac}`,
      `${(services.clock.now() + 1).toString(36)}.${bits}.${salt}.${mac}`,
      `${time}.${bits}.${salt}x.${mac}`,
      `${time}.${bits}.${salt}`,
      `${challenge}.`,
      '',
      'x'.repeat(100_000),
    ]
    for (const one of forged) {
      assert.deepEqual(await takeProof(at(), PLACE, { challenge: one, solution }), missing, one.slice(0, 80))
    }
    const numbers = solution.split(',')
    const wrong = [
      '',
      numbers.slice(1).join(','),
      [...numbers, '0'].join(','),
      numbers
        .toReversed()
        .map((number) => String(Number(number) + 1))
        .join(','),
      `-${solution}`,
      '4294967296'.concat(solution.slice(numbers[0]?.length)),
      'x'.repeat(100_000),
    ]
    for (const one of wrong) {
      const { kind } = await takeProof(at(), PLACE, { challenge, solution: one })
      assert.equal(kind, 'early', one.slice(0, 80))
    }
    const racing = await Promise.all(Array.from({ length: 5 }, () => takeProof(at(), PLACE, right)))
    assert.deepEqual(racing.map(({ kind }) => kind).sort(), ['missing', 'missing', 'missing', 'missing', 'passed'])
    services.clock.advance(MINUTE)
    assert.deepEqual(await takeProof(at(), PLACE, { challenge, solution: '' }), missing, 'nor is it waited for then')

    const late = newChallenge(at(), PLACE).text
    const solved = solve(late)
    services.clock.advance(15 * MINUTE - 1)
    const { text: newer } = newChallenge(at(), PLACE)
    services.clock.advance(1)
    assert.deepEqual(await takeProof(at(), PLACE, { challenge: late, solution: solved }), missing, 'too old')
    assert.deepEqual(await takeProof(at(), PLACE, { challenge: newer, solution: solve(newer) }), { kind: 'passed' })
  })

  test(`a realm is under attack from its threshold on, until it is quiet again (${database})`, async (t) => {
    const services = await openTestServices({ database })
    t.after(() => services.close())
    const at = await realmWith(services, { proofOfWorkThreshold: 20 })
    await note(at, 19)
    await noteGoodEnd(at())
    await noteSignOfAttack(at('203.0.113.1'))
    assert.equal(await asksForProof(at()), false)
    assert.deepEqual(await attackEvents(services), [])
    await Promise.all(Array.from({ length: 5 }, (_, index) => noteSignOfAttack(at(`203.0.113.${index}`))))
    assert.equal(await asksForProof(at()), true)
    const elsewhere = services.contextFor({ realm: await anotherRealm(services), permissions: [] })
    assert.equal(await asksForProof(elsewhere), false, 'other realms are not')
    const [began, ...more] = await attackEvents(services)
    assert.deepEqual(
      [began?.type, began?.actor.kind, began?.data, more],
      ['realm.attack_began', 'system', { threshold: 20, windowSeconds: 600 }, []],
    )

    for (let minutes = 0; minutes < 30; minutes += 4) {
      services.clock.advance(4 * MINUTE)
      await note(at, 20)
      await endAttacks(services)
      assert.equal(await asksForProof(at()), true, 'it goes on')
    }
    assert.equal((await attackEvents(services)).length, 1)
    services.clock.advance(10 * MINUTE)
    assert.equal(await asksForProof(at()), false, 'before the job runs, too')
    await endAttacks(services)
    await endAttacks(services)
    assert.deepEqual(
      (await attackEvents(services)).map(({ type, data }) => [type, data.since]),
      [
        ['realm.attack_began', undefined],
        ['realm.attack_ended', began?.occurredAt],
      ],
    )
    await note(at, 20)
    assert.equal((await attackEvents(services)).at(-1)?.type, 'realm.attack_began')
  })
}

test('a network is asked from a fifth of the threshold on, and others are not', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const at = await realmWith(services, { proofOfWorkThreshold: 50 })
  for (let index = 0; index < 9; index++) await noteSignOfAttack(at(`2001:db8:1:2::${index}`))
  assert.equal(await asksForProof(at('2001:db8:1:2::1')), false)
  await noteSignOfAttack(at('2001:db8:1:2::ffff'))
  assert.equal(await asksForProof(at('2001:db8:1:2:3::1')), true)
  assert.equal(await asksForProof(at('2001:db8:1:3::1')), false)
  services.clock.advance(10 * MINUTE)
  assert.equal(await asksForProof(at('2001:db8:1:2::1')), false)
})

test('off asks nobody, always asks everybody, and the difficulty is that of the realm', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const off = await realmWith(services, { proofOfWork: 'off', proofOfWorkThreshold: 5 })
  await note(off, 20)
  assert.equal(await asksForProof(off()), false)
  const always = await realmWith(services, { proofOfWork: 'always', proofOfWorkDifficulty: 11 })
  assert.equal(await asksForProof(always()), true)
  await note(always, 20)
  assert.deepEqual(await attackEvents(services), [])
  const challenge = newChallenge(always(), PLACE)
  assert.equal(challenge.partBits, 8)
  const solution = solve(challenge.text)
  assert.equal(isSolved(always().crypto, challenge, solution), true)
  const easier = solution.replace(/^\d+/, (number) => String(Number(number) + 1))
  assert.equal(isSolved(always().crypto, { ...challenge, partBits: 1 }, solution), true)
  assert.equal(isSolved(always().crypto, { ...challenge, partBits: 20 }, easier), false)
})

test('a browser without JavaScript waits, and attackers who wait get few attempts', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const at = await realmWith(services, { proofOfWork: 'always' })
  const waited = (ip: string) => {
    const { text } = newChallenge(at(ip), PLACE)
    return (seconds: number) => {
      services.clock.advance(seconds * 1000)
      return takeProof(at(ip), PLACE, { challenge: text, solution: '' })
    }
  }
  const early = await waited('192.0.2.1')(5)
  assert.deepEqual([early.kind, 'retryAfter' in early && early.retryAfter], ['early', 15])
  for (let index = 0; index < 5; index++) assert.equal((await waited('192.0.2.1')(20)).kind, 'passed')
  assert.equal((await waited('192.0.2.1')(20)).kind, 'too_many_attempts')
  assert.equal((await waited('192.0.2.2')(20)).kind, 'passed', 'another network')

  services.clock.advance(10 * MINUTE)
  const many = Array.from({ length: 100 }, (_, index) => waited(`198.51.100.${index}`))
  services.clock.advance(20_000)
  const kinds = []
  for (const send of many) kinds.push((await send(0)).kind)
  assert.equal(kinds.filter((kind) => kind === 'passed').length, 60)
  assert.ok(kinds.every((kind) => kind === 'passed' || kind === 'too_many_attempts'))
  services.clock.advance(MINUTE)
  assert.equal((await many.at(-1)?.(0))?.kind, 'passed', 'who was refused for the others sends the same form again')
})

test('a deleted realm is under no attack', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const realm = await anotherRealm(services)
  const context = services.contextFor({ realm })
  const { proofOfWorkThreshold } = realm.policy
  await note(() => context, proofOfWorkThreshold)
  assert.ok(await context.read.realmAttacks.find(realm.id))
  await callOperation(realmDelete, context)
  assert.equal(await context.read.realmAttacks.find(realm.id), undefined)
})

test('the realm of a deleted tenant is under no attack', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const above = services.contextFor({ realm: null })
  const { id } = await callOperation(tenantCreate, above, { name: 'Shop', slug: 'shop' })
  const inside = services.contextFor({ realm: null, tenantId: id })
  const realm = (await inside.read.realms.home()) ?? assert.fail()
  const context = services.contextFor({ realm, tenantId: id })
  await note(() => context, realm.policy.proofOfWorkThreshold)
  assert.ok(await context.read.realmAttacks.find(realm.id))
  await callOperation(tenantDelete, above, { id })
  assert.equal(await context.read.realmAttacks.find(realm.id), undefined)
})
