// Checks that users have the attributes that their realm declares, and that unique ones stay unique.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '#kernel/error.ts'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type ServicesOptions } from '#testing/services.ts'
import { realmUpdate } from '../realm/realm.operations.ts'
import { userCreate, userDelete, userGet, userUpdate } from '../user/user.operations.ts'

const MEMBER = { name: 'member_no', unique: true, required: true, pattern: 'M-\\d{4}', editableBy: 'administrator' }
const SHIRT = { name: 'shirt', options: ['S', 'M', 'L'] }
const AGE = { name: 'age', type: 'integer' }

async function open(options: ServicesOptions = {}) {
  const services = await openTestServices(options)
  const context = async () => {
    const found = (await services.registry.realmByIssuerId('default')) ?? assert.fail()
    return services.contextFor({ realm: found.realm })
  }
  const declare = async (...profileAttributes: object[]) =>
    runOperation(realmUpdate, await context(), { policy: { profileAttributes } })
  let made = 0
  const create = async (attributes: object, more: object = {}) =>
    runOperation(userCreate, await context(), { email: `p${++made}@example.com`, attributes, ...more })
  return { services, context, declare, create }
}

/** The paths that a refusal names. */
async function refusedPaths(promise: Promise<unknown>): Promise<string[]> {
  const error = await promise.then(
    () => assert.fail('it was accepted'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Failure && error.code === 'invalid_input', String(error))
  return (error.detail.flaws ?? []).map(({ path }) => path)
}

test('a new user has what the realm requires, in the form that it declares', async (t) => {
  const { services, declare, create } = await open()
  t.after(() => services.close())
  await declare(MEMBER, SHIRT, AGE, { name: 'family_name', required: true }, { name: 'birthdate', type: 'date' })
  assert.deepEqual(await refusedPaths(create({})), ['attributes.member_no', 'familyName'])
  const wrong = { member_no: 'M-1', shirt: 'XXL', age: 1.5 }
  const all = ['attributes.member_no', 'attributes.shirt', 'attributes.age', 'birthdate']
  assert.deepEqual(await refusedPaths(create(wrong, { familyName: 'Lovelace', birthdate: '1815' })), all)
  const user = await create({ member_no: 'M-0001', shirt: 'S', age: 36, other: { any: 1 } }, { familyName: 'Lovelace' })
  assert.deepEqual(user.attributes, { member_no: 'M-0001', shirt: 'S', age: 36, other: { any: 1 } })
})

test('a change is checked in what it changes, and a required value cannot be cleared', async (t) => {
  const { services, context, declare, create } = await open()
  t.after(() => services.close())
  const old = await create({ shirt: 'XXL' })
  await declare(MEMBER, SHIRT)
  const change = async (id: string, patch: object) => runOperation(userUpdate, await context(), { id, ...patch })
  assert.equal((await change(old.id, { name: 'Old' })).name, 'Old', 'what was there before stays')
  assert.deepEqual(await refusedPaths(change(old.id, { attributes: { shirt: 'XL' } })), ['attributes.shirt'])
  const user = await create({ member_no: 'M-0002' })
  assert.deepEqual(await refusedPaths(change(user.id, { attributes: {} })), ['attributes.member_no'])
})

test('a declaration that makes no sense is refused, and names the member', async (t) => {
  const { services, declare } = await open()
  t.after(() => services.close())
  const none: readonly [object, string][] = [
    [{ name: 'email' }, 'name'],
    [{ name: 'Shoe' }, 'name'],
    [{ name: 'a', pattern: '(a+)+' }, 'pattern'],
    [{ name: 'a', claim: 'sub' }, 'claim'],
    [{ name: 'a', type: 'integer', options: ['1'] }, 'type'],
    [{ name: 'given_name', type: 'integer' }, 'type'],
    [{ name: 'a', unique: true, maxLength: 500 }, 'maxLength'],
    [{ name: 'a', minLength: 9, maxLength: 3 }, 'minLength'],
    [{ name: 'a', editableBy: 'administrator', atRegistration: true }, 'atRegistration'],
  ]
  for (const [attribute, member] of none) {
    assert.deepEqual(await refusedPaths(declare(attribute)), [`policy.profileAttributes.0.${member}`])
  }
  assert.deepEqual(await refusedPaths(declare(SHIRT, SHIRT)), ['policy.profileAttributes.1.name'])
})

for (const dialect of DIALECTS) {
  test(`${dialect}: of several writers at once, one gets a unique value`, async (t) => {
    const { services, context, declare, create } = await open({ database: dialect })
    t.after(() => services.close())
    await declare({ ...MEMBER, required: false })
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => create({ member_no: 'M-0001' })))
    const winners = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    assert.equal(winners.length, 1)
    for (const one of all) if (one.status === 'rejected') failure('already_exists')(one.reason)
    const [bob, eve] = [await create({ member_no: 'M-0002' }), await create({})]
    const take = async (id: string, value: string) =>
      runOperation(userUpdate, await context(), { id, attributes: { member_no: value } })
    await assert.rejects(take(eve.id, 'M-0002'), failure('already_exists'))
    assert.deepEqual((await runOperation(userGet, await context(), { id: eve.id })).attributes, {})
    await take(bob.id, 'M-0003')
    await take(eve.id, 'M-0002')
    await runOperation(userDelete, await context(), { id: bob.id })
    assert.ok(await create({ member_no: 'M-0003' }), 'the value of a deleted user is free')
  })

  test(`${dialect}: an attribute becomes unique where no two users have the same value`, async (t) => {
    const { services, context, declare, create } = await open({ database: dialect })
    t.after(() => services.close())
    await declare({ name: 'badge' })
    const [ada] = [await create({ badge: 'Gold' }), await create({ badge: 'gold ' })]
    await assert.rejects(declare({ name: 'badge', unique: true }), failure('conflict'))
    await runOperation(userUpdate, await context(), { id: ada.id, attributes: { badge: 'Silver' } })
    await declare({ name: 'badge', unique: true })
    await assert.rejects(create({ badge: 'GOLD' }), failure('already_exists'))
    await declare({ name: 'badge' })
    assert.ok(await create({ badge: 'GOLD' }))
    await assert.rejects(declare({ name: 'badge', unique: true }), failure('conflict'))
  })
}
