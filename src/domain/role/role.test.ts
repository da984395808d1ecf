// Checks the operations on roles.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, anotherTenant, eventsAbout } from '#testing/domain-fixtures.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { groupAddMembers, groupCreate, groupDelete, groupNest } from '../group/group.operations.ts'
import {
  organizationAddMember,
  organizationCreate,
  organizationDelete,
  organizationRemoveMember,
} from '../organization/organization.operations.ts'
import { userCreate, userDelete, userUpdate } from '../user/user.operations.ts'
import {
  authorizationCheck,
  roleAssign,
  roleAssignments,
  roleCreate,
  roleDelete,
  roleGet,
  roleList,
  roleUnassign,
  roleUpdate,
  userPermissions,
} from './role.operations.ts'

for (const dialect of DIALECTS) {
  describe(`roles on ${dialect}`, () => {
    let services: TestServices
    let made = 0
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const context = () => services.contextFor()
    const user = async () => (await runOperation(userCreate, context(), { email: `user-${++made}@example.com` })).id
    const group = async () => (await runOperation(groupCreate, context(), { name: `Group ${++made}` })).id
    const role = async (...permissions: string[]) =>
      (await runOperation(roleCreate, context(), { name: `Role ${++made}`, permissions })).id
    const assign = (id: string, to: object) => runOperation(roleAssign, context(), { id, ...to })
    const check = (userId: string, permission: string, organizationId?: string) =>
      runOperation(authorizationCheck, context(), { userId, permission, ...(organizationId && { organizationId }) })
    const allowed = async (...about: Parameters<typeof check>) => (await check(...about)).allowed

    test('a role is created, shown, changed under its version and deleted, and each is told of', async () => {
      const made = await runOperation(roleCreate, context(), {
        name: 'Editor',
        permissions: ['docs:write', 'docs:read'],
      })
      assert.deepEqual([made.name, made.description, made.permissions], ['Editor', null, ['docs:write', 'docs:read']])
      await assert.rejects(runOperation(roleCreate, context(), { name: 'Editor' }), failure('already_exists'))
      const changed = await runOperation(roleUpdate, context(), { id: made.id, permissions: ['docs:*'], ifVersion: 1 })
      assert.deepEqual(changed, { ...made, permissions: ['docs:*'], version: 2 })
      assert.deepEqual(await runOperation(roleGet, context(), { id: made.id }), changed)
      assert.ok((await runOperation(roleList, context())).data.some(({ id }) => id === made.id))
      const late = { id: made.id, name: 'Late', ifVersion: 1 }
      await assert.rejects(runOperation(roleUpdate, context(), late), failure('precondition_failed'))
      const elsewhere = services.contextFor({ realm: await anotherRealm(services) })
      await assert.rejects(runOperation(roleGet, elsewhere, { id: made.id }), failure('not_found'))
      await runOperation(roleDelete, context(), { id: made.id })
      await assert.rejects(runOperation(roleGet, context(), { id: made.id }), failure('not_found'))
      await runOperation(roleCreate, context(), { name: 'Editor' })
      assert.deepEqual(
        (await eventsAbout(context(), made.id)).map(({ type }) => type),
        ['role.created', 'role.updated', 'role.deleted'],
      )
    })

    test('permissions are nouns and verbs, wildcards among what is given but not among what is asked', async () => {
      for (const permission of ['docs', 'docs:', ':read', 'a:b:c', 'a b:c', '**', 'docs:re*', '']) {
        const input = { name: `Role ${++made}`, permissions: [permission] }
        await assert.rejects(runOperation(roleCreate, context(), input), failure('invalid_input'), permission)
      }
      const twice = { name: `Role ${++made}`, permissions: ['a:b', 'a:b'] }
      await assert.rejects(runOperation(roleCreate, context(), twice), failure('invalid_input'))
      for (const permission of ['*', 'docs:*', '*:read', 'docs']) {
        await assert.rejects(check(services.random.id(), permission), failure('invalid_input'), permission)
      }
    })

    test('each wildcard covers what it says, and nothing else', async () => {
      const cases: [string, string[], string[]][] = [
        ['docs:read', ['docs:read'], ['docs:write', 'doc:read', 'Docs:read']],
        ['docs:*', ['docs:read', 'docs:write'], ['doc:read', 'docs2:read']],
        ['*:read', ['docs:read', 'x:read'], ['docs:write']],
        ['*', ['docs:read', 'x:y'], []],
        ['*:*', [], []],
      ]
      for (const [held, covered, not] of cases) {
        const userId = await user()
        assert.equal(await allowed(userId, 'docs:read'), false)
        await assign(await role(held), { userId })
        for (const permission of covered) assert.ok(await allowed(userId, permission), `${held} ${permission}`)
        for (const permission of not) assert.ok(!(await allowed(userId, permission)), `${held} ${permission}`)
      }
    })

    test('a role reaches a user directly and through groups inside groups, and says by what', async () => {
      const [ann, outer, inner, direct, inherited] = [
        await user(),
        await group(),
        await group(),
        await role('docs:read'),
        await role('docs:*', 'files:read'),
      ]
      await runOperation(groupNest, context(), { id: outer, childGroupId: inner })
      await runOperation(groupAddMembers, context(), { id: inner, userIds: [ann] })
      await assign(direct, { userId: ann })
      await assign(inherited, { groupId: outer })
      await assign(inherited, { groupId: outer })
      const { via } = await check(ann, 'docs:read')
      assert.deepEqual(via.map(({ kind, permission, roleId, groupId }) => [kind, permission, roleId, groupId]).sort(), [
        ['group', 'docs:*', inherited, outer],
        ['user', 'docs:read', direct, null],
      ])
      assert.deepEqual((await runOperation(userPermissions, context(), { id: ann })).permissions, [
        'docs:*',
        'docs:read',
        'files:read',
      ])
      const other = services.contextFor({ realm: { ...services.realm, id: services.random.id() } })
      assert.deepEqual(
        (await runOperation(authorizationCheck, other, { userId: ann, permission: 'docs:read' })).via,
        [],
      )
      await runOperation(groupDelete, context(), { id: outer })
      assert.equal(await allowed(ann, 'files:read'), false)
      await runOperation(roleUpdate, context(), { id: direct, permissions: ['files:read'] })
      assert.deepEqual([await allowed(ann, 'docs:read'), await allowed(ann, 'files:read')], [false, true])
      await runOperation(userUpdate, context(), { id: ann, status: 'suspended' })
      assert.equal(await allowed(ann, 'files:read'), false)
      await runOperation(userUpdate, context(), { id: ann, status: 'active' })
      await runOperation(roleUnassign, context(), { id: direct, userId: ann })
      await assert.rejects(runOperation(roleUnassign, context(), { id: direct, userId: ann }), failure('not_found'))
      assert.equal(await allowed(ann, 'files:read'), false)
    })

    test('what a member has in an organization holds there and nowhere else, until the membership ends', async () => {
      const [ann, id] = [await user(), await role('bills:pay')]
      const create = async (slug: string) =>
        (await runOperation(organizationCreate, context(), { name: slug, slug })).id
      const [acme, globex] = [await create('acme'), await create('globex')]
      await assert.rejects(assign(id, { userId: ann, organizationId: acme }), failure('not_found'))
      for (const one of [acme, globex]) {
        await runOperation(organizationAddMember, context(), { id: one, userId: ann, permissions: ['bills:read'] })
      }
      await assign(id, { userId: ann, organizationId: acme })
      assert.ok(await allowed(ann, 'bills:pay', acme))
      assert.equal((await check(ann, 'bills:read', globex)).via[0]?.kind, 'membership')
      assert.deepEqual(
        [await allowed(ann, 'bills:pay'), await allowed(ann, 'bills:pay', globex), await allowed(ann, 'bills:read')],
        [false, false, false],
      )
      const { permissions } = await runOperation(userPermissions, context(), { id: ann, organizationId: acme })
      assert.deepEqual(permissions, ['bills:pay', 'bills:read'])
      await runOperation(organizationRemoveMember, context(), { id: acme, userId: ann })
      await runOperation(organizationAddMember, context(), { id: acme, userId: ann })
      assert.equal(await allowed(ann, 'bills:pay', acme), false)
    })

    test('a role of an organization is listed, given and counted only there, and ends with it', async () => {
      const create = async (slug: string) =>
        (await runOperation(organizationCreate, context(), { name: slug, slug })).id
      const [one, other, ann] = [await create('one'), await create('other'), await user()]
      for (const id of [one, other]) await runOperation(organizationAddMember, context(), { id, userId: ann })
      const make = (organizationId: string, name = 'Payer') =>
        runOperation(roleCreate, context(), { name, permissions: ['bills:settle'], organizationId })
      const own = await make(one)
      assert.equal(own.organizationId, one)
      for (const name of ['Payer', 'PAYER', 'P\u0430yer']) {
        await assert.rejects(make(one, name), failure('already_exists'), name)
      }
      const [others, realms] = [await make(other), await runOperation(roleCreate, context(), { name: 'Payer' })]
      await assert.rejects(runOperation(roleCreate, context(), { name: 'payer' }), failure('already_exists'))
      const second = await make(one, 'Second')
      await assert.rejects(
        runOperation(roleUpdate, context(), { id: second.id, name: 'payer' }),
        failure('already_exists'),
      )
      await runOperation(roleDelete, context(), { id: second.id })
      const listed = async (organizationId?: string) => {
        const { data } = await runOperation(roleList, context(), {
          limit: '200',
          ...(organizationId && { organizationId }),
        })
        return data.filter(({ name }) => name === 'Payer').map(({ id }) => id)
      }
      assert.deepEqual([await listed(), await listed(one), await listed(other)], [[realms.id], [own.id], [others.id]])
      const crew = await group()
      for (const to of [{ userId: ann }, { groupId: crew }, { userId: ann, organizationId: other }]) {
        await assert.rejects(assign(own.id, to), failure('not_found'))
      }
      await assert.rejects(assign(own.id, { userId: await user(), organizationId: one }), failure('not_found'))
      await assign(own.id, { userId: ann, organizationId: one })
      const settles = (organizationId?: string) => allowed(ann, 'bills:settle', organizationId)
      assert.deepEqual([await settles(one), await settles(other), await settles()], [true, false, false])
      const names = (organizationId: string | undefined) =>
        context().read.roles.namesOfUser({ realmId: services.realm.id, organizationId }, ann, 10)
      assert.deepEqual([await names(one), await names(other), await names(undefined)], [['Payer'], [], []])
      const elsewhere = services.contextFor({ realm: await anotherRealm(services) })
      await assert.rejects(
        runOperation(roleCreate, elsewhere, { name: 'Payer', organizationId: one }),
        failure('not_found'),
      )
      await assert.rejects(runOperation(roleList, elsewhere, { organizationId: one }), failure('not_found'))
      const foreignTenant = await anotherTenant(services)
      const foreign = services.contextFor({
        tenantId: foreignTenant,
        realm: await anotherRealm(services, foreignTenant),
      })
      const theirs = { name: 'Payer', organizationId: one }
      await assert.rejects(runOperation(roleCreate, foreign, theirs), failure('not_found'))
      await assert.rejects(runOperation(roleList, foreign, { organizationId: one }), failure('not_found'))
      const to = { id: own.id, userId: ann, organizationId: one }
      await assert.rejects(runOperation(roleAssign, foreign, to), failure('not_found'))
      await runOperation(organizationDelete, context(), { id: one })
      await assert.rejects(runOperation(roleGet, context(), { id: own.id }), failure('not_found'))
      await assert.rejects(make(one), failure('not_found'))
      assert.deepEqual([await settles(one), await listed(), await listed(other)], [false, [realms.id], [others.id]])
    })

    test('assignments are told and listed, and end with the user, the group or the role', async () => {
      const [id, ann, bob, crew] = [await role('a:b'), await user(), await user(), await group()]
      const { id: organizationId } = await runOperation(organizationCreate, context(), { name: 'Org', slug: 'org' })
      await runOperation(organizationAddMember, context(), { id: organizationId, userId: ann })
      for (const to of [{ userId: ann }, { userId: ann, organizationId }, { userId: bob }, { groupId: crew }]) {
        await assign(id, to)
      }
      const list = async () => {
        const found: unknown[] = []
        for (let cursor: string | null | undefined; cursor !== null; ) {
          const page = await runOperation(roleAssignments, context(), { id, limit: '1', ...(cursor && { cursor }) })
          found.push(...page.data.map((one) => [one.kind, one.userId ?? one.groupId, one.organizationId]))
          cursor = page.nextCursor
        }
        return found
      }
      assert.deepEqual(await list(), [
        ['user', ann, null],
        ['organization_member', ann, organizationId],
        ['user', bob, null],
        ['group', crew, null],
      ])
      for (const to of [{}, { userId: ann, groupId: crew }, { groupId: crew, organizationId }]) {
        await assert.rejects(assign(id, to), failure('invalid_input'))
      }
      for (const to of [{ userId: crew }, { groupId: ann }]) await assert.rejects(assign(id, to), failure('not_found'))
      await runOperation(userDelete, context(), { id: ann })
      await runOperation(groupDelete, context(), { id: crew })
      assert.deepEqual(await list(), [['user', bob, null]])
      await assert.rejects(check(ann, 'a:b'), failure('not_found'))
      await runOperation(roleDelete, context(), { id })
      assert.equal(await allowed(bob, 'a:b'), false)
    })
  })
}
