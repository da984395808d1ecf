// Checks over http that sign-ins at a provider give the groups and roles of its mapping, and take away only those.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { DIALECTS } from '#testing/databases.ts'
import { startExternalProvider, type TestProvider } from '#testing/external-provider.ts'
import { ExternalVisits, isSignedIn } from '#testing/external-visit.ts'
import { postgresForTests } from '#testing/postgres.ts'
import { makeClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'

const REALM = '/v1/realms/default'

interface Made {
  readonly id: string
  readonly member_count?: number
}
interface Listed<T> {
  readonly data: readonly T[]
}

for (const dialect of DIALECTS) {
  describe(`group mappings on ${dialect}`, () => {
    let server: TestServer
    let idp: TestProvider
    let visits: ExternalVisits
    let close = async () => {}
    let [engineers, readers, billing] = ['', '', '']
    before(async () => {
      const database = dialect === 'postgres' ? await postgresForTests() : undefined
      idp = await startExternalProvider()
      server = await startServer({ env: database ? { COUNTERSIGN_DATABASE_URL: database.url } : {} })
      close = async () => {
        await server.stop()
        await idp.stop()
        await database?.close()
      }
      visits = new ExternalVisits(server, idp, await makeClient(server))
      engineers = await make('groups', { name: 'Engineers' })
      readers = await make('groups', { name: 'Readers' })
      billing = await make('roles', { name: 'Billing', permissions: ['invoices:read'] })
    })
    after(() => close())
    beforeEach(async () => {
      visits.providerId = await visits.makeProvider({
        domains: ['acme.example'],
        trust_domains: true,
        group_mapping: RULES(),
      })
    })

    const make = async (of: string, given: object) => (await server.api<Made>('POST', `${REALM}/${of}`, given)).id
    const RULES = () => [
      { claim: 'groups', value: 'eng', group_id: engineers },
      { claim: 'groups', match: 'prefix', value: 'read-', group_id: readers },
      { claim: 'realm_access.roles', match: 'contains', value: 'billing', role_id: billing },
    ]

    /** Signs a person in. @param said besides the subject and the address @returns the id of the user */
    async function signIn(name: string, said: object): Promise<string> {
      const email = `${name}@acme.example`
      idp.person = { sub: name, email, email_verified: true, ...said }
      assert.ok(isSignedIn((await visits.signIn()).agent))
      const { data } = await server.api<Listed<Made>>('GET', `${REALM}/users?search=${email}`)
      return data[0]?.id ?? ''
    }
    const groupsOf = async (id: string) =>
      (await server.api<Listed<{ name: string }>>('GET', `${REALM}/users/${id}/groups`)).data
        .map(({ name }) => name)
        .toSorted()
    const permissionsOf = async (id: string, more = '') =>
      (await server.api<{ permissions: string[] }>('GET', `${REALM}/users/${id}/permissions${more}`)).permissions
    const lastEvent = async (type: string) =>
      (await server.api<Listed<{ actor: { id: string }; subject: Made }>>('GET', `/v1/events?type=${type}`)).data[0]

    test('a first sign-in gives what the rules say, a later one takes it away, and each is an event', async () => {
      const id = await signIn('ada', { groups: ['eng', 'read-all'], realm_access: { roles: ['the-billing-team'] } })
      assert.deepEqual([await groupsOf(id), await permissionsOf(id)], [['Engineers', 'Readers'], ['invoices:read']])
      assert.equal((await lastEvent('role.assigned'))?.subject.id, billing)
      const added = (await lastEvent('group.members_added'))?.subject.id
      assert.ok(added === engineers || added === readers)
      await signIn('ada', { groups: 'eng', realm_access: 'billing' })
      assert.deepEqual([await groupsOf(id), await permissionsOf(id)], [['Engineers'], []])
      assert.equal((await lastEvent('group.member_removed'))?.subject.id, readers)
      assert.equal((await lastEvent('role.unassigned'))?.subject.id, billing)
      await signIn('ada', { groups: { eng: true }, 'realm_access.roles': ['Billing', 'billing'] })
      assert.deepEqual([await groupsOf(id), await permissionsOf(id)], [[], ['invoices:read']])
      await visits.changeProvider({ group_mapping: [] })
      await signIn('ada', { realm_access: { roles: ['billing'] } })
      assert.deepEqual(await permissionsOf(id), [], 'a rule that is gone gives nothing')
    })

    test('what an administrator or another provider gave stays', async () => {
      const id = await signIn('bob', {})
      await server.api('POST', `${REALM}/groups/${engineers}/members`, { user_ids: [id] })
      await signIn('bob', { groups: ['eng', 'read-all'] })
      const first = visits.providerId
      visits.providerId = await visits.makeProvider({
        ...{ name: 'Other', domains: ['acme.example'], trust_domains: true },
        group_mapping: [{ claim: 'groups', match: 'prefix', value: 'read-', group_id: readers }],
      })
      await signIn('bob', { groups: ['read-all'] })
      const other = visits.providerId
      visits.providerId = first
      await signIn('bob', {})
      assert.deepEqual(await groupsOf(id), ['Engineers', 'Readers'])
      visits.providerId = other
      await signIn('bob', {})
      assert.deepEqual(await groupsOf(id), ['Engineers'])
    })

    test('an account that is unlinked loses what came by it', async () => {
      const id = await signIn('cy', { groups: ['eng'] })
      await server.api('POST', `${REALM}/groups/${readers}/members`, { user_ids: [id] })
      const accounts = `${REALM}/users/${id}/linked-accounts`
      const { data } = await server.api<Listed<Made>>('GET', accounts)
      await server.api('DELETE', `${accounts}/${data[0]?.id}`)
      assert.deepEqual(await groupsOf(id), ['Readers'])
    })

    test('sign-ins at the same time count every member once', async () => {
      const team = await make('groups', { name: `Team ${dialect}` })
      await visits.changeProvider({ group_mapping: [{ claim: 'groups', value: 'eng', group_id: team }] })
      const arrivals = []
      for (const name of ['dan', 'dan', 'eve', 'fay']) {
        idp.person = { sub: name, email: `${name}@acme.example`, email_verified: true, groups: ['eng'] }
        const { agent, page } = await visits.begin()
        arrivals.push({ agent, back: (await visits.press(agent, page)).back })
      }
      const removal = server.call('DELETE', `${REALM}/groups/${team}`)
      await Promise.all(arrivals.map(({ agent, back }) => visits.arrive(agent, back)))
      assert.equal((await removal).status, 409, 'a mapping names it')
      assert.equal((await server.api<Made>('GET', `${REALM}/groups/${team}`)).member_count, 3)
    })

    test('who may not give a group or role cannot have a mapping give it, and nothing unknown is given', async () => {
      const path = `${REALM}/identity-providers/${visits.providerId}`
      const keyOf = async (permissions: string[]) =>
        (await server.api<{ key: string }>('POST', '/v1/api-keys', { name: 'k', permissions, reach: 'tenant' })).key
      const needed = ['identity-providers:read', 'identity-providers:write', 'credentials:write']
      const [plain, grouping] = [await keyOf(needed), await keyOf([...needed, 'groups:write'])]
      const [, forReaders, forRole] = RULES()
      const save = async (key: string | undefined, rules: unknown) =>
        (await server.call('PATCH', path, { ...(key && { key }), body: { group_mapping: rules } })).status
      assert.equal(await save(plain, [forReaders]), 403)
      assert.equal(await save(plain, []), 403, 'to take away is the same')
      assert.equal(await save(plain, RULES()), 200, 'nothing changes')
      assert.equal(await save(grouping, [forReaders]), 403, 'the role goes')
      assert.equal(await save(undefined, [forReaders]), 200)
      assert.equal(await save(grouping, []), 200)
      assert.equal(await save(grouping, [forRole]), 403)
      await server.api('POST', `${REALM}/roles/${billing}/assign`, { group_id: engineers })
      assert.equal(await save(grouping, [RULES()[0]]), 403, 'the group has a role')
      await server.api('POST', `${REALM}/roles/${billing}/unassign`, { group_id: engineers })
      assert.equal(await save(undefined, [{ claim: 'a', value: 'b', group_id: billing }]), 400)
      assert.equal(await save(undefined, [{ ...forReaders, role_id: billing }]), 400, 'two gifts')
      assert.equal(await save(undefined, [{ claim: 'a', value: 'b' }]), 400, 'no gift')
      const ofOrganization = { claim: 'a', value: 'b', organization_role_id: billing }
      assert.equal(await save(undefined, [ofOrganization]), 400, 'it is a provider of the realm')
      assert.equal(await save(undefined, Array(101).fill(forReaders)), 400)
      const gone = await make('roles', { name: `Gone ${dialect}`, permissions: [] })
      await server.api('DELETE', `${REALM}/roles/${gone}`)
      assert.equal(await save(undefined, [{ claim: 'a', value: 'b', role_id: gone }]), 400)
      const owners = [await make('organizations', { name: 'Own' }), await make('organizations', { name: 'Other' })]
      const owned = await make('roles', { name: 'Owned', organization_id: owners[0] })
      assert.equal(await save(undefined, [{ claim: 'a', value: 'b', role_id: owned }]), 400, 'it is an organization’s')
      for (const [at, status] of [201, 400].entries()) {
        const body = {
          ...{ name: `Of ${at}`, provider_type: 'oidc', client_id: 'countersign', client_secret: 'secret' },
          ...{ issuer: idp.issuer, organization_id: owners[at] },
          group_mapping: [{ claim: 'a', value: 'b', organization_role_id: owned }],
        }
        const reply = await server.call('POST', `${REALM}/identity-providers`, { key: server.adminKey, body })
        assert.equal(reply.status, status, JSON.stringify(reply.body))
      }
      const { group_mapping: rules } = await server.api<{ group_mapping: unknown[] }>('GET', path)
      assert.deepEqual(rules, [])
    })
  })
}
