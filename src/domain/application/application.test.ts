import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { anotherRealm, anotherTenant, call, eventsAbout, holds, issueTo, LIVING, REVOKED } from '#testing/neighbours.ts'
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
    let house: TestHouse
    before(async () => {
      house = await openTestHouse({ database: dialect })
    })
    after(() => house.close())

    const client = (context: Context, application: string) =>
      call(clientCreate, context, { application, label: 'Web', redirectUris: ['https://app.example/cb'] })

    test('an application is created, shown and told of', async () => {
      const context = house.contextFor()
      const given = {
        name: 'Files',
        description: 'Where your files are.',
        termsUrl: 'https://files.example/terms',
        privacyUrl: 'https://files.example/privacy',
      }
      const made = await call(applicationCreate, context, given)
      const now = house.clock.now()
      assert.deepEqual(made, {
        ...given,
        level: 'tenant',
        partnerId: null,
        type: null,
        id: made.id,
        realmId: house.realm.id,
        version: 1,
        createdAt: now,
        updatedAt: now,
      })
      assert.deepEqual(await call(applicationGet, context, { id: renderId('application', made.id) }), made)
      const bare = await call(applicationCreate, context, { name: 'Bare' })
      assert.deepEqual([bare.description, bare.termsUrl, bare.privacyUrl], [null, null, null])
      const [event] = await eventsAbout(context, made.id)
      assert.deepEqual(
        [event?.type, event?.realmId, event?.data],
        ['application.created', house.realm.id, { name: 'Files' }],
      )
    })

    test('addresses that people are sent to are https', async () => {
      for (const termsUrl of ['http://a.example', 'javascript:alert(1)', '/terms', 'https://', '']) {
        const given = call(applicationCreate, house.contextFor(), { name: 'Odd', termsUrl })
        await assert.rejects(given, { code: 'invalid_input' }, termsUrl)
      }
    })

    test('a name is one application’s in its realm, also among those who ask at once', async () => {
      const context = house.contextFor()
      const create = () => call(applicationCreate, context, { name: 'One' })
      const outcomes = await Promise.allSettled([create(), create(), create(), create()])
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
      assert.deepEqual(
        lost.map(({ reason }) => reason.code),
        ['already_exists', 'already_exists', 'already_exists'],
      )
      await call(applicationCreate, house.contextFor({ realm: await anotherRealm(house) }), { name: 'One' })
    })

    test('what is given changes; a taken name and another version are refused', async () => {
      const context = house.contextFor()
      const before = await call(applicationCreate, context, { name: 'Before', description: 'x' })
      house.clock.advance(1000)
      const patch = { id: before.id, name: 'After', description: null, ifVersion: 1 }
      const changed = await call(applicationUpdate, context, patch)
      assert.deepEqual(changed, {
        ...before,
        name: 'After',
        description: null,
        version: 2,
        updatedAt: before.updatedAt + 1000,
      })
      await assert.rejects(call(applicationUpdate, context, patch), { code: 'precondition_failed' })
      await call(applicationCreate, context, { name: 'Before' })
      await assert.rejects(call(applicationUpdate, context, { id: before.id, name: 'Before' }), {
        code: 'already_exists',
      })
      assert.deepEqual(await call(applicationGet, context, { id: before.id }), changed)
      const events = await eventsAbout(context, before.id)
      assert.deepEqual(events.at(-1)?.data, { name: 'After', changed: ['name', 'description'] })
    })

    test('a deleted application takes its clients and what they hold along, and frees its name', async () => {
      const context = house.contextFor()
      const { id } = await call(applicationCreate, context, { name: 'Doomed' })
      const clients = [await client(context, 'Doomed'), await client(context, id)]
      const survivor = await client(context, 'Survivor')
      const tokens = [
        await issueTo(context, { clientId: clients[1]?.id ?? '' }),
        await issueTo(context, { clientId: survivor.id }),
      ]
      await call(applicationDelete, context, { id })
      for (const gone of clients) {
        await assert.rejects(call(clientGet, context, { id: gone.id }), { code: 'not_found' })
        assert.equal(await house.registry.client(house.tenantId, house.realm.id, gone.clientId), undefined)
        assert.equal((await eventsAbout(context, gone.id)).at(-1)?.type, 'client.deleted')
      }
      assert.deepEqual(await Promise.all(tokens.map((token) => holds(context, token))), [REVOKED, LIVING])
      assert.equal((await call(clientGet, context, { id: survivor.id })).application.name, 'Survivor')
      await assert.rejects(call(applicationGet, context, { id }), { code: 'not_found' })
      await assert.rejects(call(applicationDelete, context, { id }), { code: 'not_found' })
      await call(applicationCreate, context, { name: 'Doomed' })
      assert.equal((await eventsAbout(context, id)).at(-1)?.type, 'application.deleted')
    })

    test('a client finds its application by name or id, or makes it; an unknown id is no name', async () => {
      const context = house.contextFor()
      const find = (name: string) => context.write((unit) => applicationFor(unit, context, name))
      const made = await find('Mobile')
      assert.equal((await find('Mobile')).id, made.id)
      assert.equal((await find(made.id)).id, made.id)
      assert.equal((await find(renderId('application', made.id))).id, made.id)
      assert.deepEqual(
        (await eventsAbout(context, made.id)).map(({ type }) => type),
        ['application.created'],
      )
      await assert.rejects(find(house.random.id()), { code: 'not_found' })
      await assert.rejects(find('a\u202egpj.exe'), { code: 'invalid_input' })
      const sibling = house.contextFor({ realm: await anotherRealm(house) })
      await assert.rejects(
        sibling.write((unit) => applicationFor(unit, sibling, made.id)),
        { code: 'not_found' },
      )
    })

    test('clients registered at once under a new name share one application', async () => {
      const context = house.contextFor()
      const clients = await Promise.all(Array.from({ length: 5 }, () => client(context, 'Shared')))
      assert.equal(new Set(clients.map(({ application }) => application.id)).size, 1)
      assert.equal((await eventsAbout(context, clients[0]?.application.id ?? '')).length, 1)
    })

    test('no client is left behind when its application is deleted as it registers', async () => {
      const context = house.contextFor()
      for (let round = 0; round < 5; round++) {
        const { id } = await call(applicationCreate, context, { name: `Race ${round}` })
        const [made] = await Promise.all([client(context, `Race ${round}`), call(applicationDelete, context, { id })])
        const left = await call(clientGet, context, { id: made.id }).catch(({ code }) => code)
        if (left === 'not_found') continue
        assert.notEqual(left.application.id, id)
        await call(applicationGet, context, { id: left.application.id })
      }
    })

    test('the list shows a realm’s applications, oldest first; they are the realm’s alone', async () => {
      const context = house.contextFor({ realm: await anotherRealm(house) })
      const made = []
      for (const name of ['a', 'b', 'c']) made.push(await call(applicationCreate, context, { name }))
      const first = await call(applicationList, context, { limit: '2' })
      const second = await call(applicationList, context, { limit: '2', cursor: first.nextCursor })
      assert.deepEqual([...first.data, ...second.data], made)
      const [{ id } = { id: '' }] = made
      const stranger = house.contextFor({ realm: await anotherRealm(house, await anotherTenant(house)) })
      for (const other of [house.contextFor(), stranger]) {
        await assert.rejects(call(applicationGet, other, { id }), { code: 'not_found' })
        await assert.rejects(call(applicationUpdate, other, { id, name: 'x' }), { code: 'not_found' })
        await assert.rejects(call(applicationDelete, other, { id }), { code: 'not_found' })
      }
      assert.deepEqual((await call(applicationList, stranger)).data, [])
    })
  })
}
