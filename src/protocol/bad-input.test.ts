// Sends invalid input to every protocol endpoint.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { DEVICE_CODE_GRANT } from '#domain/device-authorization/device-authorization.ts'
import { exchange, getCode, makeClient, makePerson, post, type TestClient } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'

// Whatever is sent to an endpoint for programs, it answers in the words of RFC 6749 §5.2 or RFC 6750 §3.

let server: TestServer
let client: TestClient
let tokens: { access: string; refresh: string }

before(async () => {
  server = await startServer({ env: { COUNTERSIGN_LOG_LEVEL: 'error' } })
  client = await makeClient(server, {
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_CODE_GRANT],
  })
  const person = await makePerson(server, 'ada@example.com')
  const { body } = await exchange(server, client, await getCode(server, client, person))
  tokens = { access: String(body.access_token), refresh: String(body.refresh_token) }
})
after(() => server.stop())

const ERRORS = new Set([
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type'],
  ...['invalid_scope', 'invalid_target', 'invalid_token', 'insufficient_scope', 'too_many_requests'],
])
const FORM = 'application/x-www-form-urlencoded'
const POSTED = ['/oauth/token', '/oauth/introspect', '/oauth/revoke', '/token', '/introspect', '/revoke']
const TAKES_FORMS = [...POSTED, '/oauth/device_authorization', '/device_authorization', '/oauth/userinfo']

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

async function send(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(server.url + path, { method, redirect: 'manual', ...init })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** A form with the credentials that the endpoint wants, in a header. */
function sendForm(path: string, body: BodyInit, type: string | null = FORM): Promise<Answer> {
  const authorization = path.endsWith('userinfo') ? `Bearer ${tokens.access}` : client.basic
  return send('POST', path, { body, headers: { authorization, ...(type !== null && { 'content-type': type }) } })
}

/** Asserts a refusal with its headers. */
function assertRefused({ status, headers, text }: Answer, told: unknown): void {
  const where = `${JSON.stringify(told)} answered ${status}: ${text}`
  assert.ok(status >= 400 && status < 500, where)
  assert.equal(headers.get('cache-control'), 'no-store', where)
  assert.equal(headers.get('pragma'), 'no-cache', where)
  if (status === 401)
    assert.match(headers.get('www-authenticate') ?? '', /^(Basic realm|Bearer realm|DPoP algs)="/, where)
  if (status === 401 && text === '') return
  assert.match(headers.get('content-type') ?? '', /^application\/json/, where)
  const { error, error_description: description, error_uri: page, ...rest } = JSON.parse(text)
  assert.ok(ERRORS.has(error), where)
  assert.match(description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/, where)
  if (page !== undefined) assert.match(page, new RegExp(`/errors\\?error=${error}&request=[\\w-]+$`), where)
  assert.deepEqual(rest, {})
}

function assertError(answer: Answer, error: string, status: number, told: unknown): void {
  assertRefused(answer, told)
  assert.equal(answer.status, status, `${JSON.stringify(told)}: ${answer.text}`)
  assert.equal(JSON.parse(answer.text).error, error, JSON.stringify(told))
}

test('a method that an endpoint does not take is answered with those that it takes', async () => {
  const takes: Record<string, string[]> = {
    '/oauth/token': ['POST', 'OPTIONS'],
    '/oauth/introspect': ['POST', 'OPTIONS'],
    '/oauth/revoke': ['POST', 'OPTIONS'],
    '/oauth/device_authorization': ['POST', 'OPTIONS'],
    '/oauth/userinfo': ['GET', 'HEAD', 'POST', 'OPTIONS'],
    '/.well-known/jwks.json': ['GET', 'HEAD', 'OPTIONS'],
    '/.well-known/openid-configuration': ['GET', 'HEAD', 'OPTIONS'],
    '/.well-known/oauth-authorization-server': ['GET', 'HEAD', 'OPTIONS'],
  }
  for (const [path, methods] of Object.entries(takes)) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (methods.includes(method)) continue
      const answer = await send(method, path)
      assertError(answer, 'invalid_request', 405, [method, path])
      assert.deepEqual(answer.headers.get('allow')?.split(', '), methods)
    }
  }
  assert.equal((await send('HEAD', '/oauth/token')).status, 405)
})

const MALFORMED: [what: string, body: BodyInit, type: string | null, status: number][] = [
  ['JSON', '{"token":"x"}', 'application/json', 415],
  ['XML', '<token/>', 'application/xml', 415],
  ['multipart', '--x\r\n\r\nx\r\n--x--', 'multipart/form-data; boundary=x', 415],
  ['plain text', 'token=x', 'text/plain', 415],
  ['almost a form', 'token=x', `${FORM}x`, 415],
  ['a content type that is none', 'token=x', 'nonsense', 400],
  ['bytes of no type', new Uint8Array([1, 2, 3]), null, 415],
  ['a megabyte', `token=${'x'.repeat(1_000_000)}`, FORM, 413],
  ['invalid UTF-8', new Uint8Array([0x74, 0x3d, 0xff, 0xfe]), FORM, 400],
  ['invalid UTF-8, encoded', 'token=%ff%fe', FORM, 400],
  ['half a surrogate, encoded', 'token=%ed%a0%80', FORM, 400],
  ['an overlong form', 'token=%c0%af', FORM, 400],
  ['a broken percent sign', 'token=%', FORM, 400],
  ['a broken percent encoding', 'token=%zz', FORM, 400],
  ['a name that is broken', '%e0%a4%a=x', FORM, 400],
]

for (const [what, body, type, status] of MALFORMED) {
  test(`${what} in the body is refused everywhere`, async () => {
    for (const path of TAKES_FORMS)
      assertError(await sendForm(path, body, type), 'invalid_request', status, [path, what])
  })
}

test('a form may say its charset', async () => {
  for (const type of [`${FORM}; charset=utf-8`, `${FORM};charset=UTF-8`, FORM.toUpperCase()]) {
    assert.equal((await sendForm('/oauth/revoke', 'token=x', type)).status, 200, type)
  }
})

test('a parameter that comes twice is refused, whatever it is', async () => {
  const names = ['grant_type', 'client_id', 'client_secret', 'code', 'refresh_token', 'scope', 'token', 'unknown']
  for (const path of POSTED) {
    for (const name of [...names, 'client_assertion', 'code_verifier', 'redirect_uri', 'token_type_hint', '%74oken']) {
      const form = `grant_type=client_credentials&token=x&${name}=a&${name}=a`
      assertError(await sendForm(path, form), 'invalid_request', 400, [path, name])
    }
  }
  const twice = 'access_token=x&access_token=x'
  assertError(
    await send('POST', '/oauth/userinfo', { body: new URLSearchParams(twice) }),
    'invalid_request',
    400,
    twice,
  )
})

test('a parameter that is needed is missed, and an empty one is none', async () => {
  for (const form of ['', 'grant_type=', 'token=', 'x=y', 'grant_type', '&&&', '=', '=x', 'GRANT_TYPE=x&TOKEN=x']) {
    for (const path of POSTED) assertError(await sendForm(path, form), 'invalid_request', 400, [path, form])
  }
})

test('a parameter in the query is none', async () => {
  const query = `?${new URLSearchParams({ grant_type: 'client_credentials', token: tokens.access })}`
  for (const path of POSTED) assertError(await sendForm(path + query, ''), 'invalid_request', 400, path)
  const { status } = await send('GET', `/oauth/userinfo?access_token=${tokens.access}`)
  assert.equal(status, 401)
  const secret = `?client_id=${client.clientId}&client_secret=${client.secret}`
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  assertError(await send('POST', `/oauth/token${secret}`, { body }), 'invalid_client', 401, 'credentials in the query')
})

test('a parameter that is too long is refused', async () => {
  const long = 'x'.repeat(8193)
  for (const form of [`token=${long}`, `grant_type=${long}`, `grant_type=refresh_token&refresh_token=${long}`]) {
    for (const path of POSTED)
      assertError(await sendForm(path, form), 'invalid_request', 400, [path, form.slice(0, 60)])
  }
  const scope = `grant_type=client_credentials&scope=${long}`
  assertError(await sendForm('/oauth/token', scope), 'invalid_request', 400, 'scope')
  const resource = `grant_type=client_credentials&resource=https://x.example/${long}`
  assertError(await sendForm('/oauth/token', resource), 'invalid_target', 400, 'resource')
  assert.equal((await sendForm('/oauth/revoke', `token=${'x'.repeat(8192)}`)).status, 200)
})

test('userinfo asks who sends no token for one, and tells of no error', async () => {
  const { status, headers, text } = await send('GET', '/oauth/userinfo')
  assert.equal(status, 401)
  assert.match(headers.get('www-authenticate') ?? '', new RegExp(`^Bearer realm="${server.url}", DPoP algs="ES256 `))
  assert.equal(text, '')
  const twice = new URLSearchParams({ access_token: tokens.access })
  assertError(await sendForm('/oauth/userinfo', twice), 'invalid_request', 400, 'the token twice')
})

test('userinfo says which scope is missing', async () => {
  const { body } = await post(server, '/oauth/token', refreshOf('profile'), { authorization: client.basic })
  const headers = { authorization: `Bearer ${body.access_token}` }
  const answer = await send('GET', '/oauth/userinfo', { headers })
  assertError(answer, 'insufficient_scope', 403, 'no openid')
  assert.match(answer.headers.get('www-authenticate') ?? '', /error="insufficient_scope".*scope="openid"/)
  const own = await post(server, '/oauth/token', { grant_type: 'client_credentials' }, { authorization: client.basic })
  const nobody = { authorization: `Bearer ${own.body.access_token}` }
  assertError(await send('GET', '/oauth/userinfo', { headers: nobody }), 'invalid_token', 401, 'no person')
})

function refreshOf(scope: string): Record<string, string> {
  return { grant_type: 'refresh_token', refresh_token: tokens.refresh, scope }
}

test('addresses that lead nowhere are told so', async () => {
  for (const [path, status] of [
    ['/realms/nothing/oauth/token', 404],
    [`/realms/${'a'.repeat(300)}/oauth/token`, 404],
    ['/realms/%00/oauth/token', 404],
    ['/realms/%ff/oauth/token', 400],
    ['/realms/..%2fdefault/oauth/token', 404],
    ['/realms//oauth/token', 404],
    ['//realms/nothing/oauth/token', 404],
    ['/oauth/token/token', 404],
    ['/OAUTH/TOKEN', 404],
    ['/oauth/token;x=1', 404],
  ] as const) {
    const answer = await send('POST', path, { body: new URLSearchParams({ grant_type: 'client_credentials' }) })
    assert.equal(answer.status, status, path)
    assert.match(JSON.parse(answer.text).error, /^(not_found|invalid_request)$/)
    assert.doesNotMatch(answer.text, /FST_ERR|node_modules/)
  }
})

const NAMES = [
  ...['grant_type', 'client_id', 'client_secret', 'client_assertion', 'client_assertion_type', 'code', 'code_verifier'],
  ...['redirect_uri', 'refresh_token', 'scope', 'resource', 'audience', 'token', 'token_type_hint', 'access_token'],
  'device_code',
  ...['__proto__', 'constructor', ''],
]
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.constantFrom(
    'authorization_code',
    'refresh_token',
    'client_credentials',
    DEVICE_CODE_GRANT,
    'openid',
    'a.b.c',
    '\0',
    '\r\n',
    '%',
    '+',
  ),
  fc.constantFrom('urn:ietf:params:oauth:client-assertion-type:jwt-bearer', 'e30.e30.', 'eyJqdGkiOjF9.eyJqdGkiOjF9.'),
)
const pairs = fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 8 })
const credentials = fc.oneof(
  fc.constantFrom('none', 'right'),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }).map((text) => `Basic ${btoa(text)}`),
  fc.constantFrom('Basic', 'Basic =', 'Bearer', 'Bearer x.y.z', 'DPoP x', ','),
)

for (const path of TAKES_FORMS.filter((path) => path.startsWith('/oauth/'))) {
  test(`${path} answers nonsense in its own words`, async () => {
    await fc.assert(
      fc.asyncProperty(pairs, credentials, async (form, authorization) => {
        const header = authorization === 'right' ? client.basic : authorization
        const answer = await send('POST', path, {
          body: new URLSearchParams(form.map(([name, text]) => [name, text.toWellFormed()])),
          headers: header === 'none' ? {} : { authorization: header },
        })
        if (answer.status !== 200) assertRefused(answer, [form, authorization])
      }),
      { numRuns: 80 },
    )
  })

  test(`${path} answers bytes that are no form`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const answer = await sendForm(path, bytes.slice())
        if (answer.status !== 200) assertRefused(answer, [...bytes])
      }),
      { numRuns: 30 },
    )
  })
}

test('the authorization endpoint and sign-out answer any query with a page or a redirect', async () => {
  const names = [
    'client_id',
    'response_type',
    'redirect_uri',
    'scope',
    'state',
    'id_token_hint',
    'transaction',
    'prompt',
  ]
  const query = fc.array(fc.tuple(fc.constantFrom(...names), fc.oneof(value, fc.constant(client.clientId))))
  await fc.assert(
    fc.asyncProperty(
      query,
      fc.constantFrom('/oauth/authorize', '/oauth/authorize/resume', '/oauth/logout'),
      async (given, path) => {
        const search = new URLSearchParams(given.map(([name, text]) => [name, text.toWellFormed()]))
        const { status, text } = await send('GET', `${path}?${search}`)
        assert.ok(status < 500, `${path}?${search} answered ${status}: ${text}`)
      },
    ),
    { numRuns: 60 },
  )
})

test('nothing of this was a defect', () => {
  assert.doesNotMatch(server.output(), /failed unexpectedly/)
})
