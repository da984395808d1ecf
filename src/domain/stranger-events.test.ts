// Checks that events which strangers cause are bounded in all, from however many networks they come.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { callOperation } from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { anyPlace } from '#testing/sign-in-place.ts'
import { clientCreate } from './client/client.operations.ts'
import type { Context } from './context.ts'
import { startDeviceAuthorization } from './device-authorization/device-authorization.service.ts'
import { signInWithPassword } from './sign-in/sign-in.service.ts'

let services: TestServices
before(async () => {
  services = await openTestServices()
})
after(() => services.close())

/** A stranger in a /64 network of an own. */
function stranger(index: number): Context {
  const context = services.contextFor({ permissions: [] })
  const origin = { ...context.actor.origin, ip: `2001:db8:0:${index.toString(16)}::1` }
  return { ...context, actor: { ...context.actor, origin } }
}

async function eventsOf(type: string): Promise<number> {
  const { count } = await services.database.read.kysely
    .selectFrom('event')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('type', '=', type)
    .executeTakeFirstOrThrow()
  return Number(count)
}

test('sign-ins of unknown users from 700 networks write 600 events an hour', async () => {
  const attempt = (index: number, email: string) =>
    signInWithPassword(stranger(index), { email, password: 'wrong', known: undefined }, anyPlace())
  for (let index = 0; index < 700; index++) {
    assert.equal((await attempt(index, `nobody-${index}@example.com`)).kind, 'incorrect')
  }
  assert.equal(await eventsOf('sign_in.failed'), 600)
  services.clock.advance(3_600_000)
  await attempt(701, 'nobody@example.com')
  assert.equal(await eventsOf('sign_in.failed'), 601)
})

test('device authorizations of a public client from 10 networks write 600 events an hour, and all work', async () => {
  const { clientId } = await callOperation(clientCreate, services.contextFor(), {
    label: 'Television',
    authMethod: 'none',
    grantTypes: ['urn:ietf:params:oauth:grant-type:device_code'],
  })
  const client = (await services.registry.client(services.tenantId, services.realm.id, clientId)) ?? assert.fail()
  for (let index = 0; index < 700; index++) {
    const started = await startDeviceAuthorization(stranger(index % 10), client, { scopes: [], resources: [] })
    assert.match(started.userCode, /./)
  }
  assert.equal(await eventsOf('device_authorization.started'), 600)
})
