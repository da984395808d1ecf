// Signing in at a terminal without a browser: the program as people start it, a real server, a browser elsewhere.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CommandFailure } from '#cli/failure.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { fakeTerminal } from '#testing/terminal.ts'
import { UserAgent } from '#testing/user-agent.ts'
import { instructionsFor, pollForSignIn, startDevice } from './device.ts'
import { login } from './login.ts'

const ENTRY = new URL('../../cli.ts', import.meta.url).pathname
const ADA = { email: 'ada@example.com', password: 'correct horse battery staple' }

let server: TestServer
before(async () => {
  server = await startServer()
  await server.api('POST', '/v1/administrators', { ...ADA, role: 'tenant_admin' })
})
after(() => server.stop())

/** Starts a command in a home of its own. */
function start(t: { after(end: () => void): void }, ...argv: string[]) {
  const home = mkdtempSync(join(tmpdir(), 'countersign-device-'))
  t.after(() => rmSync(home, { recursive: true }))
  const env = { PATH: process.env.PATH ?? '', HOME: home, COUNTERSIGN_ADMIN_URL: server.adminUrl }
  const child = spawn(process.execPath, [ENTRY, ...argv], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += chunk))
  const shown = new Promise<{ page: string; link: string; userCode: string }>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      err += chunk
      const [page] = /https?:\/\/\S+\/device(?=\n)/.exec(err) ?? []
      const [link] = /https?:\/\/\S+\?user_code=\S+/.exec(err) ?? []
      const [, userCode] = /^ {2}([A-Z]{4}-[A-Z]{4})$/m.exec(err) ?? []
      if (page && link && userCode && err.includes('valid for')) resolve({ page, link, userCode })
    })
    child.once('close', () => reject(new Error(`No code came: ${err}`)))
  })
  shown.catch(() => {})
  const ended = new Promise<{ exit: number | null; out: string; err: string }>((resolve) =>
    child.once('close', (exit) => resolve({ exit, out, err })),
  )
  return { home, child, shown, ended, env }
}

test('whoever enters the code elsewhere is who commands are sent as', async (t) => {
  const { shown, ended, home, env } = start(t, 'login', '--device')
  const { page, link, userCode } = await shown
  assert.equal(link, `${page}?user_code=${userCode}`)
  const agent = new UserAgent(server.url)
  const connected = await agent.decideDevice(page, ADA, { userCode })
  assert.match(connected.text, /Your device is connected/)
  const { exit, out, err } = await ended
  assert.deepEqual([exit, out], [0, `Signed in to ${server.adminUrl} as ada@example.com.\n`], err)
  const kept = JSON.parse(readFileSync(join(home, '.config/countersign/sign-ins.json'), 'utf8'))[server.adminUrl]
  const made = await server.call('POST', '/v1/realms', { key: kept.accessToken, body: { name: 'From afar' } })
  assert.equal(made.status, 201)
  const child = spawn(process.execPath, [ENTRY, 'logout'], { cwd: home, env, stdio: 'ignore' })
  assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0)
  assert.equal((await server.call('GET', '/v1/realms', { key: kept.accessToken })).status, 401)
})

test('the person is told which program on which machine asks, and a refusal ends the command', async (t) => {
  const { shown, ended, home } = start(t, 'login', '--device')
  const { link } = await shown
  const agent = new UserAgent(server.url)
  let asked = ''
  const submit = agent.submit.bind(agent)
  agent.submit = async (page, values) => {
    asked += page.text
    return submit(page, values)
  }
  await agent.decideDevice(link, ADA, { decision: 'deny' })
  assert.match(asked, /countersign-cli\/\d/)
  assert.ok(asked.includes(hostname().replace(/[^\w.-]/g, '')))
  const refused = await ended
  assert.deepEqual([refused.exit, refused.out], [1, ''])
  assert.match(refused.err, /The user denied the sign-in\.\nTry again: countersign login --device/)
  assert.equal(existsSync(join(home, '.config')), false)
})

test('Ctrl-C ends the wait', async (t) => {
  const { shown, ended, child } = start(t, 'login', '--device')
  await shown
  child.kill('SIGINT')
  const { exit, err } = await ended
  assert.equal(exit, 1)
  assert.match(err, /The sign-in was cancelled/)
})

test('a realm whose client for the terminal lacks the grant is said to be so', async () => {
  const { issuer } = await server.api<{ issuer: string }>('GET', '/v1/realms/default')
  const elsewhere = {
    issuer,
    authorization_endpoint: '',
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: '',
    userinfo_endpoint: '',
  }
  const refused = (remedy: RegExp, message: RegExp) => (error: CommandFailure) =>
    remedy.test(error.remedy ?? '') && message.test(error.message)
  await assert.rejects(
    startDevice(elsewhere, 'x'),
    refused(/countersign login/, /does not support sign-in with a code/),
  )
  const without = { ...elsewhere, device_authorization_endpoint: `${issuer}/oauth/device_authorization` }
  await assert.rejects(startDevice(without, 'x'), refused(/restart the server/, /does not allow the command line/))
})

test('where no browser can be opened, another way is told', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'countersign-device-'))
  t.after(() => rmSync(home, { recursive: true }))
  const terminal = fakeTerminal({
    interactive: true,
    env: { PATH: '/nonexistent', HOME: home, COUNTERSIGN_ADMIN_URL: server.adminUrl },
  })
  const given = login({}, { terminal, now: Date.now, agent: 'countersign-cli/test' })
  given.catch(() => {})
  while (!/The browser could not be opened/.test(terminal.noted())) await new Promise((next) => setTimeout(next, 10))
  assert.match(terminal.noted(), /countersign login --device/)
  terminal.interrupt()
  await assert.rejects(given, /cancelled/)
})

const DEVICE = {
  deviceCode: 'd',
  userCode: 'WDJB-MJHT',
  verificationUri: 'https://id.example/device',
  complete: undefined,
  expiresIn: 600,
  interval: 5,
}

/** A token endpoint that answers as told, one answer after the other; null cuts the connection. */
async function scripted(t: { after(end: () => void): void }, answers: readonly ([number, object] | null)[]) {
  const forms: string[] = []
  const endpoint = createServer(async (request, response) => {
    let form = ''
    for await (const chunk of request) form += chunk
    const answer = answers[forms.push(form) - 1]
    if (!answer) return void request.socket.destroy()
    response.writeHead(answer[0], { 'content-type': 'application/json' }).end(JSON.stringify(answer[1]))
  })
  await new Promise<void>((listening) => endpoint.listen(0, '127.0.0.1', listening))
  t.after(() => endpoint.close())
  const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`
  const waits: number[] = []
  const notes: string[] = []
  let clock = 0
  const polled = pollForSignIn(
    { issuer: url, authorization_endpoint: url, token_endpoint: url, revocation_endpoint: url, userinfo_endpoint: url },
    DEVICE,
    {
      now: () => clock,
      wait: async (milliseconds) => {
        waits.push(milliseconds / 1000)
        clock += milliseconds
      },
      note: (text) => notes.push(text),
    },
  )
  return { polled, waits, forms, notes }
}

const TOKENS: [number, object] = [200, { access_token: 'a', refresh_token: 'r', expires_in: 60 }]
const error = (code: string): [number, object] => [400, { error: code }]

test('polls wait as long as they are told to, and longer while the server is away', async (t) => {
  const pending = error('authorization_pending')
  const answers = [pending, error('slow_down'), pending, error('slow_down'), null, [503, {}], pending, TOKENS] as const
  const { polled, waits, forms, notes } = await scripted(t, answers as never)
  const signIn = await polled
  assert.deepEqual([signIn.accessToken, signIn.refreshToken], ['a', 'r'])
  assert.deepEqual(waits, [5, 5, 10, 10, 15, 30, 60, 60])
  assert.deepEqual(notes, ['The server does not respond. Trying again.'])
  assert.deepEqual(Object.fromEntries(new URLSearchParams(forms[0])), {
    client_id: 'semauth-cli',
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: 'd',
  })
})

test('polling ends with what the server says, and with the code', async (t) => {
  const ends: [[number, object] | null, RegExp][] = [
    [error('expired_token'), /The code was not entered in time/],
    [error('access_denied'), /The user denied the sign-in/],
    [error('unauthorized_client'), /responded 400: unauthorized_client/],
    [[200, {}], /no valid authorization server metadata/],
  ]
  for (const [answer, message] of ends) {
    const { polled, forms } = await scripted(t, [answer])
    await assert.rejects(polled, (failure) => failure instanceof CommandFailure && message.test(failure.message))
    assert.equal(forms.length, 1)
  }
  const { polled, waits } = await scripted(
    t,
    Array.from({ length: 200 }, () => error('authorization_pending')),
  )
  await assert.rejects(polled, /The code was not entered in time/)
  assert.equal(waits.length, 119)
})

test('what is shown holds nothing that a terminal would obey', async (t) => {
  const answer = {
    device_code: 'd',
    user_code: 'WDJB-MJHT\u001b[2J',
    verification_uri: 'https://id.example/device',
    verification_uri_complete: 'https://id.example/device?user_code=\u001b[2J',
    expires_in: 600,
  }
  const answers = [answer, { ...answer, verification_uri: 'https://id.example/\u001b[2J' }]
  const endpoint = createServer((_, response) => void response.end(JSON.stringify(answers.shift())))
  await new Promise<void>((listening) => endpoint.listen(0, '127.0.0.1', listening))
  t.after(() => endpoint.close())
  const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`
  const issuer = {
    issuer: url,
    authorization_endpoint: url,
    token_endpoint: url,
    revocation_endpoint: url,
    userinfo_endpoint: url,
    device_authorization_endpoint: url,
  }
  const text = instructionsFor(await startDevice(issuer, 'x'))
  assert.match(text, /^ {2}WDJB-MJHT/m)
  assert.match(text, /valid for 10 minutes/)
  assert.ok(!text.includes('\u001b') && !text.includes('?user_code'))
  await assert.rejects(startDevice(issuer, 'x'), /responded 200/)
})
