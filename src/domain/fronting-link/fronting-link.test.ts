// Checks which fronting links can be made, and what they keep from changing.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import { anotherTenant, callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { resourceCreate, resourceDelete, resourceGet, resourceUpdate } from '../resource/resource.operations.ts'
import {
  frontingLinkCreate,
  frontingLinkDelete,
  frontingLinkGet,
  frontingLinkList,
  frontingLinkUpdate,
} from './fronting-link.operations.ts'
import { leadsTo } from './fronting-link.ts'

const scopes = (...names: string[]) => names.map((name) => ({ name, description: '' }))

for (const dialect of DIALECTS) {
  describe(`fronting links on ${dialect}`, () => {
    let services: TestServices
    const ids: Record<string, string> = {}
    before(async () => {
      services = await openTestServices({ database: dialect })
      for (const slug of ['a', 'b', 'c']) {
        const input = { identifier: `https://${slug}.example/`, slug, scopes: scopes('read', 'write') }
        ids[slug] = (await callOperation(resourceCreate, services.contextFor(), input)).id
      }
    })
    after(() => services.close())

    const link = (source: string, target: string, more: object = {}) =>
      runOperation(frontingLinkCreate, services.contextFor(), { source, target, scopeMap: { read: ['read'] }, ...more })
    const listed = async (query: object = {}) => {
      const { data } = await callOperation(frontingLinkList, services.contextFor(), query)
      return data.map(({ sourceSlug, targetSlug }) => `${sourceSlug}${targetSlug}`)
    }

    test('what cannot be is refused, and a dry run stores nothing', async () => {
      const dry = await callOperation(frontingLinkCreate, services.contextFor(), {
        ...{ source: 'a', target: 'b', scopeMap: { read: ['write'] }, dryRun: true },
      })
      assert.deepEqual([dry.dryRun, dry.sourceSlug, await listed()], [true, 'a', []])
      for (const scopeMap of [{}, { read: [] }, { admin: ['read'] }, { read: ['admin'] }]) {
        await assert.rejects(link('a', 'b', { scopeMap }), failure('invalid_input'))
        await assert.rejects(link('a', 'b', { scopeMap, dryRun: true }), failure('invalid_input'))
      }
      await assert.rejects(link('a', 'a'), failure('invalid_input'))
      await assert.rejects(link('a', 'nothing'), failure('not_found'))
      await link('a', ids.b ?? '')
      await assert.rejects(link('https://a.example/', 'b'), failure('already_exists'))
      await link('b', 'c')
      await assert.rejects(link('b', 'a'), failure('invalid_input'))
      await assert.rejects(link('c', 'a', { dryRun: true }), failure('invalid_input'))
      assert.deepEqual(await listed(), ['ab', 'bc'])
      assert.deepEqual(await listed({ source: 'b' }), ['bc'])
      assert.deepEqual(await listed({ resource: 'b', limit: 1, offset: 1 }), ['bc'])
    })

    test('while a link depends on them, slugs and scopes stay, and a resource is deleted only with its links', async () => {
      const context = services.contextFor()
      const change = (slug: string, changes: object) =>
        runOperation(resourceUpdate, context, { id: ids[slug], ...changes })
      await assert.rejects(change('a', { slug: 'other' }), failure('invalid_input'))
      await assert.rejects(change('a', { scopes: scopes('write') }), failure('invalid_input'))
      await assert.rejects(change('b', { scopes: scopes('write') }), failure('invalid_input'))
      await change('a', { scopes: scopes('read'), name: 'Gateway' })
      await callOperation(frontingLinkUpdate, context, { source: 'b', target: 'c', scopeMap: { write: ['write'] } })
      assert.deepEqual((await callOperation(frontingLinkGet, context, { source: 'b', target: 'c' })).scopeMap, {
        write: ['write'],
      })
      await assert.rejects(runOperation(resourceDelete, context, { id: ids.b }), failure('conflict'))
      assert.equal((await callOperation(resourceGet, context, { id: ids.b })).slug, 'b')
      await callOperation(resourceDelete, context, { id: ids.b, cascade: 'true' })
      assert.deepEqual(await listed(), [])
      await change('a', { slug: 'other' })
    })

    test('two links at once make no circle, and each link has its events', async () => {
      const context = services.contextFor()
      const results = await Promise.allSettled([link('other', 'c'), link('c', 'other')])
      assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      const { data } = await callOperation(frontingLinkList, context, {})
      const [made] = data
      assert.ok(made)
      await callOperation(frontingLinkDelete, context, { source: made.sourceSlug, target: made.targetSlug })
      const events = await eventsAbout(context, made.id)
      assert.deepEqual(events.map(({ type }) => type).sort(), ['fronting_link.created', 'fronting_link.deleted'])
    })

    test('another tenant has none of it', async () => {
      await link('c', 'other')
      const other = services.contextFor({ tenantId: await anotherTenant(services) })
      const ends = { source: ids.c, target: ids.a }
      await assert.rejects(runOperation(frontingLinkGet, other, ends), failure('not_found'))
      await assert.rejects(runOperation(frontingLinkDelete, other, ends), failure('not_found'))
      await assert.rejects(
        runOperation(frontingLinkCreate, other, { ...ends, scopeMap: { read: ['read'] } }),
        failure('not_found'),
      )
      assert.deepEqual((await callOperation(frontingLinkList, other, {})).data, [])
    })
  })
}

test('links lead on over any number of others, and circles end', () => {
  const links = [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'b'],
  ].map(([sourceId = '', targetId = '']) => ({ sourceId, targetId }))
  assert.deepEqual([leadsTo(links, 'a', 'c'), leadsTo(links, 'c', 'a'), leadsTo(links, 'a', 'd')], [true, false, false])
})
