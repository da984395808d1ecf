// Checks the page that makes the first administrator.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { sql } from 'kysely'
import { readForm } from '#http/body.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { Parameters } from '#web/parameters.ts'
import { type GetStartedRequest, getStartedPage } from './get-started.page.ts'
import type { PageReply } from './page-reply.ts'

let services: TestServices

beforeEach(async () => {
  services = await openTestServices()
})
afterEach(() => services.close())

const ADA = { email: 'ada@example.com', password: 'correct horse battery staple' }

function ask(given: Partial<GetStartedRequest>, fields: Record<string, string> = {}): Promise<PageReply> {
  return getStartedPage(services, {
    method: 'GET',
    headers: { 'sec-fetch-site': 'same-origin' },
    origin: { ip: '192.0.2.1', userAgent: null, requestId: 'r', surface: 'get-started' },
    token: undefined,
    form: new Parameters(readForm(new URLSearchParams(fields).toString())),
    action: '/admin/get-started',
    ...given,
  })
}

/** Opens the link. @returns the fields of its form */
async function open(): Promise<Record<string, string>> {
  const { status, body = '' } = await ask({ token: services.bootstrapSecret })
  assert.equal(status, 200)
  const value = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(body)?.[1] ?? ''
  return { token: value('token'), csrf: value('csrf') }
}

test('the link makes one administrator, who gets in with that password', async () => {
  const fields = await open()
  const answers = await Promise.all(
    ['ada', 'bob', 'cy'].map((name) =>
      ask({ method: 'POST' }, { ...fields, ...ADA, email: `${name}@example.com`, password: `${ADA.password} ${name}` }),
    ),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 410, 410])
  const done = answers.find(({ status }) => status === 200)
  assert.match(done?.body ?? '', /(ada|bob|cy)@example\.com/)
  assert.doesNotMatch(done?.body ?? '', /correct horse/)
  assert.equal((await ask({ token: services.bootstrapSecret })).status, 410)
})

test('a double click on the button gets one administrator and the same answer, for a minute', async () => {
  const fields = await open()
  const click = (changes = {}) => ask({ method: 'POST' }, { ...fields, ...ADA, ...changes })
  const answers = [...(await Promise.all([click(), click()])), await click()]
  for (const { status, body } of answers) {
    assert.equal(status, 200)
    assert.equal(body, answers[0]?.body)
  }
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table('user')} where admin_role is not null`.execute(
    services.database.read.kysely,
  )
  assert.equal(Number(rows[0]?.count), 1)
  for (const other of [{ password: 'another good password' }, { email: 'eve@example.com' }, { csrf: 'x' }]) {
    assert.ok((await click(other)).status >= 400)
  }
  services.clock.advance(60_000)
  assert.equal((await click()).status, 410)
})

test('a wrong or missing link, or one that has expired, shows a page without a form', async () => {
  for (const token of [undefined, 'wrong', `${services.bootstrapSecret}x`]) {
    const { status, body = '' } = await ask({ token })
    assert.equal(status, 410)
    assert.doesNotMatch(body, /<form|<input/)
  }
  const fields = await open()
  assert.equal((await ask({ method: 'POST' }, { ...ADA })).status, 410)
  services.clock.advance(24 * 3_600_000)
  assert.equal((await ask({ token: services.bootstrapSecret })).status, 410)
  assert.equal((await ask({ method: 'POST' }, { ...fields, ...ADA })).status, 410)
})

test('what is wrong is said beside the field, and the link goes on working', async () => {
  const fields = await open()
  for (const [changes, words] of [
    [{ email: 'nobody' }, /email-problem/],
    [{ password: 'short' }, /password-problem/],
    [{ password: 'password123' }, /password-problem/],
    [{ email: '', password: '' }, /email-problem/],
  ] as const) {
    const { status, body = '' } = await ask({ method: 'POST' }, { ...fields, ...ADA, ...changes })
    assert.equal(status, 400)
    assert.match(body, words)
    assert.doesNotMatch(body, /correct horse|password123/)
  }
  assert.equal((await ask({ method: 'POST' }, { ...fields, ...ADA })).status, 200)
})

test('a form of another site, or without its token, makes nobody', async () => {
  const fields = await open()
  const posted = { ...fields, ...ADA }
  const foreign = await ask({ method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } }, posted)
  assert.equal(foreign.status, 403)
  assert.equal((await ask({ method: 'POST' }, { ...posted, csrf: 'x' })).status, 403)
  assert.equal((await ask({ method: 'POST' }, posted)).status, 200)
})

test('the page is sent like every other: not framed, not kept, and the link not told on', async () => {
  for (const { headers } of [await ask({ token: services.bootstrapSecret }), await ask({})]) {
    assert.match(
      String(headers['content-security-policy']),
      /default-src 'none'.*form-action 'self';.*frame-ancestors 'none'/,
    )
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cache-control'], 'no-store')
  }
})
