// Checks the other ways into the proxy: nginx and its like in front, WebSockets, and the file of rules.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'
import { askAt, type ProxyStage, startProxyStage } from '#testing/proxy.ts'
import { testWith } from '#testing/real-parts.ts'
import { freePort } from '#testing/server.ts'
import { UserAgent } from '#testing/user-agent.ts'
import { IDENTITY_HEADERS } from './identity-headers.ts'

const API = '/v1/realms/default'
const PERSON = { email: 'grace@example.com', password: 'correct horse battery staple' }
const PAGE = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }
const NGINX = '/usr/sbin/nginx'

let stage: ProxyStage
let folder: string
let file: string
const fileOf = (rules: string) => `sites:
  - public_url: http://file.localhost
    upstream: ${stage?.upstream.url ?? 'http://127.0.0.1:1'}
    rules:
${rules}
`
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-proxy-'))
  file = join(folder, 'rules.yaml')
  writeFileSync(file, 'sites: []\n')
  stage = await startProxyStage({
    env: { COUNTERSIGN_PROXY_RULES_FILE: file, COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1' },
  })
  await stage.server.api('POST', `${API}/users`, PERSON)
  await stage.rule('/*')
  await stage.rule('/public/*', { require: 'anonymous', priority: 1 })
})
after(async () => {
  await stage.stop()
  rmSync(folder, { recursive: true })
})

test('a WebSocket passes when its caller does, and not before', async () => {
  const sockets = new WebSocketServer({ server: stage.upstream.server })
  sockets.on('connection', (socket, request) => {
    socket.on('message', (data) => socket.send(`${request.headers['x-forwarded-host']} ${data}`))
  })
  const open = (path: string, headers = {}) =>
    new WebSocket(`ws://127.0.0.1:${stage.port}${path}`, { headers: { host: new URL(stage.site).host, ...headers } })
  const cookies = ['Set-Cookie: countersign-site-1=evil', 'Set-Cookie: theme=dark']
  sockets.once('headers', (headers) => headers.push(...cookies))
  const socket = open('/public/socket')
  const [[head]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])
  assert.deepEqual(head.headers['set-cookie'], ['theme=dark'], 'an upstream sets no cookies of this server')
  socket.send('hello')
  const [answer] = await once(socket, 'message')
  assert.equal(String(answer), `${new URL(stage.site).host} hello`)
  const before = sockets.clients.size
  const refused = open('/private/socket')
  const [error] = await once(refused, 'error')
  assert.match(String(error), /401/)
  assert.equal(sockets.clients.size, before, 'the upstream saw nothing')
  const closed = once(socket, 'close')
  for (const client of sockets.clients) client.terminate()
  await closed
  sockets.close()
})

test('the file of rules is read again when it changes, and as a whole or not at all', async () => {
  const host = 'file.localhost'
  const ask = async () => (await askAt(stage.port, '/x', { host })).status
  const becomes = async (status: number) => {
    for (let count = 0; count < 60 && (await ask()) !== status; count++) await pause(50)
    assert.equal(await ask(), status)
  }
  assert.equal(await ask(), 421)
  writeFileSync(file, fileOf('      - { path: /x, require: anonymous }'))
  await becomes(200)
  writeFileSync(file, fileOf('      - { path: x, require: nobody }'))
  await pause(400)
  assert.equal(await ask(), 200, 'a file with an error changes nothing')
  const reload = await stage.server.call('POST', '/v1/proxy/reload')
  assert.equal(reload.status, 409)
  assert.match(JSON.stringify(reload.body), /rules\.yaml cannot be used/)
  writeFileSync(file, fileOf('      - { path: /x, require: "role:admin" }'))
  await becomes(401)
})

test('Traefik, Caddy and Envoy ask, and get what the client gets or the headers for the upstream', async () => {
  const host = new URL(stage.site).host
  const forwarded = (uri: string, more = {}) =>
    askAt(stage.port, '/.countersign/auth/forward', {
      host: 'countersign.internal',
      headers: {
        'x-forwarded-method': 'GET',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': host,
        'x-forwarded-uri': uri,
        ...more,
      },
    })
  const anonymous = await forwarded('/public/x')
  const about = IDENTITY_HEADERS.map((name) => anonymous.headers[name.toLowerCase()])
  assert.deepEqual([anonymous.status, about], [200, IDENTITY_HEADERS.map(() => '')], 'what a client sends is replaced')
  assert.equal((await forwarded('/private/x')).status, 401)
  assert.equal((await forwarded('/public/../private')).status, 400)
  assert.equal((await forwarded('/x', { 'x-forwarded-host': 'other.example' })).status, 403)
  const page = await forwarded('/private/x?y=1', PAGE)
  assert.equal(page.status, 302)
  assert.ok(String(page.headers.location).startsWith(`${stage.server.url}/proxy/sign-in?return_to=`))
  const [cookie = ''] = String(page.headers['set-cookie']).split(';')
  const agent = new UserAgent(stage.server.url)
  const form = await agent.follow(await agent.request(String(page.headers.location)))
  const back = await agent.submit(form, PERSON)
  const away = 'away' in back && back.away ? back.away : new URL(back.headers.get('location') ?? '')
  const done = await forwarded(away.pathname + away.search, { cookie })
  assert.equal(done.status, 303, done.text)
  const [session = ''] = String(done.headers['set-cookie']).split(';')
  const passed = await forwarded('/private/x', { cookie: session })
  assert.deepEqual([passed.status, passed.headers['x-user-email'], passed.text], [200, PERSON.email, ''])
  const envoy = (path: string, more = {}) =>
    askAt(stage.port, `/.countersign/auth/envoy${path}`, { host, headers: more })
  assert.deepEqual([(await envoy('/public/x')).status, (await envoy('/private/x')).status], [200, 401])
  assert.equal((await envoy('/private/x', { cookie: session })).headers['x-user-email'], PERSON.email)
})

testWith(['nginx'], 'nginx asks with auth_request, as docs/proxy.md has it', async () => {
  const port = await freePort()
  const { server, upstream, applicationId } = stage
  const site = `http://nginx.localhost:${port}`
  await server.api('POST', `${API}/proxy-sites`, {
    application_id: applicationId,
    public_url: site,
    upstream: upstream.url,
  })
  const [, example = ''] = /```nginx\n([\s\S]*?)```/.exec(readFileSync('docs/proxy.md', 'utf8')) ?? []
  const own = example
    .replaceAll('127.0.0.1:9002', `127.0.0.1:${stage.port}`)
    .replace('127.0.0.1:8443', `127.0.0.1:${port}`)
    .replace('127.0.0.1:3000', new URL(upstream.url).host)
    .replace('shop.example.com', 'nginx.localhost')
  const config = join(folder, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path ${folder};`)
  writeFileSync(
    config,
    `daemon off; pid ${folder}/nginx.pid; error_log stderr; events {} http { access_log off; ${temporary.join(' ')} ${own} }`,
  )
  const nginx = spawn(NGINX, ['-c', config, '-p', folder], { stdio: ['ignore', 'inherit', 'inherit'] })
  const ended = once(nginx, 'exit')
  try {
    const ask = (path: string, headers = {}) => askAt(port, path, { host: new URL(site).host, headers })
    for (let count = 0; count < 100; count++) {
      if (
        await ask('/public/x').then(
          () => true,
          () => false,
        )
      )
        break
      await pause(50)
    }
    const open = await ask('/public/x', { 'x-user-email': 'evil' })
    assert.deepEqual([open.status, open.json.headers['x-user-email']], [200, undefined], open.text)
    assert.equal((await ask('/private/x')).status, 401)
    const asked = { 'x-forwarded-method': 'GET', 'x-forwarded-host': 'nginx.localhost', 'x-forwarded-uri': '/public/x' }
    for (const kind of ['forward', 'envoy', 'nginx']) {
      assert.equal((await ask(`/.countersign/auth/${kind}`, asked)).status, 404, 'clients do not ask about requests')
    }
    const page = await ask('/private/x', PAGE)
    assert.equal(page.status, 302)
    const [cookie = ''] = String(page.headers['set-cookie']).split(';')
    const agent = new UserAgent(server.url)
    const form = await agent.follow(await agent.request(String(page.headers.location)))
    const back = await agent.submit(form, PERSON)
    const away = 'away' in back && back.away ? back.away : new URL(back.headers.get('location') ?? '')
    const done = await ask(away.pathname + away.search, { cookie })
    assert.equal(done.status, 303, done.text)
    const [session = ''] = String(done.headers['set-cookie']).split(';')
    const inside = await ask('/private/x', { cookie: session, 'x-user-email': 'evil' })
    assert.deepEqual([inside.status, inside.json.headers['x-user-email']], [200, PERSON.email])
  } finally {
    nginx.kill()
    await ended
  }
})
