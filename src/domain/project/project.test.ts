// Checks the operations on projects.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import { anotherTenant, eventsAbout } from '#testing/domain-fixtures.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { directoryList } from '../directory/directory.operations.ts'
import { realmDelete, realmGet, realmList, realmUpdate } from '../realm/realm.operations.ts'
import { keyList, keyRotate } from '../signing-key/signing-key.operations.ts'
import { tenantDelete } from '../tenant/tenant.operations.ts'
import { userCreate, userGet } from '../user/user.operations.ts'
import { projectCreate, projectDelete, projectGet, projectList, projectUpdate } from './project.operations.ts'
import { projectKeyCreate, projectKeyList, projectKeyRevoke, projectKeyVerify } from './project-key.operations.ts'

const ORIGIN = 'https://app.example'
const CALLBACK = 'https://app.example/callback'

for (const dialect of DIALECTS) {
  describe(`projects on ${dialect}`, () => {
    let services: TestServices
    let made = 0
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const context = () => services.contextFor({ realm: null })
    const inTenant = (tenantId: string) => services.contextFor({ realm: null, tenantId })
    const project = (more: object = {}) =>
      runOperation(projectCreate, context(), { name: `Project ${++made}`, ...more })
    const at = async (realmId: string) => {
      const realm = await context().read.realms.find(realmId)
      return services.contextFor(realm ? { realm } : {})
    }

    test('a project is a realm with RS256 keys over the directory that the tenant came with', async () => {
      const given = {
        name: 'Café Zürich — Shop',
        allowedOrigins: [ORIGIN],
        allowedRedirects: [CALLBACK],
        settings: { theme: { dark: true } },
      }
      const { id, realmId, issuerId, ...rest } = await project(given)
      const times = { createdAt: services.clock.now(), updatedAt: services.clock.now() }
      assert.deepEqual(rest, {
        ...given,
        ...times,
        tenantId: services.tenantId,
        issuer: `https://id.example.com/realms/${issuerId}`,
        slug: 'cafe-zurich-shop',
        environment: 'development',
        version: 1,
      })
      const realm = await context().read.realms.find(realmId)
      assert.equal(realm?.directoryId, services.realm.directoryId)
      const keys = await runOperation(keyList, await at(realmId))
      assert.deepEqual(
        keys.data.map(({ algorithm, state }) => [algorithm, state]),
        [
          ['RS256', 'active'],
          ['RS256', 'next'],
        ],
      )
      assert.equal((await runOperation(directoryList, context())).data.length, 1)
      const listed = (await runOperation(realmList, context(), { limit: '200' })).data.find(({ id }) => id === realmId)
      assert.deepEqual([listed?.kind, listed?.name], ['project', given.name])
      assert.deepEqual(
        (await eventsAbout(context(), id)).map(({ type, data }) => [type, data.slug]),
        [['project.created', 'cafe-zurich-shop']],
      )
      assert.equal((await services.registry.realmByIssuerId(issuerId))?.realm.id, realmId)
    })

    test('its people are those of the tenant', async () => {
      const one = await project()
      const two = await project()
      const user = await runOperation(userCreate, await at(one.realmId), { email: 'shared@example.com' })
      for (const there of [await at(two.realmId), services.contextFor()]) {
        assert.equal((await runOperation(userGet, there, { id: user.id })).email, 'shared@example.com')
      }
      await assert.rejects(
        runOperation(userCreate, await at(two.realmId), { email: 'SHARED@example.com' }),
        failure('already_exists'),
      )
    })

    test('a slug is one project’s in its tenant, until that is deleted; made from the name unless told', async () => {
      const one = await project({ slug: 'web' })
      await assert.rejects(project({ slug: 'web' }), failure('already_exists'))
      await assert.rejects(project({ name: 'Web' }), failure('already_exists'))
      const other = await project()
      await assert.rejects(
        runOperation(projectUpdate, context(), { id: other.id, slug: 'web' }),
        failure('already_exists'),
      )
      const elsewhere = inTenant(await anotherTenant(services))
      assert.equal((await runOperation(projectCreate, elsewhere, { name: 'Web' })).slug, 'web')
      await runOperation(projectDelete, context(), { id: one.id })
      assert.equal((await runOperation(projectUpdate, context(), { id: other.id, slug: 'web' })).slug, 'web')
      assert.match((await project({ name: '日本' })).slug, /^project-[a-z0-9]{8}$/)
    })

    test('a slug that was taken at once leaves no realm behind', async () => {
      const realms = async () => (await runOperation(realmList, context(), { limit: '200' })).data.length
      const count = await realms()
      const twice = await Promise.allSettled([project({ slug: 'at-once' }), project({ slug: 'at-once' })])
      assert.deepEqual(twice.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      assert.equal(await realms(), count + 1)
    })

    test('a project changes with its realm, under one version', async () => {
      const { id, realmId } = await project({ settings: { a: 1 } })
      const changed = await runOperation(projectUpdate, context(), {
        id,
        name: 'Renamed',
        allowedOrigins: [ORIGIN],
        settings: { b: 2 },
        ifVersion: 1,
      })
      assert.deepEqual(
        [changed.name, changed.allowedOrigins, changed.settings, changed.version],
        ['Renamed', [ORIGIN], { b: 2 }, 2],
      )
      const realm = await runOperation(realmGet, await at(realmId))
      assert.deepEqual([realm.name, realm.allowedOrigins, realm.version], ['Renamed', [ORIGIN], 2])
      await runOperation(realmUpdate, await at(realmId), { name: 'By its realm', ifVersion: 2 })
      const late = { id, name: 'Late', ifVersion: 2 }
      await assert.rejects(runOperation(projectUpdate, context(), late), failure('precondition_failed'))
      const shown = await runOperation(projectGet, context(), { id })
      assert.deepEqual([shown.name, shown.version], ['By its realm', 3])
      assert.deepEqual((await eventsAbout(context(), id)).at(-1)?.data.changed, ['name', 'allowedOrigins', 'settings'])
    })

    test('what is no origin and no redirect URI is refused, and nothing is made', async () => {
      const realms = (await runOperation(realmList, context(), { limit: '200' })).data.length
      for (const origin of [
        '*',
        'app.example',
        'https://app.example/',
        'https://app.example/path',
        'https://user@app.example',
        'https://*.app.example',
        'http://app.example',
        'null',
        'file:///etc',
        'javascript:alert(1)',
        'https://APP.example',
      ]) {
        await assert.rejects(project({ allowedOrigins: [origin] }), failure('invalid_input'), origin)
      }
      for (const uri of [
        'https://app.example/*',
        `${CALLBACK}#x`,
        'http://app.example/',
        '/callback',
        'javascript:1',
      ]) {
        await assert.rejects(project({ allowedRedirects: [uri] }), failure('invalid_input'), uri)
      }
      assert.equal((await runOperation(realmList, context(), { limit: '200' })).data.length, realms)
      const local = await project({ allowedOrigins: ['http://localhost:3000', 'https://app.example:8443'] })
      assert.equal(local.allowedOrigins.length, 2)
    })

    test('a deleted project takes its realm and its keys with it, and is not its realm’s to delete', async () => {
      const { id, realmId, issuerId } = await project()
      const key = await runOperation(projectKeyCreate, context(), { id, name: 'Web' })
      await assert.rejects(runOperation(realmDelete, await at(realmId)), failure('conflict'))
      await runOperation(projectDelete, context(), { id })
      assert.equal(await services.registry.realmByIssuerId(issuerId), undefined)
      for (const gone of [
        () => runOperation(projectGet, context(), { id }),
        () => runOperation(projectUpdate, context(), { id, name: 'X' }),
        () => runOperation(projectDelete, context(), { id }),
        () => runOperation(projectKeyList, context(), { id }),
        () => runOperation(projectKeyVerify, context(), { key: key.secret }),
        () => runOperation(projectKeyCreate, context(), { id, name: 'Late' }),
      ]) {
        await assert.rejects(gone(), failure('not_found'))
      }
      assert.equal((await eventsAbout(context(), realmId)).at(-1)?.type, 'realm.deleted')
      assert.equal((await eventsAbout(context(), id)).at(-1)?.type, 'project.deleted')
    })

    test('projects are listed by cursor and by number, and those of another tenant are not there', async () => {
      const tenantId = await anotherTenant(services)
      const there = inTenant(tenantId)
      const names = ['One', 'Two', 'Three']
      for (const name of names) await runOperation(projectCreate, there, { name, slug: `list-${name.toLowerCase()}` })
      const first = await runOperation(projectList, there, { limit: '2' })
      const second = await runOperation(projectList, there, { limit: '2', cursor: first.nextCursor })
      assert.deepEqual(
        [...first.data, ...second.data].map(({ name }) => name),
        names,
      )
      assert.equal(second.nextCursor, null)
      const page = await runOperation(projectList, there, { offset: 2, limit: 2 })
      assert.deepEqual([page.data.map(({ name }) => name), page.count], [['Three'], { value: 3 }])
      const id = first.data[0]?.id ?? ''
      for (const foreign of [
        () => runOperation(projectGet, context(), { id }),
        () => runOperation(projectUpdate, context(), { id, name: 'Mine' }),
        () => runOperation(projectDelete, context(), { id }),
        () => runOperation(projectKeyCreate, context(), { id, name: 'Mine' }),
      ]) {
        await assert.rejects(foreign(), failure('not_found'))
      }
      assert.equal((await runOperation(projectGet, there, { id })).name, 'One')
    })

    test('two rotations at once leave one key that signs', async () => {
      const { realmId } = await project()
      const context = await at(realmId)
      const before = (await runOperation(keyList, context)).data.find(({ state }) => state === 'active')
      const both = await Promise.allSettled([1, 2].map(() => runOperation(keyRotate, context, { immediate: true })))
      for (const outcome of both) if (outcome.status === 'rejected') assert.ok(failure('conflict')(outcome.reason))
      const keys = (await runOperation(keyList, context)).data
      assert.equal(keys.filter(({ state }) => state === 'active').length, 1)
      const old = keys.find(({ kid }) => kid === before?.kid)
      assert.equal(old?.state, 'retiring')
      assert.ok((old?.retiresAt ?? 0) >= services.clock.now() + 24 * 3600 * 1000)
    })

    test('a key’s secret is shown once; what is kept recognises it, and its publishable half, until it is revoked', async () => {
      for (const [environment, infix] of [
        ['production', 'live'],
        ['development', 'test'],
      ] as const) {
        const { id, issuer } = await project({ environment })
        const { secret, ...key } = await runOperation(projectKeyCreate, context(), { id, name: 'Backend' })
        assert.match(secret, new RegExp(`^zk_${infix}_[\\w-]{43}$`))
        assert.match(key.publishableKey, new RegExp(`^pk_${infix}_[\\w-]{43}$`))
        assert.deepEqual([key.prefix, key.last4], [secret.slice(0, 12), secret.slice(-4)])
        assert.deepEqual((await runOperation(projectKeyList, context(), { id })).data, [key])
        const whose = { id: key.id, name: 'Backend', projectId: id, environment, issuer, expiresAt: null }
        const of = (presented: string) => runOperation(projectKeyVerify, context(), { key: presented })
        assert.deepEqual(await of(secret), { ...whose, kind: 'secret' })
        assert.deepEqual(await of(key.publishableKey), { ...whose, kind: 'publishable' })
        const used = (await runOperation(projectKeyList, context(), { id, revoked: 'true' })).data[0]
        assert.equal(used?.lastUsedAt, services.clock.now())
        const { kysely } = services.database.read
        const kept = JSON.stringify([
          await kysely.selectFrom('project_api_key').selectAll().execute(),
          await kysely.selectFrom('event').selectAll().where('subject_id', '=', key.id).execute(),
        ])
        assert.ok(!kept.includes(secret.slice(12, -4)))

        const elsewhere = inTenant(await anotherTenant(services))
        await assert.rejects(runOperation(projectKeyVerify, elsewhere, { key: secret }), failure('not_found'))
        await assert.rejects(of(`${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`), failure('not_found'))
        await runOperation(projectKeyRevoke, context(), { id, keyId: key.id })
        for (const presented of [secret, key.publishableKey]) await assert.rejects(of(presented), failure('not_found'))
        await assert.rejects(runOperation(projectKeyRevoke, context(), { id, keyId: key.id }), failure('not_found'))
        assert.deepEqual((await runOperation(projectKeyList, context(), { id })).data, [])
        const [listed] = (await runOperation(projectKeyList, context(), { id, revoked: 'true' })).data
        assert.equal(listed?.revokedAt, services.clock.now())
        assert.deepEqual(
          (await eventsAbout(context(), key.id)).map(({ type }) => type),
          ['project_key.created', 'project_key.revoked'],
        )
      }
    })

    test('a key is one project’s, and ends when it says', async () => {
      const one = await project()
      const other = await project()
      const expiresAt = new Date(services.clock.now() + 60_000).toISOString()
      const key = await runOperation(projectKeyCreate, context(), { id: one.id, name: 'Short', expiresAt })
      await assert.rejects(
        runOperation(projectKeyRevoke, context(), { id: other.id, keyId: key.id }),
        failure('not_found'),
      )
      assert.equal((await runOperation(projectKeyVerify, context(), { key: key.secret })).id, key.id)
      services.clock.advance(60_000)
      await assert.rejects(runOperation(projectKeyVerify, context(), { key: key.secret }), failure('not_found'))
      const past = { id: one.id, name: 'Past', expiresAt }
      await assert.rejects(runOperation(projectKeyCreate, context(), past), failure('invalid_input'))
    })

    test('a tenant’s end is that of its projects and their keys', async () => {
      const tenantId = await anotherTenant(services)
      const { id } = await runOperation(projectCreate, inTenant(tenantId), { name: 'Ends' })
      const { secret } = await runOperation(projectKeyCreate, inTenant(tenantId), { id, name: 'Ends' })
      await runOperation(tenantDelete, context(), { id: tenantId })
      await assert.rejects(runOperation(projectGet, inTenant(tenantId), { id }), failure('not_found'))
      await assert.rejects(runOperation(projectKeyVerify, inTenant(tenantId), { key: secret }), failure('not_found'))
    })
  })
}
