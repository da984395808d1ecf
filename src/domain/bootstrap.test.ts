// Checks the link for the first administrator.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '#kernel/error.ts'
import { DIALECTS } from '#testing/databases.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { bootstrapState, consumeBootstrap, renewBootstrap } from './bootstrap.ts'
import { verifyPassword } from './user/user.service.ts'

const PASSWORD = 'a long enough password'
const HOURS = 3_600_000

const refused = (error: unknown) => error instanceof Failure && error.code === 'unauthenticated'

/** Every user with an administrator role, and the kind of the realm where the user signs in. */
async function administrators({ database }: TestServices) {
  return database.read.kysely
    .selectFrom('user')
    .innerJoin('realm', 'realm.directory_id', 'user.directory_id')
    .select(['user.email', 'user.admin_role as role', 'realm.kind', 'user.directory_id as directoryId'])
    .where('user.admin_role', 'is not', null)
    .execute()
}

test('the link makes the first administrator, who can sign in at the admin realm', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor({ reach: { kind: 'none' }, permissions: [] })
  assert.deepEqual(await bootstrapState(context), {
    bootstrapped: false,
    linkExpiresAt: services.clock.now() + 24 * HOURS,
  })

  const given = { secret: services.bootstrapSecret, email: 'Root@Example.com', password: PASSWORD }
  const view = await consumeBootstrap(context, given)
  assert.equal(view.email, 'Root@Example.com')
  assert.equal(view.hasPassword, true)
  const [admin, ...others] = await administrators(services)
  assert.deepEqual(others, [])
  assert.deepEqual([admin?.role, admin?.kind], ['super_admin', 'admin'])
  const signIn = { email: 'root@example.com', password: PASSWORD }
  assert.equal((await verifyPassword(context, admin!.directoryId, signIn))?.user.adminRole, 'super_admin')
  assert.deepEqual(await bootstrapState(context), { bootstrapped: true, linkExpiresAt: null })

  const events = await services.database.read.kysely
    .selectFrom('event')
    .selectAll()
    .where('tenant_id', '=', services.tenantId)
    .where('actor_kind', '!=', 'system')
    .orderBy('seq')
    .execute()
  assert.deepEqual(
    events.map(({ type, subject_id: subject }) => [type, subject]),
    [
      ['user.created', view.id],
      ['bootstrap.consumed', view.id],
    ],
  )
  assert.ok(!JSON.stringify(events).includes(PASSWORD))
  await assert.rejects(consumeBootstrap(context, given), refused)
  await assert.rejects(
    renewBootstrap(services.contextFor()),
    (error) => error instanceof Failure && error.code === 'conflict',
  )
})

test('BO-03 a wrong secret, an old link and bad input make nobody an administrator', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor({ realm: null, tenantId: services.random.id() })
  const good = { secret: services.bootstrapSecret, email: 'root@example.com', password: PASSWORD }
  await assert.rejects(consumeBootstrap(context, { ...good, secret: services.random.secret() }), refused)
  await assert.rejects(consumeBootstrap(context, { ...good, secret: services.adminKey }), refused)
  for (const bad of [{ password: 'short' }, { email: 'nobody' }, { adminRole: 'x' }]) {
    await assert.rejects(
      consumeBootstrap(context, { ...good, ...bad }),
      (error) => error instanceof Failure && error.code === 'invalid_input',
    )
  }
  services.clock.advance(24 * HOURS)
  await assert.rejects(consumeBootstrap(context, good), refused)
  assert.deepEqual(await administrators(services), [])
})

test('an expired link can be replaced, and only the last one works', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const given = { email: 'root@example.com', password: PASSWORD }
  services.clock.advance(25 * HOURS)
  const renew = async () => {
    const { url, expiresAt } = await renewBootstrap(context)
    assert.equal(expiresAt, services.clock.now() + 24 * HOURS)
    return new URL(url).searchParams.get('bootstrap') ?? ''
  }
  const second = await renew()
  const third = await renew()
  assert.deepEqual(await bootstrapState(context), {
    bootstrapped: false,
    linkExpiresAt: services.clock.now() + 24 * HOURS,
  })
  await assert.rejects(consumeBootstrap(context, { ...given, secret: services.bootstrapSecret }), refused)
  await assert.rejects(consumeBootstrap(context, { ...given, secret: second }), refused)
  await consumeBootstrap(context, { ...given, secret: third })
  assert.equal((await administrators(services)).length, 1)
})

for (const dialect of DIALECTS) {
  test(`RC-16 of twenty who use the link at once, one becomes administrator (${dialect})`, async (t) => {
    const services = await openTestServices({ database: dialect })
    t.after(() => services.close())
    const attempts = Array.from({ length: 20 }, (_, index) =>
      consumeBootstrap(services.contextFor(), {
        secret: services.bootstrapSecret,
        email: `root${index}@example.com`,
        password: PASSWORD,
      }),
    )
    const outcomes = await Promise.allSettled(attempts)
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.ok(outcomes.every((outcome) => outcome.status === 'fulfilled' || refused(outcome.reason)))
    assert.equal((await administrators(services)).length, 1)
  })
}
