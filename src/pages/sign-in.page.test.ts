// Checks the sign-in page.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { AuthorizationCode } from '#domain/authorization/authorization-code.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { revokeSession } from '#domain/session/session.service.ts'
import { setUserPassword, updateUser } from '#domain/user/user.service.ts'
import { UserPatch } from '#domain/user/user.ts'
import { Failure } from '#kernel/error.ts'
import { parse } from '#kernel/parse.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { type FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { passkeyFormOf } from '#testing/passkey.ts'

let fixture: AuthorizationFixture

beforeEach(async () => {
  fixture = await openAuthorizationFixture()
})
afterEach(() => fixture.close())

const ADA = { email: 'ada@example.com', password: PASSWORD }
const CROSS_SITE = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }

/** Asks for authorization and comes to the sign-in page. */
async function arrive(browser: FormBrowser, changes: Record<string, string | null> = {}): Promise<PageResponse> {
  const page = await browser.follow(await browser.get('/oauth/authorize', fixture.request(changes)))
  assert.equal(page.status, 200)
  return page
}

/** Posts the sign-in form without following. */
function enter(
  browser: FormBrowser,
  page: PageResponse,
  values: Record<string, string>,
  headers?: Record<string, string>,
) {
  const { action, fields } = formOf(page)
  return browser.post(action, { ...fields, ...values }, headers)
}

const sessions = () =>
  fixture.services
    .contextFor()
    .read.sessions.list(fixture.services.realm.id, { limit: 100 })
    .then(({ data }) => data.reverse())

test('the page says who asks and where one returns to, and may load and send nothing else', async () => {
  const page = await arrive(fixture.newBrowser(), { login_hint: 'ada@example.com' })
  assert.match(page.text, /Tidewater/)
  assert.match(page.text, /app\.example/)
  assert.match(page.text, /value="ada@example\.com"/)
  const { headers } = page
  assert.equal(
    headers['content-security-policy'],
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  )
  assert.deepEqual(page.text.match(/<script[^>]*>[^<]*/g)?.length, 1)
  assert.match(page.text, /<script src="\/assets\/passkey-[0-9a-f]{8}\.js" defer><\/script>/)
  assert.doesNotMatch(page.text, /\sstyle=|\son\w+=/)
  assert.equal(headers['cross-origin-opener-policy'], 'unsafe-none')
  assert.ok(headers['permissions-policy'])
})

test('CO-03 RU-16 no page is framed, kept or tells where it came from, errors among them', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  const pages = [
    page,
    await enter(browser, page, { email: 'ada@example.com', password: 'wrong' }),
    await browser.get('/oauth/authorize', { client_id: 'nobody' }),
    await browser.get('/sign-in'),
    await browser.get('/signed-out'),
    await browser.get('/oauth/authorize/resume'),
  ]
  for (const { status, headers } of pages) {
    assert.ok(status < 500)
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  }
})

test('SE-02 cookies are bound to the host, out of reach of scripts and of other sites', async () => {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  assert.deepEqual([...browser.cookies.keys()].sort(), [
    '__Host-browser-default',
    '__Host-known-default',
    '__Host-session-default',
  ])
  for (const line of browser.setCookies)
    assert.match(line, /; Path=\/; HttpOnly; SameSite=Lax; Secure(; Max-Age=\d+)?$/)
  const stored = await sessions()
  assert.doesNotMatch(JSON.stringify(stored), new RegExp(browser.cookies.get('__Host-session-default') ?? ''))
})

test('SE-01 a planted session is not the one that is signed in to', async () => {
  const browser = fixture.newBrowser()
  browser.cookies.set('__Host-session-default', 'planted-by-somebody-else-000000000000000000')
  await authorizeInBrowser(browser, fixture.request())
  const first = browser.cookies.get('__Host-session-default')
  assert.notEqual(first, 'planted-by-somebody-else-000000000000000000')
  await authorizeInBrowser(browser, fixture.request({ prompt: 'login' }))
  assert.notEqual(browser.cookies.get('__Host-session-default'), first)
  const thief = fixture.newBrowser()
  thief.cookies.set('__Host-session-default', first ?? '')
  assert.equal(
    answerOf(await thief.get('/oauth/authorize', fixture.request({ prompt: 'none' }))).error,
    'login_required',
  )
})

test('who signs in again goes on with the session; somebody else ends it', async () => {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  await authorizeInBrowser(browser, fixture.request({ prompt: 'login' }))
  assert.equal((await sessions()).length, 1)
  await authorizeInBrowser(browser, fixture.request({ prompt: 'select_account' }), { email: 'bob@example.com' })
  const [adas, bobs] = await sessions()
  assert.equal(adas?.userId, fixture.ada.id)
  assert.equal(adas?.endedAt, fixture.services.clock.now())
  assert.equal(bobs?.userId, fixture.bob.id)
  assert.equal(bobs?.endedAt, null)
  const started = await fixture.events('session.started')
  assert.deepEqual(
    started.map(({ actor, data }) => [actor.id, data.renewed]),
    [
      [fixture.ada.id, false],
      [fixture.ada.id, true],
      [fixture.bob.id, false],
    ],
  )
})

test('SE-04 a session that was ended, or left alone for too long, is none', async () => {
  const browser = fixture.newBrowser()
  const silent = () => browser.get('/oauth/authorize', fixture.request({ prompt: 'none' })).then(answerOf)
  await authorizeInBrowser(browser, fixture.request())
  assert.ok((await silent()).code)
  const [session] = await sessions()
  await revokeSession(fixture.services.contextFor(), { id: session?.id ?? '' })
  assert.equal((await silent()).error, 'login_required')
  await authorizeInBrowser(browser, fixture.request())
  fixture.services.clock.advance(fixture.services.realm.policy.sessionIdleLifetime * 1000)
  assert.equal((await silent()).error, 'login_required')
})

test('a person who is suspended while signed in gets no code', async () => {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  await updateUser(fixture.services.contextFor(), parse(UserPatch, { id: fixture.ada.id, status: 'suspended' }))
  const answer = answerOf(await browser.get('/oauth/authorize', fixture.request({ prompt: 'none' })))
  assert.equal(answer.error, 'login_required')
})

test('CO-02 credentials posted from another site are refused, cookies or not', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  for (const headers of [CROSS_SITE, { origin: 'https://evil.example' }]) {
    const visit = await enter(browser, page, ADA, headers)
    assert.equal(visit.status, 403)
    assert.equal(visit.error, 'forbidden')
    assert.equal((await enter(fixture.newBrowser(), page, ADA, headers)).status, 403)
  }
  assert.equal((await sessions()).length, 0)
  assert.equal((await enter(browser, page, ADA)).status, 303)
})

test('over https, a browser that sends Origin: null and no Sec-Fetch-Site signs in; its CSRF token decides', async () => {
  assert.match(fixture.services.registry.settings.publicUrl, /^https:/)
  const withoutHeaders = { origin: 'null' }
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  const stranger = fixture.newBrowser()
  const theirs = formOf(await arrive(stranger)).fields
  for (const csrf of ['', 'x', theirs.csrf ?? '']) {
    assert.equal((await enter(browser, page, { ...ADA, csrf }, withoutHeaders)).error, 'forbidden')
  }
  assert.equal((await enter(stranger, page, ADA, withoutHeaders)).error, 'forbidden', 'another browser')
  assert.equal((await enter(fixture.newBrowser(), page, ADA, withoutHeaders)).error, 'forbidden', 'no cookie')
  assert.equal((await sessions()).length, 0)
  const { status, location = '' } = await enter(browser, page, ADA, withoutHeaders)
  assert.equal(status, 303)
  assert.match(location, /\/oauth\/authorize\/resume/)
  assert.equal((await sessions()).length, 1)
})

test('CO-01 a form without its token, or with another transaction’s, is refused', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  const other = formOf(await arrive(browser)).fields
  for (const values of [{ csrf: '' }, { csrf: 'x' }, { csrf: other.csrf ?? '' }]) {
    assert.equal((await enter(browser, page, { ...ADA, ...values })).status, 403)
  }
  const elsewhere = fixture.newBrowser()
  const theirs = await arrive(elsewhere)
  assert.equal((await enter(browser, page, { ...ADA, csrf: formOf(theirs).fields.csrf ?? '' })).status, 403)
})

test('CO-08 a transaction is worth nothing in another browser', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  const { transaction = '' } = formOf(page).fields
  for (const stranger of [fixture.newBrowser(), fixture.newBrowser()]) {
    for (const path of ['/sign-in', '/consent', '/oauth/authorize/resume']) {
      assert.equal((await stranger.get(path, { transaction })).error, 'forbidden', path)
    }
    assert.equal((await enter(stranger, page, ADA)).status, 403)
    await arrive(stranger)
  }
  assert.equal((await sessions()).length, 0)
})

test('CO-12 nothing in a page’s address says where to go on', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  const { fields } = formOf(page)
  for (const evil of ['//evil.example', '/\\evil.example', 'https:evil.example', 'https%3A%2F%2Fevil.example']) {
    const answer = await browser.get('/sign-in', {
      transaction: fields.transaction ?? '',
      continue: evil,
      return_to: evil,
    })
    assert.doesNotMatch(answer.text, /evil/)
    assert.equal((await browser.get('/sign-in', { continue: evil })).location, undefined)
  }
})

test('SE-12 an account that is switched in another tab does not finish this one’s request', async () => {
  const browser = fixture.newBrowser()
  const page = await browser.submit(await arrive(browser), ADA)
  assert.match(page.text, /ada@example\.com/)
  await authorizeInBrowser(browser, fixture.request({ prompt: 'login', scope: 'openid' }), { email: 'bob@example.com' })
  const stale = await browser.post('/consent', { ...formOf(page).fields, decision: 'allow' })
  assert.equal(stale.status, 403)
  const { transaction = '' } = formOf(page).fields
  const again = await browser.follow(await browser.get('/oauth/authorize/resume', { transaction }))
  assert.match(again.text, /bob@example\.com/, 'it asks whoever is signed in now')
})

test('to confirm, one’s address is filled in; another account can be chosen', async () => {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  const page = await arrive(browser, { prompt: 'login' })
  assert.match(page.text, /readonly/)
  assert.match(page.text, /value="ada@example\.com"/)
  const blank = await browser.submit(page, { decision: 'switch_account' })
  assert.doesNotMatch(blank.text, /readonly|ada@example/)
  const asked = await browser.submit(blank, { email: 'bob@example.com', password: PASSWORD })
  const { location } = await browser.submit(asked, { decision: 'allow' })
  assert.equal((await fixture.codeBehind(location))?.userId, fixture.bob.id)
})

test('an account can be switched on the consent page too', async () => {
  const browser = fixture.newBrowser()
  const asked = await browser.submit(await arrive(browser), ADA)
  const blank = await browser.submit(asked, { decision: 'switch_account' })
  const bobs = await browser.submit(blank, { email: 'bob@example.com', password: PASSWORD })
  const code: AuthorizationCode | undefined = await fixture.codeBehind(
    (await browser.submit(bobs, { decision: 'allow' })).location,
  )
  assert.equal(code?.userId, fixture.bob.id)
  assert.equal(
    (await fixture.services.contextFor().read.grants.find(fixture.ada.id, fixture.client.id, '')) === undefined,
    true,
  )
})

test('EN-01 an unknown account, a wrong password and a suspended person look alike', async () => {
  await updateUser(fixture.services.contextFor(), parse(UserPatch, { id: fixture.bob.id, status: 'suspended' }))
  const answers: PageResponse[] = []
  for (const [email, password] of [
    ['ada@example.com', 'wrong password'],
    ['bob@example.com', PASSWORD],
    ['bob@example.com', 'wrong password'],
    ['eve@example.com', PASSWORD],
  ] as const) {
    const browser = fixture.newBrowser()
    const page = await arrive(browser)
    const answer = await enter(browser, page, { email, password })
    const { csrf = '', transaction = '' } = formOf(page).fields
    const text = answer.text.replaceAll(email, 'EMAIL').replaceAll(csrf, 'CSRF').replaceAll(transaction, 'ID')
    const length = text.length
    // Every page has a challenge of its own.
    const { fields, options } = passkeyFormOf(answer)
    const same = text.replaceAll(fields.ceremony ?? '', 'CEREMONY').replaceAll(options.challenge, 'CHALLENGE')
    answers.push({ ...answer, text: `${length} ${same}` })
    assert.deepEqual([...browser.cookies.keys()], ['__Host-browser-default'])
  }
  const [first, ...others] = answers
  assert.equal(first?.status, 400)
  assert.match(first.text, /do not match/)
  for (const other of others) assert.deepEqual(other, first)
})

test('EN-02 an unknown account costs a verification too', async () => {
  const hashes: (string | null)[] = []
  const { crypto } = fixture.services
  const verifyPassword: typeof crypto.verifyPassword = (password, hash) => {
    hashes.push(hash)
    return crypto.verifyPassword(password, hash)
  }
  const services = { ...fixture.services, crypto: { ...crypto, verifyPassword } }
  const browser = fixture.newBrowser({ services })
  for (const email of ['eve@example.com', 'ada@example.com']) {
    await enter(browser, await arrive(browser), { email, password: 'wrong password' })
  }
  assert.deepEqual([hashes.length, hashes[0], typeof hashes[1]], [2, null, 'string'])
})

test('failures are told to the log, without what was typed', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  await enter(browser, page, { email: 'my-secret-password', password: 'another-secret' })
  await enter(browser, page, { email: 'ADA@example.com', password: 'another-secret' })
  const failed = await fixture.events('sign_in.failed')
  assert.deepEqual(
    failed.map(({ subject, result }) => [subject.id, result]),
    [
      ['unknown', 'failure'],
      [fixture.ada.id, 'failure'],
    ],
  )
  assert.doesNotMatch(JSON.stringify(failed), /secret/)
})

test('EN-07 of a hundred passwords at once, as many are looked at as the limit allows', async () => {
  let evaluated = 0
  const { crypto } = fixture.services
  const verifyPassword = async () => {
    evaluated += 1
    return false
  }
  const services = { ...fixture.services, crypto: { ...crypto, verifyPassword } }
  const browser = fixture.newBrowser({ services })
  const page = await arrive(browser)
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => enter(browser, page, { ...ADA, password: `guess ${index}` })),
  )
  // Past the budget, as many passwords again are looked at: the right one counts in a network that the person uses.
  assert.equal(evaluated, 10)
  assert.equal(answers.filter(({ status }) => status === 429).length, 95)
  for (const { status, headers } of answers) if (status === 429) assert.match(String(headers['retry-after']), /^\d+$/)
})

test('EN-09 an account has one budget, whatever it is spelled like and wherever one is', async () => {
  const spellings = ['ada@example.com', 'ADA@EXAMPLE.COM', ' ada@example.com ', 'Ada@example.com', 'aDa@example.com']
  for (const [index, email] of spellings.entries()) {
    const browser = fixture.newBrowser({ ip: `198.51.100.${index}` })
    assert.equal((await enter(browser, await arrive(browser), { email, password: 'wrong' })).status, 400)
  }
  const visitor = fixture.newBrowser({ ip: '203.0.113.1', base: '/realms/default' })
  const page = await visitor.follow(await visitor.get('/realms/default/oauth/authorize', fixture.request()))
  assert.equal((await enter(visitor, page, ADA)).status, 429, 'even the right password waits')
})

/** The realm, with forms that ask for no proof of work: those have tests of their own. */
function withoutProofs(): Realm {
  const { realm } = fixture.services
  return { ...realm, policy: { ...realm.policy, proofOfWork: 'off' } }
}

test('EN-04 a network has a budget of its own', async () => {
  const browser = fixture.newBrowser({ ip: '2001:db8::1', realm: withoutProofs() })
  const page = await arrive(browser)
  for (let index = 0; index < 50; index++) {
    await enter(browser, page, { email: `p${index}@example.com`, password: 'wrong' })
  }
  const neighbour = fixture.newBrowser({ ip: '2001:db8::ffff', realm: withoutProofs() })
  assert.equal((await enter(neighbour, await arrive(neighbour), ADA)).status, 429)
  const stranger = fixture.newBrowser({ ip: '2001:db8:0:1::1', realm: withoutProofs() })
  assert.equal((await enter(stranger, await arrive(stranger), ADA)).status, 303)
})

test('a success gives the account its budget back, and costs the network nothing', async () => {
  const services = { ...fixture.services }
  for (let round = 0; round < 15; round++) {
    const browser = fixture.newBrowser({ services, realm: withoutProofs() })
    const page = await arrive(browser)
    for (let index = 0; index < 3; index++) await enter(browser, page, { ...ADA, password: 'wrong' })
    assert.equal((await enter(browser, page, ADA)).status, 303)
  }
})

test('who goes on failing waits longer', async () => {
  const waits: number[] = []
  const browser = fixture.newBrowser()
  for (let index = 0; index < 40; index++) {
    const answer = await enter(browser, await arrive(browser), { ...ADA, password: 'wrong' })
    if (answer.status !== 429) continue
    const wait = Number(answer.headers['retry-after'])
    waits.push(wait)
    fixture.services.clock.advance(wait * 1000)
  }
  assert.ok(Math.max(...waits) > 300, `never longer than the window: ${waits}`)
  assert.ok((waits.at(-1) ?? 0) > (waits[0] ?? 0))
})

test('EN-06 a person who is locked out by others still gets in where they signed in before', async () => {
  const home = fixture.newBrowser({ ip: '198.51.100.1' })
  await authorizeInBrowser(home, fixture.request())
  const attacker = fixture.newBrowser({ ip: '203.0.113.66' })
  const page = await arrive(attacker)
  for (let index = 0; index < 6; index++) await enter(attacker, page, { ...ADA, password: 'wrong' })
  assert.equal((await enter(attacker, page, ADA)).status, 429)
  home.cookies.delete('__Host-session-default')
  assert.equal((await enter(home, await arrive(home), ADA)).status, 303)
  const bob = { email: 'bob@example.com', password: 'wrong' }
  attacker.cookies.set('__Host-known-default', home.cookies.get('__Host-known-default') ?? '')
  for (let index = 0; index < 5; index++) await enter(attacker, page, bob)
  assert.equal((await enter(attacker, page, bob)).status, 429, 'one account’s browser is a stranger to another')
})

test('EN-08 without its limiter nobody is let in, and no password is looked at', async () => {
  let evaluated = 0
  const broken = async () => {
    throw new Failure('temporarily_unavailable')
  }
  const verifyPassword = async () => {
    evaluated += 1
    return true
  }
  const { crypto, limiter } = fixture.services
  const services = { ...fixture.services, limiter: { ...limiter, take: broken }, crypto: { ...crypto, verifyPassword } }
  const browser = fixture.newBrowser({ services })
  const visit = await enter(browser, await arrive(browser), ADA)
  assert.equal(visit.status, 503)
  assert.equal(evaluated, 0)
})

test('a form without address or password is shown again and costs no attempt', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  for (let index = 0; index < 8; index++) {
    assert.equal((await enter(browser, page, { email: 'ada@example.com' })).status, 400)
    assert.equal((await enter(browser, page, { email: ' ', password: 'x' })).status, 400)
  }
  assert.equal((await enter(browser, page, ADA)).status, 303)
})

test('a password that is changed while it is being verified no longer signs in', async () => {
  const { crypto } = fixture.services
  const verifyPassword: typeof crypto.verifyPassword = async (password, hash) => {
    const right = await crypto.verifyPassword(password, hash)
    await setUserPassword(fixture.services.contextFor(), { id: fixture.ada.id, password: 'a quite different phrase' })
    return right
  }
  const browser = fixture.newBrowser({ services: { ...fixture.services, crypto: { ...crypto, verifyPassword } } })
  assert.equal((await enter(browser, await arrive(browser), ADA)).status, 400)
  assert.equal((await sessions()).length, 0)
})

test('a hash of yesterday’s cost is replaced at the next sign-in', async () => {
  const { crypto } = fixture.services
  const services = { ...fixture.services, crypto: { ...crypto, needsRehash: () => true } }
  const hashNow = async () =>
    (
      await fixture.services
        .contextFor()
        .read.users.findForSignIn(fixture.services.realm.directoryId, 'ada@example.com')
    )?.passwordHash
  const before = await hashNow()
  await authorizeInBrowser(fixture.newBrowser({ services }), fixture.request())
  assert.notEqual(await hashNow(), before)
  assert.ok(answerOf(await authorizeInBrowser(fixture.newBrowser(), fixture.request())).code)
})
