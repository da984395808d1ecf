// Checks the operations on organizations.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, anotherTenant, eventsAbout } from '#testing/domain-fixtures.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { userCreate, userDelete } from '../user/user.operations.ts'
import { invitationAccept, invitationCreate, invitationList, invitationRevoke } from './invitation.operations.ts'
import {
  organizationAddMember,
  organizationCreate,
  organizationDelete,
  organizationGet,
  organizationList,
  organizationMembers,
  organizationRemoveMember,
  organizationUpdate,
  organizationUpdateMember,
  userOrganizations,
} from './organization.operations.ts'

const ACCEPT_URL = 'https://app.example/join?from=mail'

for (const dialect of DIALECTS) {
  describe(`organizations on ${dialect}`, () => {
    let services: TestServices
    let made = 0
    before(async () => {
      services = await openTestServices({ database: dialect })
    })
    after(() => services.close())

    const context = () => services.contextFor()
    const person = () => runOperation(userCreate, context(), { email: `user-${++made}@example.com` })
    const user = async () => (await person()).id
    const organization = async () =>
      (await runOperation(organizationCreate, context(), { name: 'Acme', slug: `acme-${++made}` })).id
    const add = (id: string, userId: string, role = 'member') =>
      runOperation(organizationAddMember, context(), { id, userId, role })
    const rolesIn = async (id: string) => {
      const { data } = await runOperation(organizationMembers, context(), { id, limit: '200' })
      return Object.fromEntries(data.map(({ userId, role }) => [userId, role]))
    }
    const invite = async (id: string, email: string, more: object = {}) => {
      const made = await runOperation(invitationCreate, context(), { id, email, acceptUrl: ACCEPT_URL, ...more })
      return { ...made, token: new URL(made.acceptUrl ?? '').searchParams.get('invitation') ?? '' }
    }
    const accept = (token: string, userId: string) => runOperation(invitationAccept, context(), { token, userId })

    test('an organization is created, shown, changed under its version and deleted, and each is told of', async () => {
      const given = { name: 'Umbrella', slug: 'umbrella', logoUrl: 'https://u.example/logo.png', settings: { a: [1] } }
      const made = await runOperation(organizationCreate, context(), given)
      const { tenantId, realm, clock } = services
      const times = { createdAt: clock.now(), updatedAt: clock.now() }
      assert.deepEqual(made, { ...given, id: made.id, tenantId, directoryId: realm.directoryId, version: 1, ...times })
      const changed = await runOperation(organizationUpdate, context(), { id: made.id, logoUrl: null, ifVersion: 1 })
      assert.deepEqual(changed, { ...made, logoUrl: null, version: 2 })
      assert.deepEqual(await runOperation(organizationGet, context(), { id: made.id }), changed)
      assert.ok((await runOperation(organizationList, context())).data.some(({ id }) => id === made.id))
      const late = { id: made.id, name: 'Late', ifVersion: 1 }
      await assert.rejects(runOperation(organizationUpdate, context(), late), failure('precondition_failed'))
      await runOperation(organizationDelete, context(), { id: made.id })
      await assert.rejects(runOperation(organizationGet, context(), { id: made.id }), failure('not_found'))
      assert.deepEqual(
        (await eventsAbout(context(), made.id)).map(({ type }) => type),
        ['organization.created', 'organization.updated', 'organization.deleted'],
      )
    })

    test('settings that would require second factors, which do not exist, are refused', async () => {
      for (const settings of [{ mfa: { required: true } }, { mfa: true }, { mfa_required: true }]) {
        const given = { name: 'Strict', settings }
        await assert.rejects(runOperation(organizationCreate, context(), given), failure('invalid_input'))
      }
      const { settings } = await runOperation(organizationCreate, context(), { name: 'Mild', settings: { mfa: false } })
      assert.deepEqual(settings, { mfa: false })
    })

    test('a slug is one organization’s in its tenant, until it is deleted', async () => {
      const one = { name: 'One', slug: 'initech' }
      const { id } = await runOperation(organizationCreate, context(), one)
      await assert.rejects(runOperation(organizationCreate, context(), one), failure('already_exists'))
      const other = await organization()
      await assert.rejects(
        runOperation(organizationUpdate, context(), { id: other, slug: 'initech' }),
        failure('already_exists'),
      )
      const sibling = services.contextFor({ realm: await anotherRealm(services) })
      await assert.rejects(runOperation(organizationCreate, sibling, one), failure('already_exists'))
      const foreign = services.contextFor({ realm: await anotherRealm(services, await anotherTenant(services)) })
      await runOperation(organizationCreate, foreign, one)
      await runOperation(organizationDelete, context(), { id })
      await runOperation(organizationCreate, context(), one)
    })

    test('members are added once, with a role and permissions, listed, changed and removed', async () => {
      const [id, ann] = [await organization(), await person()]
      const input = { id, userId: ann.id, role: 'billing', permissions: ['bills:*'] }
      const member = await runOperation(organizationAddMember, context(), input)
      const expected = { userId: ann.id, email: ann.email, name: null, role: 'billing', permissions: ['bills:*'] }
      assert.deepEqual(member, { ...expected, joinedAt: services.clock.now() })
      await assert.rejects(runOperation(organizationAddMember, context(), input), failure('already_exists'))
      assert.deepEqual((await runOperation(organizationMembers, context(), { id })).data, [member])
      const change = { id, userId: ann.id, permissions: [] }
      assert.deepEqual(await runOperation(organizationUpdateMember, context(), change), { ...member, permissions: [] })
      const [mine] = (await runOperation(userOrganizations, context(), { id: ann.id })).data
      assert.deepEqual([mine?.id, mine?.role], [id, 'billing'])
      await runOperation(organizationRemoveMember, context(), { id, userId: ann.id })
      await assert.rejects(
        runOperation(organizationRemoveMember, context(), { id, userId: ann.id }),
        failure('not_found'),
      )
      await assert.rejects(runOperation(organizationUpdateMember, context(), change), failure('not_found'))
      await add(id, ann.id)
      await runOperation(userDelete, context(), { id: ann.id })
      assert.deepEqual(await rolesIn(id), {})
    })

    test('what is another directory’s or tenant’s is not there', async () => {
      const [id, ann] = [await organization(), await user()]
      const { id: invitationId, token } = await invite(id, 'stranger@example.com')
      for (const tenantId of [services.tenantId, await anotherTenant(services)]) {
        const there = services.contextFor({ realm: await anotherRealm(services, tenantId) })
        const { id: stranger } = await runOperation(userCreate, there, { email: 'stranger@example.com' })
        await assert.rejects(add(id, stranger), failure('not_found'))
        await assert.rejects(accept(token, stranger), failure('not_found'))
        for (const [operation, input] of [
          [organizationGet, { id }],
          [organizationUpdate, { id, name: 'Mine' }],
          [organizationDelete, { id }],
          [organizationAddMember, { id, userId: stranger }],
          [organizationMembers, { id }],
          [organizationUpdateMember, { id, userId: ann, role: 'admin' }],
          [organizationRemoveMember, { id, userId: ann }],
          [invitationCreate, { id, email: 'x@example.com', acceptUrl: ACCEPT_URL }],
          [invitationList, { id }],
          [invitationRevoke, { id, invitationId }],
          [invitationAccept, { token, userId: stranger }],
          [userOrganizations, { id: ann }],
        ] as const) {
          await assert.rejects(runOperation(operation as typeof organizationGet, there, input), failure('not_found'))
        }
      }
      assert.deepEqual(await rolesIn(id), {})
    })

    test('the last admin stays, even where two let each other go at once', async () => {
      const [id, ann, bob] = [await organization(), await user(), await user()]
      await add(id, ann, 'admin')
      await assert.rejects(runOperation(organizationRemoveMember, context(), { id, userId: ann }), failure('conflict'))
      const demotion = { id, userId: ann, role: 'member' }
      await assert.rejects(runOperation(organizationUpdateMember, context(), demotion), failure('conflict'))
      await runOperation(organizationUpdateMember, context(), { id, userId: ann, permissions: ['a:b'] })
      for (let round = 0; round < 5; round++) {
        await add(id, bob, 'admin')
        const outcomes = await Promise.allSettled([
          runOperation(organizationUpdateMember, context(), demotion),
          runOperation(organizationRemoveMember, context(), { id, userId: bob }),
        ])
        assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
        assert.equal(Object.values(await rolesIn(id)).filter((role) => role === 'admin').length, 1)
        if ((await rolesIn(id))[bob]) {
          await runOperation(organizationUpdateMember, context(), { id, userId: ann, role: 'admin' })
          await runOperation(organizationRemoveMember, context(), { id, userId: bob })
        }
      }
    })

    test('an invitation’s token is sent to no page that others could read it at, or be mistaken for', async () => {
      const id = await organization()
      for (const [acceptUrl, flaw] of [
        ['http://app.example/join', /another machine/],
        ['https://bank.example@evil.example/join', /user information/],
        ['https://app.example/join#at', /fragment/],
        ['https://app.example\\@evil.example/join', /backslash/],
      ] as const) {
        const email = `guest-${++made}@example.com`
        await assert.rejects(invite(id, email, { acceptUrl }), { code: 'invalid_input', message: flaw })
      }
      const local = await invite(id, `guest-${++made}@example.com`, { acceptUrl: 'http://127.0.0.1:3000/join' })
      assert.match(local.acceptUrl ?? '', /^http:\/\/127\.0\.0\.1:3000\/join\?invitation=/)
    })

    test('RC-10 an invitation is accepted once, by who has the address, of 20 who try at once', async () => {
      const [id, ann, bob] = [await organization(), await person(), await user()]
      const { token, ...made } = await invite(id, ann.email.toUpperCase(), { role: 'admin', permissions: ['a:b'] })
      assert.match(made.acceptUrl ?? '', /^https:\/\/app\.example\/join\?from=mail&invitation=[\w-]{43}$/)
      await assert.rejects(accept('x'.repeat(43), ann.id), failure('not_found'))
      await assert.rejects(accept(token, bob), failure('conflict'))
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => accept(token, ann.id)))
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
      assert.equal(refused.length, 19)
      for (const { reason } of refused) failure('expired')(reason)
      const { data } = await runOperation(organizationMembers, context(), { id })
      assert.deepEqual(
        data.map(({ userId, role, permissions }) => [userId, role, permissions]),
        [[ann.id, 'admin', ['a:b']]],
      )
      const list = (await runOperation(invitationList, context(), { id })).data
      assert.deepEqual(
        list.map(({ status, acceptedAt }) => [status, acceptedAt]),
        [['accepted', services.clock.now()]],
      )
      const events = await eventsAbout(context(), made.id)
      assert.deepEqual(
        events.map(({ type }) => type),
        ['invitation.created', 'invitation.accepted'],
      )
      assert.ok(!JSON.stringify([list, events]).includes(token))
      const again = await invite(id, ann.email)
      await assert.rejects(accept(again.token, ann.id), failure('already_exists'))
    })

    test('an address has one pending invitation; revoked, expired or orphaned, it is worth nothing', async () => {
      const [id, ann] = [await organization(), await person()]
      const first = await invite(id, ann.email)
      await assert.rejects(invite(id, ann.email.toUpperCase()), failure('already_exists'))
      await runOperation(invitationRevoke, context(), { id, invitationId: first.id })
      await assert.rejects(
        runOperation(invitationRevoke, context(), { id, invitationId: first.id }),
        failure('not_found'),
      )
      await assert.rejects(accept(first.token, ann.id), failure('expired'))
      const second = await invite(id, ann.email, { lifetime: 60 })
      services.clock.advance(60_000)
      await assert.rejects(accept(second.token, ann.id), failure('expired'))
      const third = await invite(id, ann.email)
      assert.deepEqual(
        (await runOperation(invitationList, context(), { id })).data.map(({ status }) => status),
        ['revoked', 'expired', 'pending'],
      )
      await runOperation(organizationDelete, context(), { id })
      await assert.rejects(accept(third.token, ann.id), failure('not_found'))
    })
  })
}
