// Checks the operations on resources.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import { DIALECTS } from '#testing/databases.ts'
import {
  ACTIVE_PAIR,
  anotherRealm,
  anotherTenant,
  callOperation,
  eventsAbout,
  issueTokenPair,
  pairStatus,
} from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { grantList } from '../grant/grant.operations.ts'
import { recordConsent } from '../grant/grant.service.ts'
import { resourceCreate, resourceDelete, resourceGet, resourceList, resourceUpdate } from './resource.operations.ts'
import { resourceIdentifiers } from './resource.service.ts'
import { NewResource, NO_BROKER, slugFor } from './resource.ts'

test('an identifier is an absolute http or https URI without a fragment', () => {
  const allowed = [
    'https://api.example.com',
    'https://api.example.com/',
    'http://mcp.example.com/mcp',
    'http://127.0.0.1:8080/v1?tenant=a',
    'https://[::1]:8443/x',
    'https://API.example.com/%7Ea',
  ]
  for (const identifier of allowed) assert.equal(parse(NewResource, { identifier }).identifier, identifier)
  const refused = [
    '',
    'api',
    '/v1',
    'api.example.com',
    'https:api.example.com',
    'https://',
    'https:///x',
    'https://api.example.com/#part',
    'https://api.example.com#',
    'https://user:secret@api.example.com',
    'https://api.example.com\\@evil.example',
    'https://api.example.com/ x',
    ' https://api.example.com',
    'https://api.example.com/\n',
    'urn:example:api',
    'javascript:alert(1)',
    'ftp://api.example.com',
    `https://api.example.com/${'x'.repeat(2000)}`,
  ]
  for (const identifier of refused) {
    assert.throws(() => parse(NewResource, { identifier }), { code: 'invalid_input' }, identifier)
  }
})

test('a slug is lower-case letters, digits and hyphens, and made of host and path where none is given', () => {
  assert.equal(slugFor('http://mcp.example.com/mcp'), 'mcp-example-com-mcp')
  assert.equal(slugFor('https://API.Example.com:8443/v1/?x=1'), 'api-example-com-8443-v1-x-1')
  assert.equal(slugFor('https://例え.jp'), 'jp')
  for (const url of ['https://例え.テスト', `https://x.example/${'a-'.repeat(200)}`, 'https://[::1]/']) {
    assert.doesNotThrow(() => parse(NewResource, { identifier: url, slug: slugFor(url) }), url)
  }
  for (const slug of ['', 'A', 'a_b', '-a', 'a-', 'a b', 'x'.repeat(65), 'https://a']) {
    assert.throws(() => parse(NewResource, { identifier: 'https://a.example', slug }), { code: 'invalid_input' }, slug)
  }
})

test('a scope is named once, by a scope token', () => {
  const given = (scopes: unknown) => parse(NewResource, { identifier: 'https://a.example', scopes })
  assert.deepEqual(given([{ name: 'read' }]).scopes, [{ name: 'read', description: '' }])
  for (const scopes of [
    [{ name: 'a b' }],
    [{ name: '' }],
    [{ name: 'x' }, { name: 'x' }],
    ['read'],
    [{ name: 'x', extra: 1 }],
  ]) {
    assert.throws(() => given(scopes), { code: 'invalid_input' }, JSON.stringify(scopes))
  }
})

for (const dialect of DIALECTS) {
  describe(`resources on ${dialect}`, () => {
    let services: TestServices
    let made = 0
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const context = () => services.contextFor({ realm: null })
    const create = (input: object = {}) =>
      callOperation(resourceCreate, context(), { identifier: `https://api-${++made}.example.com`, ...input })

    test('a resource is created with what is given and defaults for the rest, and is told of', async () => {
      const scopes = [{ name: 'mcp:read', description: 'Read your files' }]
      const full = await create({ identifier: 'http://mcp.example.com/mcp', slug: 'mcp', name: 'Files', scopes })
      assert.deepEqual(full, {
        id: full.id,
        tenantId: services.tenantId,
        identifier: 'http://mcp.example.com/mcp',
        slug: 'mcp',
        name: 'Files',
        backend: 'mint',
        ...NO_BROKER,
        scopes,
        authorizationDetailsTypes: [],
        signingAlgorithm: null,
        exchangeClients: [],
        mappedClaims: [],
        runtimeClients: [],
        status: 'active',
        version: 1,
        createdAt: services.clock.now(),
        updatedAt: services.clock.now(),
      })
      assert.deepEqual(await callOperation(resourceGet, context(), { id: renderId('resource', full.id) }), full)
      const bare = await create({ identifier: 'https://bare.example.com/v1' })
      assert.deepEqual([bare.slug, bare.name, bare.scopes], ['bare-example-com-v1', 'bare-example-com-v1', []])
      const [event] = await eventsAbout(context(), full.id)
      assert.deepEqual([event?.type, event?.data.identifier], ['resource.created', 'http://mcp.example.com/mcp'])
    })

    test('an identifier and a slug are each one resource’s; identifiers differ by any byte', async () => {
      const { id } = await create({ identifier: 'https://one.example.com/a', slug: 'one' })
      await assert.rejects(create({ identifier: 'https://one.example.com/a', slug: 'two' }), { code: 'already_exists' })
      await assert.rejects(create({ identifier: 'https://other.example.com/a', slug: 'one' }), {
        code: 'already_exists',
      })
      await create({ identifier: 'https://one.example.com/a/', slug: 'one-slash' })
      await create({ identifier: 'https://one.example.com/A', slug: 'one-a' })
      assert.equal((await eventsAbout(context(), id)).length, 1)
    })

    test('of many that register the same resource at once, one does', async () => {
      const input = { identifier: 'https://race.example.com' }
      const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => create(input)))
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
      assert.equal(lost.length, 5)
      for (const { reason } of lost) assert.equal(reason.code, 'already_exists')
    })

    test('what is given changes, the rest and the identifier stay', async () => {
      const before = await create({ name: 'Before', scopes: [{ name: 'read' }, { name: 'write' }] })
      services.clock.advance(1000)
      const scopes = [{ name: 'admin', description: 'All' }]
      const changed = await callOperation(resourceUpdate, context(), {
        id: before.id,
        scopes,
        status: 'suspended',
        ifVersion: 1,
      })
      assert.deepEqual(changed, {
        ...before,
        scopes,
        status: 'suspended',
        version: 2,
        updatedAt: before.updatedAt + 1000,
      })
      assert.deepEqual(await callOperation(resourceGet, context(), { id: before.id }), changed)
      const events = await eventsAbout(context(), before.id)
      assert.deepEqual(events.at(-1)?.data.changed, ['scopes', 'status'])
      const elsewhere = { id: before.id, identifier: 'https://elsewhere.example' }
      await assert.rejects(callOperation(resourceUpdate, context(), elsewhere), { code: 'invalid_input' })
    })

    test('a change meant for another version, or to a slug in use, is refused and changes nothing', async () => {
      const [one, two] = [await create(), await create()]
      await assert.rejects(callOperation(resourceUpdate, context(), { id: one.id, name: 'x', ifVersion: 7 }), {
        code: 'precondition_failed',
      })
      await assert.rejects(callOperation(resourceUpdate, context(), { id: one.id, slug: two.slug }), {
        code: 'already_exists',
      })
      assert.deepEqual(await callOperation(resourceGet, context(), { id: one.id }), one)
      const both = await Promise.allSettled(
        ['a', 'b'].map((name) => callOperation(resourceUpdate, context(), { id: one.id, name, ifVersion: 1 })),
      )
      assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    })

    test('a deleted resource is gone with its tokens and consents, and its names are free', async () => {
      const resource = await create({ slug: 'gone' })
      const [here, there] = [services.contextFor(), services.contextFor({ realm: await anotherRealm(services) })]
      const tokens = [
        await issueTokenPair(here, { audience: resource.identifier }),
        await issueTokenPair(there, { audience: resource.identifier }),
      ]
      const other = await issueTokenPair(here, { audience: `${resource.identifier}/` })
      const consent = {
        realmId: services.realm.id,
        user: { id: services.random.id(), email: 'ada@example.com' },
        client: { id: services.random.id(), clientId: 'a client' },
        scopes: ['read'],
      }
      await here.write((unit) => recordConsent(here, unit, { ...consent, resource: resource.identifier }))
      await here.write((unit) => recordConsent(here, unit, { ...consent, resource: '' }))

      assert.equal(await callOperation(resourceDelete, context(), { id: resource.id }), undefined)

      for (const token of tokens) assert.equal((await pairStatus(here, token)).token, false)
      assert.deepEqual(await pairStatus(here, other), ACTIVE_PAIR)
      const grants = await callOperation(grantList, here, { userId: consent.user.id })
      assert.deepEqual(
        grants.data.map((grant) => grant.resource),
        [null],
      )
      await assert.rejects(callOperation(resourceGet, context(), { id: resource.id }), { code: 'not_found' })
      await assert.rejects(callOperation(resourceDelete, context(), { id: resource.id }), { code: 'not_found' })
      await assert.rejects(callOperation(resourceUpdate, context(), { id: resource.id, name: 'x' }), {
        code: 'not_found',
      })
      const again = await create({ identifier: resource.identifier, slug: 'gone' })
      assert.notEqual(again.id, resource.id)
      assert.deepEqual(
        (await eventsAbout(context(), resource.id)).map(({ type }) => type),
        ['resource.created', 'resource.deleted'],
      )
    })

    test('the list shows every living resource once, page after page', async () => {
      const tenantId = await anotherTenant(services)
      const own = services.contextFor({ realm: null, tenantId })
      const made: string[] = []
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        made.push((await callOperation(resourceCreate, own, { identifier: `https://${name}.example` })).id)
      }
      await callOperation(resourceDelete, own, { id: made[2] ?? '' })
      const first = await callOperation(resourceList, own, { limit: '2' })
      const second = await callOperation(resourceList, own, { limit: '2', cursor: first.nextCursor })
      assert.deepEqual(
        [...first.data, ...second.data].map(({ id }) => id),
        made.toSpliced(2, 1),
      )
      assert.equal(second.nextCursor, null)
    })

    test('a resource is its tenant’s alone; another tenant may have one of the same names', async () => {
      const mine = await create({ identifier: 'https://shared.example', slug: 'shared' })
      const theirs = services.contextFor({ realm: null, tenantId: await anotherTenant(services) })
      await assert.rejects(callOperation(resourceGet, theirs, { id: mine.id }), { code: 'not_found' })
      await assert.rejects(callOperation(resourceUpdate, theirs, { id: mine.id, name: 'x' }), { code: 'not_found' })
      await assert.rejects(callOperation(resourceDelete, theirs, { id: mine.id }), { code: 'not_found' })
      await assert.rejects(resourceIdentifiers(theirs.read, ['shared'], services.registry.settings), {
        code: 'invalid_target',
      })
      await callOperation(resourceCreate, theirs, { identifier: 'https://shared.example', slug: 'shared' })
      const nowhere = services.contextFor({ realm: null, tenantId: services.random.id() })
      await assert.rejects(callOperation(resourceCreate, nowhere, { identifier: 'https://nowhere.example' }), {
        code: 'not_found',
      })
    })

    test('a list of audiences becomes identifiers, each once; the unknown one is named', async () => {
      const one = await create({ slug: 'first' })
      const two = await create({ slug: 'second' })
      const found = await resourceIdentifiers(
        context().read,
        ['second', one.identifier, 'first', two.identifier],
        services.registry.settings,
      )
      assert.deepEqual(found, [two.identifier, one.identifier])
      assert.deepEqual(await resourceIdentifiers(context().read, [], services.registry.settings), [])
      await assert.rejects(resourceIdentifiers(context().read, ['first', 'third'], services.registry.settings), {
        code: 'invalid_target',
        message: /third/,
      })
      const longer = [`${one.identifier}/v1`]
      await assert.rejects(resourceIdentifiers(context().read, longer, services.registry.settings), {
        code: 'invalid_target',
      })
      const { settings } = services.registry
      await create({ identifier: 'http://mcp.root.example', slug: 'root' })
      const spelled = await resourceIdentifiers(context().read, ['http://mcp.root.example/'], settings)
      assert.deepEqual(spelled, ['http://mcp.root.example'], 'the registered spelling (RFC 3986 §6.2.3)')
      await assert.rejects(create({ identifier: 'http://mcp.root.example/', slug: 'again' }), {
        code: 'already_exists',
      })
    })

    test('the registry knows of a resource as soon as it is there, changed or gone', async () => {
      const known = async (identifier: string) => (await services.registry.resources(services.tenantId)).get(identifier)
      const { id, identifier } = await create()
      assert.equal((await known(identifier))?.status, 'active')
      await callOperation(resourceUpdate, context(), { id, status: 'suspended' })
      assert.equal((await known(identifier))?.status, 'suspended')
      await callOperation(resourceDelete, context(), { id })
      assert.equal(await known(identifier), undefined)
    })
  })
}
