// Checks the operations on applications.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import {
  ACTIVE_PAIR,
  anotherRealm,
  anotherTenant,
  callOperation,
  eventsAbout,
  issueTokenPair,
  pairStatus,
  REVOKED_PAIR,
} from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { clientCreate, clientGet } from '../client/client.operations.ts'
import type { Context } from '../context.ts'
import {
  applicationCreate,
  applicationDelete,
  applicationGet,
  applicationList,
  applicationUpdate,
} from './application.operations.ts'
import { applicationFor } from './application.service.ts'

for (const dialect of DIALECTS) {
  describe(`applications on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const client = (context: Context, application: string) =>
      callOperation(clientCreate, context, { application, label: 'Web', redirectUris: ['https://app.example/cb'] })

    test('an application is created, shown and told of', async () => {
      const context = services.contextFor()
      const given = {
        name: 'Files',
        description: 'Where your files are.',
        termsUrl: 'https://files.example/terms',
        privacyUrl: 'https://files.example/privacy',
      }
      const made = await callOperation(applicationCreate, context, given)
      const now = services.clock.now()
      assert.deepEqual(made, {
        ...given,
        level: 'tenant',
        partnerId: null,
        type: null,
        id: made.id,
        realmId: services.realm.id,
        version: 1,
        createdAt: now,
        updatedAt: now,
      })
      assert.deepEqual(await callOperation(applicationGet, context, { id: renderId('application', made.id) }), made)
      const bare = await callOperation(applicationCreate, context, { name: 'Bare' })
      assert.deepEqual([bare.description, bare.termsUrl, bare.privacyUrl], [null, null, null])
      const [event] = await eventsAbout(context, made.id)
      assert.deepEqual(
        [event?.type, event?.realmId, event?.data],
        ['application.created', services.realm.id, { name: 'Files' }],
      )
    })

    test('addresses that people are sent to are https', async () => {
      for (const termsUrl of ['http://a.example', 'javascript:alert(1)', '/terms', 'https://', '']) {
        const given = callOperation(applicationCreate, services.contextFor(), { name: 'Odd', termsUrl })
        await assert.rejects(given, { code: 'invalid_input' }, termsUrl)
      }
    })

    test('a name is one application’s in its realm, also among those who ask at once', async () => {
      const context = services.contextFor()
      const create = () => callOperation(applicationCreate, context, { name: 'One' })
      const outcomes = await Promise.allSettled([create(), create(), create(), create()])
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
      assert.deepEqual(
        lost.map(({ reason }) => reason.code),
        ['already_exists', 'already_exists', 'already_exists'],
      )
      await callOperation(applicationCreate, services.contextFor({ realm: await anotherRealm(services) }), {
        name: 'One',
      })
    })

    test('what is given changes; a taken name and another version are refused', async () => {
      const context = services.contextFor()
      const before = await callOperation(applicationCreate, context, { name: 'Before', description: 'x' })
      services.clock.advance(1000)
      const patch = { id: before.id, name: 'After', description: null, ifVersion: 1 }
      const changed = await callOperation(applicationUpdate, context, patch)
      assert.deepEqual(changed, {
        ...before,
        name: 'After',
        description: null,
        version: 2,
        updatedAt: before.updatedAt + 1000,
      })
      await assert.rejects(callOperation(applicationUpdate, context, patch), { code: 'precondition_failed' })
      await callOperation(applicationCreate, context, { name: 'Before' })
      await assert.rejects(callOperation(applicationUpdate, context, { id: before.id, name: 'Before' }), {
        code: 'already_exists',
      })
      assert.deepEqual(await callOperation(applicationGet, context, { id: before.id }), changed)
      const events = await eventsAbout(context, before.id)
      assert.partialDeepStrictEqual(events.at(-1)?.data, {
        ...{ name: 'After', changed: ['name', 'description'] },
        before: { name: before.name },
      })
    })

    test('a deleted application takes its clients and what they hold along, and frees its name', async () => {
      const context = services.contextFor()
      const { id } = await callOperation(applicationCreate, context, { name: 'Doomed' })
      const clients = [await client(context, 'Doomed'), await client(context, id)]
      const survivor = await client(context, 'Survivor')
      const tokens = [
        await issueTokenPair(context, { clientId: clients[1]?.id ?? '' }),
        await issueTokenPair(context, { clientId: survivor.id }),
      ]
      await callOperation(applicationDelete, context, { id })
      for (const gone of clients) {
        await assert.rejects(callOperation(clientGet, context, { id: gone.id }), { code: 'not_found' })
        assert.equal(await services.registry.client(services.tenantId, services.realm.id, gone.clientId), undefined)
        assert.equal((await eventsAbout(context, gone.id)).at(-1)?.type, 'client.deleted')
      }
      assert.deepEqual(await Promise.all(tokens.map((token) => pairStatus(context, token))), [
        REVOKED_PAIR,
        ACTIVE_PAIR,
      ])
      assert.equal((await callOperation(clientGet, context, { id: survivor.id })).application.name, 'Survivor')
      await assert.rejects(callOperation(applicationGet, context, { id }), { code: 'not_found' })
      await assert.rejects(callOperation(applicationDelete, context, { id }), { code: 'not_found' })
      await callOperation(applicationCreate, context, { name: 'Doomed' })
      assert.equal((await eventsAbout(context, id)).at(-1)?.type, 'application.deleted')
    })

    test('a client finds its application by name or id, or makes it; an unknown id is no name', async () => {
      const context = services.contextFor()
      const find = (name: string) => context.write((unit) => applicationFor(unit, context, name))
      const made = await find('Mobile')
      assert.equal((await find('Mobile')).id, made.id)
      assert.equal((await find(made.id)).id, made.id)
      assert.equal((await find(renderId('application', made.id))).id, made.id)
      assert.deepEqual(
        (await eventsAbout(context, made.id)).map(({ type }) => type),
        ['application.created'],
      )
      await assert.rejects(find(services.random.id()), { code: 'not_found' })
      await assert.rejects(find('a\u202egpj.exe'), { code: 'invalid_input' })
      const sibling = services.contextFor({ realm: await anotherRealm(services) })
      await assert.rejects(
        sibling.write((unit) => applicationFor(unit, sibling, made.id)),
        { code: 'not_found' },
      )
    })

    test('clients registered at once under a new name share one application', async () => {
      const context = services.contextFor()
      const clients = await Promise.all(Array.from({ length: 5 }, () => client(context, 'Shared')))
      assert.equal(new Set(clients.map(({ application }) => application.id)).size, 1)
      assert.equal((await eventsAbout(context, clients[0]?.application.id ?? '')).length, 1)
    })

    test('no client is left behind when its application is deleted as it registers', async () => {
      const context = services.contextFor()
      for (let round = 0; round < 5; round++) {
        const { id } = await callOperation(applicationCreate, context, { name: `Race ${round}` })
        const [made] = await Promise.all([
          client(context, `Race ${round}`),
          callOperation(applicationDelete, context, { id }),
        ])
        const left = await callOperation(clientGet, context, { id: made.id }).catch(({ code }) => code)
        if (left === 'not_found') continue
        assert.notEqual(left.application.id, id)
        await callOperation(applicationGet, context, { id: left.application.id })
      }
    })

    test('the list shows a realm’s applications, oldest first; they are the realm’s alone', async () => {
      const context = services.contextFor({ realm: await anotherRealm(services) })
      const made = []
      for (const name of ['a', 'b', 'c']) made.push(await callOperation(applicationCreate, context, { name }))
      const first = await callOperation(applicationList, context, { limit: '2' })
      const second = await callOperation(applicationList, context, { limit: '2', cursor: first.nextCursor })
      assert.deepEqual([...first.data, ...second.data], made)
      const [{ id } = { id: '' }] = made
      const stranger = services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) })
      for (const other of [services.contextFor(), stranger]) {
        await assert.rejects(callOperation(applicationGet, other, { id }), { code: 'not_found' })
        await assert.rejects(callOperation(applicationUpdate, other, { id, name: 'x' }), { code: 'not_found' })
        await assert.rejects(callOperation(applicationDelete, other, { id }), { code: 'not_found' })
      }
      assert.deepEqual((await callOperation(applicationList, stranger)).data, [])
    })
  })
}
