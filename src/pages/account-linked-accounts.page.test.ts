// Checks the page of the linked accounts, and the operations of administrators on them.
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { startExternalProvider, type TestProvider } from '#testing/external-provider.ts'
import { type End, ExternalVisits, isSignedIn } from '#testing/external-visit.ts'
import { makeClient, makePerson } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const REALM = '/v1/realms/default'

let server: TestServer
let idp: TestProvider
let visits: ExternalVisits
before(async () => {
  idp = await startExternalProvider()
  server = await startServer()
  visits = new ExternalVisits(server, idp, await makeClient(server))
  visits.providerId = await visits.makeProvider({ domains: ['acme.example'], trust_domains: true })
})
after(async () => {
  await server.stop()
  await idp.stop()
})

interface Linked {
  readonly id: string
  readonly subject: string
}
const linkedOf = async (userId: string) =>
  (await server.api<{ data: readonly Linked[] }>('GET', `${REALM}/users/${userId}/linked-accounts`)).data
const open = (agent: UserAgent) =>
  agent.request(`${server.url}/account/linked-accounts`).then((page) => agent.follow(page))

/** A browser in which somebody signed in by password, at the page. */
async function visitor(person: Person): Promise<{ readonly agent: UserAgent; readonly page: End }> {
  const agent = new UserAgent(server.url)
  return { agent, page: await agent.submit(await open(agent), { ...person }) }
}

/** Presses the button of the page, up to the answer of the provider. */
async function link(agent: UserAgent, page: End): Promise<string> {
  assert.match(page.text, /Link <bdi>Acme/)
  return (await visits.press(agent, page, { decision: 'link', provider: visits.providerId })).back
}

test('people link an account, sign in with it, and unlink it', async () => {
  const ada = await makePerson(server, 'ada@elsewhere.example')
  const { agent, page } = await visitor(ada)
  idp.person = { sub: 'ada-1', email: 'ada@private.example' }
  const linked = await visits.arrive(agent, await link(agent, page))
  assert.match(linked.text, /Done\. The change is saved\.[\s\S]*ada@private\.example/)
  assert.doesNotMatch(linked.text, /Link <bdi>Acme/)
  assert.equal(isSignedIn((await visits.signIn()).agent), true)
  const [account] = await linkedOf(ada.id)
  assert.equal(account?.subject, 'ada-1')
  const other = await visitor(ada)
  const unlinked = await agent.submit(await open(agent), { decision: 'unlink', linked_account: account?.id ?? '' })
  assert.match(unlinked.text, /You have linked no account/)
  assert.match((await open(other.agent)).text, /name="password"/, 'the other session has ended')
  assert.equal(isSignedIn((await visits.signIn()).agent), false)
})

test('FE-03 an account is linked only in the session that asked, and to one user', async () => {
  const [victim, attacker] = [
    await makePerson(server, 'grace@elsewhere.example'),
    await makePerson(server, 'eve@elsewhere.example'),
  ]
  const [theirs, own] = [await visitor(attacker), await visitor(victim)]
  idp.person = { sub: 'eve-1' }
  const back = await link(theirs.agent, theirs.page)
  assert.equal((await visits.arrive(own.agent, back)).status, 403, 'in the browser of somebody else')
  // The victim signs in in the browser that asked.
  await theirs.agent
    .request(`${server.url}/sign-out`)
    .then((page) => theirs.agent.submit(page, { decision: 'sign_out' }))
  await theirs.agent.submit(await open(theirs.agent), { ...victim })
  assert.equal((await visits.arrive(theirs.agent, back)).status, 403, 'in another session')
  assert.deepEqual([await linkedOf(victim.id), await linkedOf(attacker.id)], [[], []])

  await visits.arrive(own.agent, await link(own.agent, await open(own.agent)))
  const again = await visitor(attacker)
  const taken = await visits.arrive(again.agent, await link(again.agent, again.page))
  assert.deepEqual([taken.status, /linked to another account/.test(taken.text)], [409, true])
  const forged = await again.agent.request(`${server.url}/account/linked-accounts`, { decision: 'link', csrf: 'x' })
  assert.equal(forged.status, 403)
  const [account] = await linkedOf(victim.id)
  const foreign = await again.agent.submit(await open(again.agent), {
    decision: 'unlink',
    linked_account: account?.id ?? '',
  })
  assert.equal(foreign.status, 404)
})

test('who has no other way to sign in cannot unlink the last account; administrators can', async () => {
  idp.person = { sub: 'only-1', email: 'only@acme.example', email_verified: true }
  const { agent: silent } = await visits.signIn()
  assert.match((await open(silent)).text, /Continue with/, 'the provider did not say when the sign-in was')
  const { agent } = await visits.signIn({ max_age: '600' })
  const page = await open(agent)
  const { data } = await server.api<{ data: { id: string }[] }>('GET', `${REALM}/users?search=only@acme.example`)
  const id = data[0]?.id ?? ''
  const [account] = await linkedOf(id)
  const refused = await agent.submit(page, { decision: 'unlink', linked_account: account?.id ?? '' })
  assert.match(refused.text, /only way to sign in/)
  assert.equal((await linkedOf(id)).length, 1)
  await server.api('DELETE', `${REALM}/users/${id}/linked-accounts/${account?.id}`)
  const gone = await server.call('DELETE', `${REALM}/users/${id}/linked-accounts/${account?.id}`)
  assert.equal(gone.status, 404)
  assert.match((await open(agent)).text, /name="password"/, 'the session has ended')
})

test('FE-14 nothing of the tokens of the provider is stored', async () => {
  idp.person = { sub: 'stored-1', email: 'stored@acme.example', email_verified: true }
  await visits.signIn()
  const database = new DatabaseSync(`${server.dataDir}/countersign.sqlite`, { readOnly: true })
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all()
  const rows = tables.flatMap(({ name }) => database.prepare(`select * from "${name}"`).all())
  database.close()
  const text = JSON.stringify(rows)
  assert.match(text, /stored@acme\.example/)
  for (const secret of [...idp.issued, idp.clientSecret]) assert.ok(!text.includes(secret))
  assert.ok(idp.issued.length > 0)
})
