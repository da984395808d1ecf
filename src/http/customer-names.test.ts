// Checks that nobody without credentials can find out who has a tenant.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hostFetch } from '#testing/host-fetch.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import type { ServedRoute } from './route.ts'
import { everyGroup } from './routes.ts'

const CUSTOMER = 'quillmoor'
const SUSPENDED = 'moorquill'
const NOBODY = 'nobodyhas'
/** Secrets, and what is encrypted: they differ each time. */
const RANDOM = /[\w-]{43,}/g
/** Paths that tell figures and times of the server. */
const MEASURED = /^\/(metrics|health|ready|livez)/
/** Headers that differ between any two answers. */
const OF_EACH_ANSWER = new Set(['date', 'x-request-id'])

let server: TestServer
let customerId: string

before(async () => {
  server = await startServer({ env: { COUNTERSIGN_REALM_DOMAIN: 'realms.test' } })
  const made = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Quill', slug: CUSTOMER })
  customerId = made.id
  const { id } = await server.api<{ id: string }>('POST', '/v1/tenants', { name: 'Moor', slug: SUSPENDED })
  await server.api('PATCH', `/v1/tenants/${id}`, { status: 'suspended' })
})
after(() => server.stop())

interface Question {
  readonly listener: 'public' | 'admin'
  readonly method: string
  /** A path and a query with `{name}` for the slug. */
  readonly path: string
  readonly host?: string
}

const QUERY = ['tenant', 'tenant_id', 'tenant_slug', 'organization', 'realm', 'issuer_id', 'domain_hint', 'client_id']
  .map((name) => `${name}={name}`)
  .join('&')

/** Every path of the table, with the slug for each parameter, and with a query that says it in every way. */
function questionsOf(route: ServedRoute): Question[] {
  const listeners = route.listener === 'both' ? (['public', 'admin'] as const) : ([route.listener] as const)
  const path = route.path.replace(/\{\w+\}/g, '{name}')
  return listeners.flatMap((listener) =>
    route.methods.flatMap((method) => [
      { listener, method, path },
      { listener, method, path: `${path}?${QUERY}` },
    ]),
  )
}

/** What a stranger is told, without what the request itself said. */
async function answerTo({ listener, method, path, host }: Question, name: string): Promise<unknown> {
  const port = server.ports[listener]
  const url = `http://${host?.replaceAll('{name}', name) ?? `127.0.0.1:${port}`}${path.replaceAll('{name}', name)}`
  const asked = host === undefined ? fetch : hostFetch(port)
  const response = await asked(url, { method, redirect: 'manual' })
  const anonymous = (text: string) =>
    text
      .replaceAll(name, '{name}')
      .replaceAll(response.headers.get('x-request-id') ?? '-', '{request}')
      .replace(RANDOM, '{random}')
  const text = await response.text()
  // The ids of requests have different lengths, so a page that shows its own has too.
  const showsId = text.includes(response.headers.get('x-request-id') ?? '-')
  const headers = [...response.headers].filter(
    ([header]) => !OF_EACH_ANSWER.has(header) && !(showsId && header === 'content-length'),
  )
  return {
    status: response.status,
    headers: headers.map(([header, value]) => [header, anonymous(value)]),
    body: anonymous(text),
  }
}

test('no path tells without credentials whether a tenant has a slug', async () => {
  const groups = await everyGroup()
  const questions = groups
    .flatMap(({ routes }) => routes.flatMap(questionsOf))
    .filter(({ path }) => !MEASURED.test(path))
  assert.ok(questions.length > 700)
  for (const question of questions) {
    const [nobody, ...customers] = await Promise.all(
      [NOBODY, CUSTOMER, SUSPENDED].map((name) => answerTo(question, name)),
    )
    for (const customer of customers) assert.deepEqual(customer, nobody, `${question.method} ${question.path}`)
  }
})

test('no host name tells it either', async () => {
  for (const host of ['{name}.realms.test', '{name}', '{name}.example.com']) {
    for (const path of ['/', '/admin', '/.well-known/openid-configuration', '/jwks.json', '/sign-in']) {
      for (const listener of ['public', 'admin'] as const) {
        const question = { listener, method: 'GET', path, host }
        assert.deepEqual(await answerTo(question, CUSTOMER), await answerTo(question, NOBODY), `${host}${path}`)
      }
    }
  }
})

test('the authorization server of a tenant is found by the id of the tenant, and not when it is suspended', async () => {
  const path = '/.well-known/oauth-protected-resource'
  const found = await fetch(`${server.adminUrl}${path}?tenant=${customerId}`)
  const { authorization_servers: issuers } = (await found.json()) as { authorization_servers: string[] }
  assert.match(String(issuers[0]), /^http:\/\/[a-z0-9]{12}\.realms\.test/)
  await server.api('PATCH', `/v1/tenants/${customerId}`, { status: 'suspended' })
  assert.equal((await fetch(`${server.adminUrl}${path}?tenant=${customerId}`)).status, 404)
})
