// Checks two servers on one PostgreSQL while one of them is attacked: both ask for proofs of work, and take each once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hostFetch } from '#testing/host-fetch.ts'
import { proven } from '#testing/proof-of-work.ts'
import { makePerson } from '#testing/realm.ts'
import type { TestServer } from '#testing/server.ts'
import { startTwo, type TwoProcesses } from '#testing/two-processes.ts'
import { type PageReply, type Person, UserAgent } from '#testing/user-agent.ts'

let both: TwoProcesses
let ada: Person
before(async () => {
  both = await startTwo()
  ada = await makePerson(both.one, 'ada@example.com')
  await both.one.api('PATCH', '/v1/realms/default', {
    policy: { proof_of_work_threshold: 10, proof_of_work_difficulty: 8 },
  })
})
after(() => both.close())

const at = (server: TestServer) => new UserAgent(both.one.url, hostFetch(server.ports.public))
const open = async (agent: UserAgent) => agent.follow(await agent.request(`${both.one.url}/account`))
const isIn = ({ text }: PageReply) => /<h1>Your account<\/h1>/.test(text)

test('an attack at one process is known at the other, and a proof counts once at both of them', async () => {
  const attacker = at(both.one)
  for (let index = 0; index < 10; index++) {
    const page = await open(attacker)
    assert.equal((await attacker.submit(page, { email: 'nobody@example.com', password: 'wrong' })).status, 400)
  }
  const other = at(both.other)
  const page = await open(other)
  assert.match(page.text, /data-proof/)
  const unproven = await other.submit(page, { ...ada })
  assert.equal(unproven.status, 400)
  assert.match(unproven.text, /before you send the form/)

  const { action, fields } = other.form(page)
  const form = { ...fields, ...proven(fields), email: ada.email }
  const race = await Promise.all(
    [both.one, both.other].map((server) => {
      const cookie = [...other.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      return at(server).request(action, { ...form, password: 'wrong' }, { cookie })
    }),
  )
  const texts = race.map(({ text }) => /do not match|The computation was missing/.exec(text)?.[0])
  assert.deepEqual(texts.sort(), ['The computation was missing', 'do not match'])

  const again = await open(other)
  assert.ok(isIn(await other.submit(again, { ...ada, ...proven(other.form(again).fields) })))
  const { data } = await both.other.api<{ data: { type: string }[] }>('GET', '/v1/events?type=realm.attack_began')
  assert.equal(data.length, 1)
})
