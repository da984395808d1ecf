// Checks the applications of SharkAuth’s document, and runs the code that they are shown with.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '#testing/browser.ts'
import { signIn } from '#testing/client-pages.ts'
import { DocumentationRun } from '#testing/documentation-run.ts'
import { testWith } from '#testing/real-parts.ts'
import { freePort, startServer, type TestServer } from '#testing/server.ts'

let server: TestServer
let browser: Browser
let folder: string
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-snippets-'))
  server = await startServer()
  browser = await launchBrowser()
  const person = { email: 'ada@example.com', name: 'Ada Lovelace', email_verified: true }
  await ask('POST', '/admin/users', { ...person, password: 'plenty of ink for everyone' })
})
after(async () => {
  await Promise.all([browser?.close(), server?.stop()])
  rmSync(folder, { recursive: true, force: true })
})

interface App extends Readonly<Record<string, unknown>> {
  readonly id: string
  readonly client_id: string
  readonly client_secret: string
}
interface Snippets {
  readonly framework: string
  readonly snippets: readonly { readonly label: string; readonly lang: string; readonly code: string }[]
}

async function ask<T = App>(method: string, path: string, body?: unknown, key?: string) {
  const reply = await server.call(method, `/api/v1${path}`, { ...(key !== undefined && { key }), body })
  return { status: reply.status, body: reply.body as T }
}

const URLS = {
  allowed_callback_urls: ['https://shop.example.com/callback'],
  allowed_logout_urls: ['https://shop.example.com/'],
  allowed_origins: ['https://shop.example.com'],
}

async function tokenOf({ client_id, client_secret }: App): Promise<number> {
  const { status } = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
    headers: { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` },
  })
  return status
}

test('POST /api/v1/admin/apps, GET /api/v1/admin/apps/{id}, GET /api/v1/admin/apps: an application is a client that gets tokens; its secret is shown once', async () => {
  const made = await ask('POST', '/admin/apps', { name: 'Web Shop', ...URLS })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.match(made.body.id, /^app_[0-9a-z]{26}$/)
  assert.partialDeepStrictEqual(made.body, { name: 'Web Shop', slug: 'web-shop', is_default: false, ...URLS })
  assert.equal(await tokenOf(made.body), 200)
  const { client_secret, ...rest } = made.body
  assert.ok(client_secret)
  for (const id of [made.body.id, made.body.client_id]) {
    assert.deepEqual(await ask('GET', `/admin/apps/${id}`), { status: 200, body: rest })
  }
  const list = await ask<{ data: App[]; total: number }>('GET', '/admin/apps?limit=50')
  assert.deepEqual([list.status, list.body.total], [200, list.body.data.length])
  assert.deepEqual(
    list.body.data.find(({ id }) => id === made.body.id),
    rest,
  )
  assert.deepEqual((await ask('POST', '/admin/apps', { name: 'Web Shop' })).body.error, 'conflict')
})

test('POST /api/v1/admin/apps: what is wrong or has no effect here is refused, and nothing is made', async () => {
  for (const more of [
    { allowed_callback_urls: ['javascript:alert(1)'] },
    { allowed_callback_urls: ['https://*.example.com/'] },
    { slug: 'another' },
    { proxy_public_domain: 'shop.example.com', proxy_protected_url: 'http://127.0.0.1:8000' },
  ]) {
    const { status, body } = await ask<{ error: string; details: object }>('POST', '/admin/apps', {
      name: 'No',
      ...more,
    })
    assert.deepEqual([status, body.error], [400, 'invalid_request'], JSON.stringify(body))
    assert.match(Object.keys(body.details).join(), new RegExp(Object.keys(more).join('|')))
  }
  const { body } = await ask<{ total: number }>('GET', '/admin/apps?search=No')
  assert.equal(body.total, 0)
})

test('PATCH /api/v1/admin/apps/{id}, POST /api/v1/admin/apps/{id}/rotate-secret, DELETE /api/v1/admin/apps/{id}: changed, with another secret, and gone', async () => {
  const { body: app } = await ask('POST', '/admin/apps', { name: 'Changing' })
  const changed = await ask('PATCH', `/admin/apps/${app.client_id}`, { name: 'Changed', ...URLS })
  assert.partialDeepStrictEqual(changed, {
    status: 200,
    body: { id: app.id, name: 'Changed', slug: 'changed', ...URLS },
  })
  const rotated = await ask('POST', `/admin/apps/${app.id}/rotate-secret`)
  assert.equal(rotated.status, 200, JSON.stringify(rotated.body))
  assert.deepEqual([await tokenOf(app), await tokenOf(rotated.body)], [401, 200])
  assert.equal((await ask('DELETE', `/admin/apps/${app.id}`)).status, 204)
  assert.equal(await tokenOf(rotated.body), 401)
  for (const [method, more] of [
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/rotate-secret'],
  ] as const) {
    assert.equal((await ask(method, `/admin/apps/${app.id}${more}`, method === 'PATCH' ? {} : undefined)).status, 404)
  }
})

test('DELETE /api/v1/admin/apps/{id}: neither an agent nor one of several clients stands for an application', async () => {
  const { body: agent } = await ask('POST', '/agents', { client_name: 'Kept' })
  const { body: app } = await ask('POST', '/admin/apps', { name: 'Two clients' })
  const second = await server.api<{ client_id: string }>('POST', '/v1/realms/default/clients', {
    ...{ label: 'Second', application: app.id, grant_types: ['client_credentials'] },
  })
  for (const id of [agent.client_id, second.client_id]) {
    assert.equal((await ask('DELETE', `/admin/apps/${id}`)).status, 404)
    assert.equal((await ask('GET', `/admin/apps/${id}`)).status, 404)
  }
  assert.equal((await ask('GET', `/agents/${agent.id}`)).status, 200)
  assert.equal((await ask('GET', `/admin/apps/${app.id}`)).status, 200)
})

test('GET /api/v1/admin/apps/{id}/snippet: for the frameworks that the application can use, without its secret', async () => {
  const { body: app } = await ask('POST', '/admin/apps', { name: 'Shown', ...URLS })
  const path = `/admin/apps/${app.id}/snippet`
  for (const framework of [
    '',
    'react',
    'express',
    'fastify',
    'authjs',
    'nextjs',
    'go',
    'python',
    'curl',
    'node',
    'jose',
  ]) {
    const { status, body } = await ask<Snippets>('GET', (framework && `${path}?framework=${framework}`.trim()) || path)
    assert.equal(status, 200, JSON.stringify(body))
    const text = JSON.stringify(body)
    assert.ok(body.framework === 'jose' || text.includes(app.client_id), framework)
    assert.ok(text.includes(server.url) && !text.includes(app.client_secret), framework)
  }
  const unknown = await ask<{ error: string }>('GET', `${path}?framework=cobol`)
  assert.deepEqual([unknown.status, unknown.body.error], [400, 'invalid_request'])
  const spa = await ask<{ error: string; message: string }>('GET', `${path}?framework=spa`)
  assert.deepEqual([spa.status, spa.body.error], [409, 'conflict'])
  assert.match(spa.body.message, /express/)
})

/** Fills in what the reader of a snippet has to fill in. */
function withSecrets(code: string, secrets: Readonly<Record<string, string>>): string {
  return code.replace(/^(export (CLIENT_SECRET|ACCESS_TOKEN)=)'.*'$/gm, (line, start, name) =>
    secrets[name] === undefined ? line : `${start}'${secrets[name]}'`,
  )
}

/** Does what the snippets of a new application say, in a folder of its own. @param env besides, of the program */
async function follow(
  framework: string,
  env: Readonly<Record<string, string>>,
  isInstalled = false,
): Promise<DocumentationRun> {
  const { body: app } = await ask('POST', '/admin/apps', { name: `Runs ${framework}`, ...URLS })
  const { body } = await ask<Snippets>('GET', `/admin/apps/${app.id}/snippet?framework=${framework}`)
  const cwd = join(folder, framework)
  mkdirSync(cwd)
  const { NODE_EXTRA_CA_CERTS } = process.env
  const run = new DocumentationRun({
    ...{ cwd, scratch: mkdtempSync(join(folder, '.run-')), terminals: { app: env } },
    env: {
      ...(NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS }),
      ...{ PATH: process.env.PATH ?? '', COUNTERSIGN_ADMIN_API_KEY: server.adminKey, NO_COLOR: '1' },
      ...{ npm_config_loglevel: 'error', npm_config_prefer_offline: 'true', npm_config_audit: 'false' },
    },
  })
  let settings = ''
  for (const { label, lang, code } of body.snippets) {
    const step = { section: label, line: 0, terminal: undefined, output: undefined }
    if (label === 'Settings') settings = withSecrets(code, { CLIENT_SECRET: app.client_secret, ...env })
    else if (label === 'Run') await run.take({ ...step, terminal: 'app', script: `${settings}\nexec ${code}` })
    else if (lang !== 'bash') {
      mkdirSync(dirname(join(cwd, label)), { recursive: true })
      writeFileSync(join(cwd, label), code)
    } else if (label !== 'Install' || !isInstalled) await run.take({ ...step, script: code })
  }
  return run
}

async function signsInWith(framework: string, isInstalled = false): Promise<void> {
  const port = await freePort()
  const run = await follow(framework, { PORT: String(port) }, isInstalled)
  const context = await browser.newContext()
  context.setDefaultTimeout(90_000)
  try {
    await run.prints('app', /The app is at/)
    const reader = { page: await context.newPage(), app: `http://127.0.0.1:${port}`, issuer: server.url, folder, run }
    await signIn(reader, 'Sign in')
  } finally {
    await Promise.all([run.close(), context.close()])
  }
}

test('GET /api/v1/admin/apps/{id}/snippet: copied and run, Express signs a person in', () => signsInWith('express'))

testWith(
  ['python3-authlib', 'python3-flask', 'python3-requests'],
  'GET /api/v1/admin/apps/{id}/snippet: copied and run, Python signs a person in',
  () => signsInWith('python', true),
)

test('GET /api/v1/admin/apps/{id}/snippet: copied and run, curl and Node get tokens, and jose verifies one', async () => {
  const { body: app } = await ask('POST', '/admin/apps', { name: 'Curled' })
  const { body } = await ask<Snippets>('GET', `/admin/apps/${app.id}/snippet?language=bash`)
  assert.deepEqual([body.framework, body.snippets.map(({ label }) => label)], ['curl', ['Settings', 'Get a token']])
  const node = await follow('node', {})
  const [token] = await node.prints('app', /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/m)
  await node.close()
  const jose = await follow('jose', { ACCESS_TOKEN: token })
  try {
    await jose.prints('app', new RegExp(`iss: '${server.url}'`))
    const script = withSecrets(body.snippets.map(({ code }) => code).join('\n'), { CLIENT_SECRET: app.client_secret })
    const printed = await jose.take({ section: '', line: 0, terminal: undefined, script, output: undefined })
    assert.match(printed, /"access_token":"eyJ/)
  } finally {
    await jose.close()
  }
})
