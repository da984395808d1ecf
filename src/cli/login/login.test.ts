// Signing in from a terminal: the program as people start it, a real server, and a browser that comes back.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'

const ENTRY = new URL('../../cli.ts', import.meta.url).pathname
const ADA = { email: 'ada@example.com', password: 'correct horse battery staple' }
const home = mkdtempSync(join(tmpdir(), 'countersign-login-'))
const file = join(home, '.config/countersign/sign-ins.json')

let server: TestServer
before(async () => {
  server = await startServer()
  await server.api('POST', '/v1/administrators', { ...ADA, role: 'tenant_admin' })
})
after(async () => {
  await server.stop()
  rmSync(home, { recursive: true })
})

interface Ended {
  readonly exit: number | null
  readonly out: string
  readonly err: string
}

function start(argv: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [ENTRY, ...argv], {
    cwd: home,
    env: { PATH: process.env.PATH ?? '', HOME: home, COUNTERSIGN_ADMIN_URL: server.adminUrl, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += chunk))
  const address = new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      err += chunk
      const [found] = /https?:\/\/\S+\/oauth\/authorize\?\S+/.exec(err) ?? []
      if (found) resolve(found)
    })
    child.once('close', () => reject(new Error(`No address came: ${err}`)))
  })
  address.catch(() => {})
  const ended = new Promise<Ended>((resolve) => child.once('close', (exit) => resolve({ exit, out, err })))
  return { address, ended, child }
}

const cli = (...argv: string[]) => start(argv).ended

/** Signs Ada in with a browser. */
async function signIn(argv: string[] = []): Promise<Ended> {
  const { address, ended } = start(['login', ...argv])
  const back = await new UserAgent(server.url).authorize(await address, ADA)
  const page = await fetch(back)
  assert.equal(page.status, 200)
  assert.match(await page.text(), /You are signed in/)
  return ended
}

test('whoever signs in is who commands are sent as, until they sign out', async () => {
  const { exit, out, err } = await signIn()
  assert.deepEqual([exit, out], [0, `Signed in to ${server.adminUrl} as ada@example.com.\n`], err)
  if (process.platform !== 'win32') {
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(join(home, '.config/countersign')).mode & 0o777, 0o700)
  }
  const made = await cli('realm', 'create', '--name', 'By hand', '--json')
  assert.equal(made.exit, 0, made.err)
  const { data } = await server.api<{ data: { actor: { kind: string; label: string } }[] }>(
    'GET',
    '/v1/activity?type=realm.created&limit=1',
  )
  assert.deepEqual([data[0]?.actor.kind, data[0]?.actor.label], ['user', ADA.email])

  const me = JSON.parse((await cli('whoami', '--json')).out)
  assert.deepEqual([me.server, me.email], [server.adminUrl, ADA.email])
  assert.match(me.tenant, /^tnt_/)
  assert.equal(me.account, `${me.issuer}/account`)
  const withKey = await start(['whoami'], { COUNTERSIGN_ADMIN_API_KEY: server.adminKey }).ended
  assert.match(withKey.out, /key: the key in COUNTERSIGN_ADMIN_API_KEY\nname: /)
  assert.ok(!withKey.out.includes(server.adminKey))

  const kept = JSON.parse(readFileSync(file, 'utf8'))[server.adminUrl]
  assert.equal((await cli('logout')).out, `Signed out of ${server.adminUrl}.\n`)
  assert.equal(existsSync(file), false)
  assert.equal((await server.call('GET', '/v1/realms', { key: kept.accessToken })).status, 401)
  const without = await cli('realm', 'list')
  assert.equal(without.exit, 2)
  assert.match(without.err, /countersign login/)
  assert.equal((await cli('logout')).exit, 2)
})

test('tokens are replaced before they end, and a sign-in that is over says so', async () => {
  await signIn()
  const all = JSON.parse(readFileSync(file, 'utf8'))
  const before = all[server.adminUrl]
  writeFileSync(file, JSON.stringify({ [server.adminUrl]: { ...before, expiresAt: Date.now() + 1000 } }))
  const listed = await cli('realm', 'list', '--json')
  assert.equal(listed.exit, 0, listed.err)
  const next = JSON.parse(readFileSync(file, 'utf8'))[server.adminUrl]
  assert.notEqual(next.refreshToken, before.refreshToken)
  assert.ok(next.expiresAt > Date.now() + 600_000)

  const { data } = await server.api<{ data: { id: string }[] }>('GET', `/v1/administrators?search=${ADA.email}`)
  await server.api('PATCH', `/v1/administrators/${data[0]?.id}`, { status: 'suspended' })
  writeFileSync(file, JSON.stringify({ [server.adminUrl]: { ...next, expiresAt: 0 } }))
  const over = await cli('realm', 'list')
  assert.equal(over.exit, 1)
  assert.match(over.err, /The sign-in is not valid any more\.\nSign in again: countersign login/)
  assert.equal(existsSync(file), false)
  await server.api('PATCH', `/v1/administrators/${data[0]?.id}`, { status: 'active' })
})

test('an answer to another request is turned away, a refusal ends the command, and so does Ctrl-C', async () => {
  const { address, ended } = start(['login', '--no-browser'])
  const url = new URL(await address)
  const redirectUri = url.searchParams.get('redirect_uri') ?? ''
  const state = url.searchParams.get('state') ?? ''
  const issuer = `${url.origin}${url.pathname.replace('/oauth/authorize', '')}`
  for (const query of [
    { code: 'x', state: 'other', iss: issuer },
    { code: 'x', state },
    { code: 'x', state, iss: 'https://evil.example' },
  ]) {
    assert.equal((await fetch(`${redirectUri}?${new URLSearchParams(query as never)}`)).status, 404)
  }
  const refusal = { error: 'access_denied', state, iss: issuer }
  assert.equal((await fetch(`${redirectUri}?${new URLSearchParams(refusal)}`)).status, 200)
  const refused = await ended
  assert.deepEqual([refused.exit, refused.out], [1, ''])
  assert.match(refused.err, /The sign-in failed: access_denied/)

  const given = start(['login'])
  await given.address
  given.child.kill('SIGINT')
  assert.match((await given.ended).err, /The sign-in was cancelled/)
  assert.equal(existsSync(file), false)
})

test('a tenant that is not there is said, and so is an address that is no admin API', async () => {
  const slug = await cli('login', '--tenant', 'nowhere')
  assert.equal(slug.exit, 2)
  assert.match(slug.err, /nowhere is not the id of a tenant, and a sign-in cannot use its slug\.\n/)
  const tenant = await cli('login', '--tenant', 'tnt_06bqzvdpf9w0v5x4y3z2a1b0cd')
  assert.equal(tenant.exit, 1)
  assert.match(tenant.err, /No tenant has this id/)
  const wrong = await cli('login', '--server', server.url)
  assert.equal(wrong.exit, 1)
  assert.match(wrong.err, /is not the address of the admin API/)
  const elsewhere = await cli('login', '--server', server.adminUrl.replace('127.0.0.1', 'localhost'))
  assert.match(elsewhere.err, new RegExp(`The address of .* is ${server.adminUrl}`))
})

test('the commands of a tenant’s administrator use the only realm of the tenant', async () => {
  const { id } = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Northwind', slug: 'northwind' })
  await server.api('POST', `/v1/administrators?tenant_id=${id}`, { ...ADA, role: 'tenant_admin' })
  const { err } = await signIn(['--tenant', id])
  const [, realm] = /Commands use the realm (\w+),/.exec(err) ?? []
  const made = await cli('user', 'create', '--email', 'grace@example.com', '--json')
  assert.equal(made.exit, 0, made.err)
  const { data } = await server.api<{ data: { email: string }[] }>('GET', `/v1/realms/${realm}/users`)
  assert.deepEqual(
    data.map(({ email }) => email),
    ['grace@example.com'],
  )
})
