// Checks the claim that names the groups of a person.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { groupAddMembers, groupCreate, groupNest } from '#domain/group/group.operations.ts'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { runOperation } from '#testing/run-operation.ts'
import { codeFor, exchangeCode, refreshWith, userinfo } from '#testing/token-client.ts'
import { claimsOf } from './jwt.ts'

let fixture: AuthorizationFixture
before(async () => {
  fixture = await openAuthorizationFixture()
})
after(() => fixture.close())

const make = async (name: string) => (await runOperation(groupCreate, fixture.services.contextFor(), { name })).id
const join = (id: string) =>
  runOperation(groupAddMembers, fixture.services.contextFor(), { id, userIds: [fixture.ada.id] })
const idTokenOf = ({ body }: { body: Readonly<Record<string, unknown>> }) => claimsOf(String(body.id_token)) ?? {}

test('the scope groups tells a client the names of all groups that a person belongs to, as of now', async () => {
  const [staff, crew] = [await make('Staff'), await make('Crew')]
  await make('Strangers')
  await runOperation(groupNest, fixture.services.contextFor(), { id: staff, childGroupId: crew })
  await join(crew)
  const client = await fixture.makeClient({ scopes: ['openid', 'email', 'groups'], firstParty: true })
  const code = await codeFor(fixture, client, { scope: 'openid groups' })
  const answer = await exchangeCode(fixture, client, code)
  assert.equal(answer.body.scope, 'openid groups')
  assert.deepEqual(idTokenOf(answer).groups, ['Crew', 'Staff'])
  assert.deepEqual((await userinfo(fixture, String(answer.body.access_token))).body.groups, ['Crew', 'Staff'])

  await join(await make('Board'))
  assert.deepEqual((await userinfo(fixture, String(answer.body.access_token))).body.groups, ['Board', 'Crew', 'Staff'])
  const refreshed = await refreshWith(fixture, client, String(answer.body.refresh_token))
  assert.deepEqual(idTokenOf(refreshed).groups, ['Board', 'Crew', 'Staff'])

  for (let index = 0; index < 200; index++) await join(await make(`All ${1000 + index}`))
  const { body } = await userinfo(fixture, String(answer.body.access_token))
  assert.equal((body.groups as string[]).length, 200)
  assert.equal((body.groups as string[]).at(-1), 'All 1199')
})

test('without the scope nobody hears of groups, and a client that may not have it does not get it', async () => {
  const client = await fixture.makeClient({ scopes: ['openid', 'groups'], firstParty: true })
  const answer = await exchangeCode(fixture, client, await codeFor(fixture, client, { scope: 'openid' }))
  assert.equal(idTokenOf(answer).groups, undefined)
  assert.equal((await userinfo(fixture, String(answer.body.access_token))).body.groups, undefined)
  const more = await exchangeCode(
    fixture,
    fixture.client,
    await codeFor(fixture, fixture.client, { scope: 'openid groups' }),
  )
  assert.deepEqual([more.body.scope, idTokenOf(more).groups], ['openid', undefined])
})
