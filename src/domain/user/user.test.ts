// Checks the operations on users.
import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import { test } from 'node:test'
import { emailKey } from '#kernel/identity-text.ts'
import { countAccess, createAccess } from '#testing/access.ts'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { realmCreate } from '../realm/realm.operations.ts'
import { tenantCreate } from '../tenant/tenant.operations.ts'
import {
  userCreate,
  userDelete,
  userGet,
  userList,
  userResetPassword,
  userSetPassword,
  userUpdate,
} from './user.operations.ts'
import { verifyPassword } from './user.service.ts'
import { fullNameKey } from './user.ts'

const PASSWORD = 'a long enough password'
const ANN = { email: 'Ann@Example.com', name: 'Ann Example', password: PASSWORD }
const NOTHING = { sessions: 0, families: 0, issuances: 0, grants: 0 }

async function eventsAbout({ database }: TestServices, id: string) {
  const rows = await database.read.kysely
    .selectFrom('event')
    .selectAll()
    .where('subject_id', '=', id)
    .orderBy('seq')
    .execute()
  return rows.map((row) => ({
    type: row.type,
    realmId: row.realm_id,
    tenantId: row.tenant_id,
    data: JSON.parse(row.data),
  }))
}

/** Creates a session, tokens and a consent of a user of the realm `default`. */
function signIn(services: TestServices, id: string) {
  const place = { realmId: services.realm.id, clientId: services.random.id() }
  return createAccess(services.database, { id, tenantId: services.tenantId }, place, services.clock.now())
}

test('a user is created and shown as given, and the password’s hash never', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const attributes = { Title: 'Dr', nested: { list: [1, null, { deep: true }] }, snake_case: 'ø\u0000' }
  const ann = await runOperation(userCreate, context, { ...ANN, familyName: 'Example', attributes })
  assert.deepEqual(ann, {
    id: ann.id,
    tenantId: services.tenantId,
    email: 'Ann@Example.com',
    emailVerified: false,
    name: 'Ann Example',
    givenName: null,
    familyName: 'Example',
    username: null,
    title: null,
    department: null,
    reportsTo: null,
    phone: null,
    phoneVerified: false,
    employeeId: null,
    middleName: null,
    nickname: null,
    profileUrl: null,
    picture: null,
    website: null,
    gender: null,
    birthdate: null,
    zoneinfo: null,
    locale: null,
    address: null,
    externalId: null,
    status: 'active',
    hasPassword: true,
    hasSecondFactor: false,
    attributes,
    lastSignInAt: null,
    version: 1,
    createdAt: services.clock.now(),
    updatedAt: services.clock.now(),
  })
  const shown = await runOperation(userGet, context, { id: ann.id })
  assert.deepEqual(shown, ann)
  const raw = [await userCreate.run(context, { ...userCreate.input.parse({ ...ANN, email: 'b@example.com' }) })]
  raw.push(await userGet.run(context, { id: ann.id }), ...(await runOperation(userList, context)).data)
  assert.ok(!JSON.stringify(raw).includes('argon2'))
  const events = await eventsAbout(services, ann.id)
  assert.deepEqual(events, [
    {
      type: 'user.created',
      realmId: services.realm.id,
      tenantId: services.tenantId,
      data: {
        ...{ email: 'Ann@Example.com', directoryId: services.realm.directoryId },
        ...{ status: 'active', emailVerified: false },
      },
    },
  ])
})

test('no input sets a role, an id, a hash or a time', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(userCreate, context, ANN)
  const forged = [
    { adminRole: 'super_admin' },
    { passwordHash: 'x' },
    { directoryId: id },
    { tenantId: id },
    { createdAt: 1 },
  ]
  for (const more of [...forged, { version: 7 }, { lastSignInAt: 1 }, { password: 'another long password' }]) {
    await assert.rejects(runOperation(userUpdate, context, { id, ...more }), failure('invalid_input'))
    if (!('password' in more)) {
      await assert.rejects(
        runOperation(userCreate, context, { email: 'b@example.com', ...more }),
        failure('invalid_input'),
      )
    }
  }
  const rows = await services.database.read.kysely.selectFrom('user').select(['id', 'admin_role as role']).execute()
  assert.deepEqual(
    rows.map(({ id, role }) => [id, role]),
    [[id, null]],
  )
})

test('an address is one user’s in its directory, whatever its case, until the user is deleted', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const ann = await runOperation(userCreate, context, ANN)
  await assert.rejects(runOperation(userCreate, context, { email: 'ANN@example.COM' }), failure('already_exists'))
  const bob = await runOperation(userCreate, context, { email: 'bob@example.com' })
  await assert.rejects(
    runOperation(userUpdate, context, { id: bob.id, email: 'aNN@example.com' }),
    failure('already_exists'),
  )

  const { issuerId } = await runOperation(realmCreate, context, { name: 'Other' })
  const { realm } = (await services.registry.realmByIssuerId(issuerId))!
  await runOperation(userCreate, services.contextFor({ realm }), ANN)

  await runOperation(userDelete, context, { id: ann.id })
  const again = await runOperation(userCreate, context, ANN)
  assert.notEqual(again.id, ann.id)
})

test('a bad address or password is refused, and nothing is written', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const bad = [
    { email: 'ann' },
    { email: 5 },
    { password: 'short' },
    { password: 'Ann@example.com' },
    { password: 'x'.repeat(2000) },
  ]
  for (const more of [...bad, { attributes: [] }, { attributes: { a: 'x'.repeat(20_000) } }, { name: 'a\u202eb' }]) {
    await assert.rejects(runOperation(userCreate, context, { ...ANN, ...more }), failure('invalid_input'))
  }
  assert.deepEqual((await runOperation(userList, context)).data, [])
})

test('a change changes what is given, under the version it was meant for', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const ann = await runOperation(userCreate, context, { ...ANN, emailVerified: true, attributes: { a: 1 } })
  const named = await runOperation(userUpdate, context, { id: ann.id, name: null, attributes: { b: 2 }, ifVersion: 1 })
  assert.deepEqual([named.name, named.attributes, named.emailVerified, named.version], [null, { b: 2 }, true, 2])
  const respelled = await runOperation(userUpdate, context, { id: ann.id, email: 'ann@example.com' })
  assert.deepEqual([respelled.email, respelled.emailVerified], ['ann@example.com', true])
  const moved = await runOperation(userUpdate, context, { id: ann.id, email: 'ann@example.org' })
  assert.equal(moved.emailVerified, false)
  const stale = { id: ann.id, name: 'Late', ifVersion: 2 }
  await assert.rejects(runOperation(userUpdate, context, stale), failure('precondition_failed'))
  assert.deepEqual((await eventsAbout(services, ann.id)).at(-1), {
    type: 'user.updated',
    realmId: services.realm.id,
    tenantId: services.tenantId,
    data: {
      email: 'ann@example.org',
      directoryId: services.realm.directoryId,
      changed: ['email', 'emailVerified'],
      before: { email: 'ann@example.com', emailVerified: true },
      after: { email: 'ann@example.org', emailVerified: false },
    },
  })
  const { passwordHash } = (await context.read.users.findForSignIn(services.realm.directoryId, 'ann@example.org'))!
  assert.equal(await services.crypto.verifyPassword(PASSWORD, passwordHash), true)
})

test('who a user is at work comes back as it was, and changes by itself', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const boss = await runOperation(userCreate, context, { email: 'boss@example.com' })
  const work = { title: 'Clerk', department: 'Post', reportsTo: boss.id, phone: '+1 555', employeeId: 'E-1' }
  const ann = await runOperation(userCreate, context, { ...ANN, ...work, username: 'Ann.E' })
  const { id } = ann
  assert.deepEqual({ ...ann, ...work, username: 'Ann.E' }, ann)
  const changed = await runOperation(userUpdate, context, { id, title: null, username: null })
  assert.deepEqual({ ...changed, ...work, title: null, username: null }, changed)
  assert.deepEqual(await runOperation(userGet, context, { id }), changed)
  const left = { id, reportsTo: null, department: null, phone: null, employeeId: null }
  assert.equal((await runOperation(userUpdate, context, left)).reportsTo, null)
  for (const reportsTo of [id, services.random.id()]) {
    await assert.rejects(runOperation(userUpdate, context, { id, reportsTo }), failure('invalid_input'))
  }
})

test('a user name is one user’s of the directory, in any spelling, until the user is deleted', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(userCreate, context, { ...ANN, username: 'José' })
  const other = { email: 'other@example.com', username: 'JOSE\u0301' }
  await assert.rejects(runOperation(userCreate, context, other), failure('already_exists'))
  const bob = await runOperation(userCreate, context, { ...other, username: null })
  await assert.rejects(runOperation(userUpdate, context, { id: bob.id, username: 'josé' }), failure('already_exists'))
  await runOperation(userUpdate, context, { id, username: 'JOSÉ' })
  await runOperation(userDelete, context, { id })
  assert.equal((await runOperation(userUpdate, context, { id: bob.id, username: 'josé' })).username, 'josé')
})

test('a password that nobody chose is one that signs in, and is told of only in the reply', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id, email } = await runOperation(userCreate, context, ANN)
  const { generatedPassword = '' } = await runOperation(userResetPassword, context, { id })
  const { directoryId } = services.realm
  assert.equal((await verifyPassword(context, directoryId, { email, password: generatedPassword }))?.user.id, id)
  assert.notEqual((await runOperation(userResetPassword, context, { id })).generatedPassword, generatedPassword)
  assert.equal(
    (await runOperation(userResetPassword, context, { id, password: PASSWORD })).generatedPassword,
    undefined,
  )
  assert.ok(!JSON.stringify(await eventsAbout(services, id)).includes(generatedPassword))
})

test('suspending ends what the user has at once, and the password no longer works', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(userCreate, context, ANN)
  const bob = await runOperation(userCreate, context, { email: 'bob@example.com' })
  await signIn(services, id)
  await signIn(services, bob.id)
  const signingIn = () => verifyPassword(context, services.realm.directoryId, ANN)
  assert.equal((await signingIn())?.user.id, id)

  await runOperation(userUpdate, context, { id, status: 'suspended' })
  assert.deepEqual(await countAccess(services.database, id), { ...NOTHING, grants: 1 })
  assert.deepEqual(await countAccess(services.database, bob.id), { sessions: 1, families: 1, issuances: 1, grants: 1 })
  assert.equal(await signingIn(), undefined)
  await runOperation(userUpdate, context, { id, status: 'active', name: 'Ann' })
  assert.equal((await signingIn())?.user.name, 'Ann')
  assert.deepEqual(
    (await eventsAbout(services, id)).map(({ type }) => type),
    ['user.created', 'user.suspended', 'user.updated', 'user.reactivated'],
  )
})

test('a new password ends sessions, refresh tokens and access tokens, and the old one no longer works', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(userCreate, context, ANN)
  await signIn(services, id)
  const verified = async (password: string) =>
    (await verifyPassword(context, services.realm.directoryId, { email: 'ann@example.com', password }))?.password
  const before = await verified(PASSWORD)

  const after = await runOperation(userSetPassword, context, { id, password: 'u\u0308nother password' })
  assert.deepEqual([after.hasPassword, after.version], [true, 2])
  assert.deepEqual(await countAccess(services.database, id), { sessions: 0, families: 0, issuances: 0, grants: 1 })
  assert.equal(await verified(PASSWORD), undefined)
  assert.notEqual(await verified('ünother password'), undefined)
  assert.ok(before)
  assert.equal(await context.write((unit) => unit.users.keepPassword(id, before)), false)
  await assert.rejects(
    runOperation(userSetPassword, context, { id, password: 'ann@example.com' }),
    failure('invalid_input'),
  )
  const nobody = { id: services.random.id(), password: PASSWORD }
  await assert.rejects(runOperation(userSetPassword, context, nobody), failure('not_found'))
  const events = await eventsAbout(services, id)
  assert.equal(events.at(-1)?.type, 'user.password_set')
  assert.ok(!JSON.stringify(events).includes('password:'))
})

test('a deleted user is gone with everything', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(userCreate, context, ANN)
  await signIn(services, id)
  await runOperation(userDelete, context, { id })
  assert.deepEqual(await countAccess(services.database, id), NOTHING)
  await assert.rejects(runOperation(userGet, context, { id }), failure('not_found'))
  await assert.rejects(runOperation(userDelete, context, { id }), failure('not_found'))
  assert.equal(await verifyPassword(context, services.realm.directoryId, ANN), undefined)
  const row = await services.database.read.kysely.selectFrom('user').select('password_hash').executeTakeFirstOrThrow()
  assert.equal(row.password_hash, null)
})

test('a sign-in is written down, and a hash of old parameters is replaced', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(userCreate, context, { email: 'old@example.com' })
  const unpadded = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  const salt = Buffer.from('a salt of the past')
  const digest = pbkdf2Sync(PASSWORD, salt, 1000, 32, 'sha256')
  const imported = `$pbkdf2-sha256$i=1000$${unpadded(salt)}$${unpadded(digest)}`
  await context.write((unit) => unit.users.setPassword(id, imported, 1))
  services.clock.advance(5000)
  const now = services.clock.now()
  const found = await verifyPassword(context, services.realm.directoryId, {
    email: 'OLD@example.com',
    password: PASSWORD,
  })
  assert.ok(found?.password.rehashed)
  assert.equal(await context.write((unit) => unit.users.keepPassword(id, found.password)), true)
  assert.equal(await context.write((unit) => unit.users.recordSignIn(id, now)), true)
  const after = await context.read.users.findForSignIn(services.realm.directoryId, 'old@example.com')
  assert.equal(after?.user.lastSignInAt, now)
  assert.equal(after?.user.version, 2)
  assert.equal(await services.crypto.verifyPassword(PASSWORD, after.passwordHash), true)
})

test('a sign-in with what is no address finds nobody', async (t) => {
  const services = await openTestServices({ database: 'postgres' })
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(userCreate, context, ANN)
  const found = (email: string) => verifyPassword(context, services.realm.directoryId, { email, password: PASSWORD })
  for (const email of ['', 'ann', 'ann@example.com\u0000', '\ud800@example.com', 'x'.repeat(10_000)]) {
    assert.equal(await found(email), undefined)
  }
  assert.equal((await found('ANN@example.com'))?.user.id, id)
})

test('a foreign tenant’s users are out of reach of every store’s query', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const { id } = await runOperation(userCreate, context, ANN)
  const { directoryId } = services.realm
  const other = await runOperation(tenantCreate, context, { name: 'Shop', slug: 'shop' })
  const foreign = services.contextFor({ tenantId: other.id })
  const user = (await context.read.users.find(directoryId, id))!
  assert.equal(await foreign.read.users.find(directoryId, id), undefined)
  assert.equal(await foreign.read.users.findForSignIn(directoryId, emailKey(ANN.email)), undefined)
  assert.deepEqual((await foreign.read.users.list(directoryId, { limit: 10 })).data, [])
  assert.deepEqual((await foreign.read.users.list(directoryId, { limit: 10, search: 'ann' })).data, [])
  assert.equal(await foreign.read.users.count(), 0)
  await foreign.write(async ({ users }) => {
    assert.equal(await users.update({ ...user, name: 'x', version: 2 }), 'stale')
    assert.equal(await users.setPassword(id, 'x', 1), false)
    assert.equal(await users.recordSignIn(id, 1), false)
    assert.equal(await users.delete(directoryId, id, 1), undefined)
  })
  assert.deepEqual(await context.read.users.find(directoryId, id), user)
})

test('who administers less than everything does not reach the administrators’ directory', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const row = await services.database.read.kysely
    .selectFrom('realm')
    .select('id')
    .where('kind', '=', 'admin')
    .executeTakeFirstOrThrow()
  const realm = (await services.registry.realmById(row.id))!.realm
  const all = services.contextFor({ realm })
  const { id } = await runOperation(userCreate, all, ANN)
  const reach = { kind: 'tenant', tenantId: services.tenantId } as const
  for (const context of [
    services.contextFor({ realm, reach }),
    services.contextFor({ realm, permissions: ['users:*'] }),
  ]) {
    await assert.rejects(
      runOperation(userSetPassword, context, { id, password: 'a stolen account' }),
      failure('not_found'),
    )
    await assert.rejects(runOperation(userList, context), failure('not_found'))
  }
})

test('keys fold case and composition', () => {
  assert.equal(emailKey('JOSÉ@EXAMPLE.com'), emailKey('jose\u0301@example.com'))
  assert.equal(fullNameKey({ name: null, givenName: 'Ann', familyName: 'Lee' }), 'ann lee')
  assert.equal(fullNameKey({ name: null, givenName: null, familyName: null }), null)
})

for (const dialect of DIALECTS) {
  test(`of twenty who register an address at once, one does (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    const spellings = Array.from({ length: 20 }, (_, index) => (index % 2 ? 'ann@example.com' : 'ANN@Example.com'))
    const outcomes = await Promise.allSettled(spellings.map((email) => runOperation(userCreate, context, { email })))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const outcome of outcomes) if (outcome.status === 'rejected') failure('already_exists')(outcome.reason)
    assert.equal((await runOperation(userList, context)).data.length, 1)
  })

  test(`RC-12 the partner’s limit of users holds, however many are created at once (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    await services.database.write(({ kysely }) =>
      kysely.updateTable('partner').set({ max_users_per_tenant: 7 }).execute(),
    )
    const context = services.contextFor()
    const attempts = Array.from({ length: 50 }, (_, index) =>
      runOperation(userCreate, context, { email: `u${index}@example.com` }),
    )
    const outcomes = await Promise.allSettled(attempts)
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 7)
    for (const outcome of outcomes) if (outcome.status === 'rejected') failure('limit_reached')(outcome.reason)
    const { data } = await runOperation(userList, context)
    assert.equal(data.length, 7)
    await runOperation(userDelete, context, { id: data[0]!.id })
    await runOperation(userCreate, context, { email: 'late@example.com' })
  })

  test(`two changes of one version: one is made (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const context = services.contextFor()
    const { id } = await runOperation(userCreate, context, { email: 'ann@example.com' })
    const names = ['a', 'b', 'c', 'd']
    const outcomes = await Promise.allSettled(
      names.map((name) => runOperation(userUpdate, context, { id, name, ifVersion: 1 })),
    )
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const outcome of outcomes) if (outcome.status === 'rejected') failure('precondition_failed')(outcome.reason)
    assert.equal((await runOperation(userGet, context, { id })).version, 2)
  })
}
