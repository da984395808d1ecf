import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { groupAddMembers, groupCreate, groupNest } from '#domain/group/group.operations.ts'
import { run } from '#testing/run.ts'
import { type Scene, setScene } from '#testing/scene.ts'
import { codeFor, exchangeCode, refreshWith, userinfo } from '#testing/token-client.ts'
import { claimsOf } from './jwt.ts'

let scene: Scene
before(async () => {
  scene = await setScene()
})
after(() => scene.close())

const make = async (name: string) => (await run(groupCreate, scene.house.contextFor(), { name })).id
const join = (id: string) => run(groupAddMembers, scene.house.contextFor(), { id, userIds: [scene.ada.id] })
const idTokenOf = ({ body }: { body: Readonly<Record<string, unknown>> }) => claimsOf(String(body.id_token)) ?? {}

test('the scope groups tells a client the names of all groups that a person belongs to, as of now', async () => {
  const [staff, crew] = [await make('Staff'), await make('Crew')]
  await make('Strangers')
  await run(groupNest, scene.house.contextFor(), { id: staff, childGroupId: crew })
  await join(crew)
  const client = await scene.makeClient({ scopes: ['openid', 'email', 'groups'], firstParty: true })
  const code = await codeFor(scene, client, { scope: 'openid groups' })
  const answer = await exchangeCode(scene, client, code)
  assert.equal(answer.body.scope, 'openid groups')
  assert.deepEqual(idTokenOf(answer).groups, ['Crew', 'Staff'])
  assert.deepEqual((await userinfo(scene, String(answer.body.access_token))).body.groups, ['Crew', 'Staff'])

  await join(await make('Board'))
  assert.deepEqual((await userinfo(scene, String(answer.body.access_token))).body.groups, ['Board', 'Crew', 'Staff'])
  const refreshed = await refreshWith(scene, client, String(answer.body.refresh_token))
  assert.deepEqual(idTokenOf(refreshed).groups, ['Board', 'Crew', 'Staff'])

  for (let index = 0; index < 200; index++) await join(await make(`All ${1000 + index}`))
  const { body } = await userinfo(scene, String(answer.body.access_token))
  assert.equal((body.groups as string[]).length, 200)
  assert.equal((body.groups as string[]).at(-1), 'All 1199')
})

test('without the scope nobody hears of groups, and a client that may not have it is refused it', async () => {
  const client = await scene.makeClient({ scopes: ['openid', 'groups'], firstParty: true })
  const answer = await exchangeCode(scene, client, await codeFor(scene, client, { scope: 'openid' }))
  assert.equal(idTokenOf(answer).groups, undefined)
  assert.equal((await userinfo(scene, String(answer.body.access_token))).body.groups, undefined)
  const visitor = scene.visitor()
  const { headers } = await visitor.get('/oauth/authorize', scene.request({ scope: 'openid groups' }))
  assert.match(String(headers.location), /error=invalid_scope/)
})
