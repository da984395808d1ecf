// Checks over HTTP whom the failed sign-ins of others can keep out.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { getCode, makeClient, makePerson, proofKey, REDIRECT_URI, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type PageReply, type Person, UserAgent } from '#testing/user-agent.ts'

const NETWORK_LIMIT = 12
const ACCOUNT_LIMIT = 3

let server: TestServer
let client: TestClient

before(async () => {
  server = await startServer({
    env: {
      COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1',
      COUNTERSIGN_SIGN_IN_ACCOUNT_LIMIT: String(ACCOUNT_LIMIT),
      COUNTERSIGN_SIGN_IN_NETWORK_LIMIT: String(NETWORK_LIMIT),
    },
  })
  client = await makeClient(server)
})
after(() => server.stop())

/** A browser without cookies at an address, behind the trusted proxy. */
function newBrowserAt(ip: string): UserAgent {
  return new UserAgent(server.url, (input, init) =>
    fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), 'x-forwarded-for': ip } }),
  )
}

/** Enters a password in a browser that nobody knows. @returns the status; 303 leads back to the client */
async function enter(ip: string, person: Person): Promise<number> {
  return (await enterIn(newBrowserAt(ip), person)).status
}

/** What a browser that nobody knows shows after a password, without what differs each time. */
async function answerTo(ip: string, person: Person): Promise<{ status: number; text: string }> {
  const { status, text } = await enterIn(newBrowserAt(ip), person)
  return { status, text: text.replaceAll(/value="[^"]*"|nonce="[^"]*"/g, '') }
}

async function enterIn(
  browser: UserAgent,
  person: Person,
  parameters: Record<string, string> = {},
): Promise<PageReply> {
  const query = new URLSearchParams({
    ...parameters,
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    code_challenge: proofKey().challenge,
    code_challenge_method: 'S256',
  })
  const page = await browser.follow(await browser.request(`${server.url}/oauth/authorize?${query}`))
  const { action, fields } = browser.form(page)
  return browser.request(action, { ...fields, email: person.email, password: person.password })
}

const wrong = (email: string): Person => ({ email, password: 'wrong' })

/** Signs in once, so that the network is usual for the person. */
async function makeUsual(ip: string, person: Person): Promise<void> {
  await getCode(server, client, person, {}, newBrowserAt(ip))
}

test('EN-01 whoever used up a budget of attempts does not learn who signed in from the network', async () => {
  const [ada, bob] = [await makePerson(server, 'ada@example.com'), await makePerson(server, 'bob@example.com')]
  const known = newBrowserAt('198.51.100.7')
  await getCode(server, client, ada, {}, known)
  const names = [ada.email, bob.email, 'nobody@example.com']
  const attempts = async (ip: string) => {
    const answers: string[] = []
    for (const name of names) answers.push(JSON.stringify(await answerTo(ip, wrong(name))).replaceAll(name, ''))
    return new Set(answers)
  }
  for (let index = 0; index < NETWORK_LIMIT; index++) {
    assert.equal(await enter('198.51.100.9', wrong(`nobody-${index}@example.com`)), 400)
  }
  const inNetwork = await attempts('198.51.100.9')
  assert.equal(inNetwork.size, 1, [...inNetwork].join('\n'))
  assert.match([...inNetwork].join(), /^\{"status":429/)
  for (const name of names) {
    for (let index = 0; index < ACCOUNT_LIMIT; index++) await enter('192.0.2.200', wrong(name))
  }
  const inAccount = await attempts('198.51.100.10')
  assert.equal(inAccount.size, 1, [...inAccount].join('\n'))
  assert.match([...inAccount].join(), /^\{"status":429/)
  assert.equal((await enterIn(newBrowserAt('198.51.100.9'), bob)).status, 429, 'who never signed in there waits')
  assert.equal((await enterIn(known, ada, { prompt: 'login' })).status, 303, 'nobody keeps out a browser that is known')
})

test('who is locked out by failures elsewhere can sign in from a usual network, in either IP version', async () => {
  const cara = await makePerson(server, 'cara@example.com')
  await makeUsual('203.0.113.5', cara)
  await makeUsual('2001:db8:7:1::5', cara)
  for (let index = 0; index < ACCOUNT_LIMIT; index++) {
    assert.equal(await enter('192.0.2.66', wrong(cara.email)), 400)
  }
  for (const stranger of ['192.0.2.66', '203.0.114.5', '2001:db8:8:1::5']) {
    assert.equal(await enter(stranger, cara), 429, `${stranger} is not usual, and its failures made it no more so`)
  }
  assert.equal(await enter('203.0.113.250', cara), 303)
  assert.equal(await enter('2001:db8:7:2::9', cara), 303)
})

test('failed sign-ins leave no session behind', async () => {
  const dora = await makePerson(server, 'dora@example.com')
  await enter('192.0.2.77', wrong(dora.email))
  await enter('192.0.2.77', wrong('stranger@example.com'))
  const { data } = await server.api<{ data: unknown[] }>('GET', `/v1/realms/default/sessions?user_id=${dora.id}`)
  assert.deepEqual(data, [])
})
