import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { AuthorizationCode } from '#domain/authorization/authorization-code.ts'
import { revokeSession } from '#domain/session/session.service.ts'
import { setUserPassword, updateUser } from '#domain/user/user.service.ts'
import { UserPatch } from '#domain/user/user.ts'
import { Failure } from '#kernel/error.ts'
import { parse } from '#kernel/parse.ts'
import { answerOf, goThrough, PASSWORD, type Scene, setScene } from '#testing/scene.ts'
import { formOf, type Visit, type Visitor } from '#testing/visitor.ts'

let scene: Scene

beforeEach(async () => {
  scene = await setScene()
})
afterEach(() => scene.close())

const ADA = { email: 'ada@example.com', password: PASSWORD }
const CROSS_SITE = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }

/** Asks for authorization and comes to the sign-in page. */
async function arrive(visitor: Visitor, changes: Record<string, string | null> = {}): Promise<Visit> {
  const page = await visitor.follow(await visitor.get('/oauth/authorize', scene.request(changes)))
  assert.equal(page.status, 200)
  return page
}

/** Posts the sign-in form without following. */
function enter(visitor: Visitor, page: Visit, values: Record<string, string>, headers?: Record<string, string>) {
  const { action, fields } = formOf(page)
  return visitor.post(action, { ...fields, ...values }, headers)
}

const sessions = () =>
  scene.house
    .contextFor()
    .read.sessions.list(scene.house.realm.id, { limit: 100 })
    .then(({ data }) => data.reverse())

test('the page says who asks and where one returns to, and may load and send nothing else', async () => {
  const page = await arrive(scene.visitor(), { login_hint: 'ada@example.com' })
  assert.match(page.text, /Tidewater/)
  assert.match(page.text, /app\.example/)
  assert.match(page.text, /value="ada@example\.com"/)
  const { headers } = page
  assert.equal(
    headers['content-security-policy'],
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' https://app.example; frame-ancestors 'none'; base-uri 'none'",
  )
  assert.doesNotMatch(page.text, /<script|\sstyle=|\son\w+=/)
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
  assert.ok(headers['permissions-policy'])
})

test('CO-03 RU-16 no page is framed, kept or tells where it came from, errors among them', async () => {
  const visitor = scene.visitor()
  const page = await arrive(visitor)
  const pages = [
    page,
    await enter(visitor, page, { email: 'ada@example.com', password: 'wrong' }),
    await visitor.get('/oauth/authorize', { client_id: 'nobody' }),
    await visitor.get('/sign-in'),
    await visitor.get('/signed-out'),
    await visitor.get('/oauth/authorize/resume'),
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

test('the form may lead to where a client’s redirect leads, however that is addressed', async () => {
  for (const [uri, source] of [
    ['http://127.0.0.1:5123/cb', 'http://127.0.0.1:5123'],
    ['http://[::1]:5123/cb', 'http:'],
    ['com.example.app:/cb', 'com.example.app:'],
  ] as const) {
    const { clientId } = await scene.makeClient({ redirectUris: [uri] })
    const page = await arrive(scene.visitor(), { client_id: clientId, redirect_uri: uri })
    assert.match(
      String(page.headers['content-security-policy']),
      new RegExp(`form-action 'self' ${RegExp.escape(source)};`),
    )
  }
})

test('SE-02 cookies are bound to the host, out of reach of scripts and of other sites', async () => {
  const visitor = scene.visitor()
  await goThrough(visitor, scene.request())
  assert.deepEqual([...visitor.cookies.keys()].sort(), [
    '__Host-browser-default',
    '__Host-known-default',
    '__Host-session-default',
  ])
  for (const line of visitor.setCookies)
    assert.match(line, /; Path=\/; HttpOnly; SameSite=Lax; Secure(; Max-Age=\d+)?$/)
  const stored = await sessions()
  assert.doesNotMatch(JSON.stringify(stored), new RegExp(visitor.cookies.get('__Host-session-default') ?? ''))
})

test('SE-01 a planted session is not the one that is signed in to', async () => {
  const visitor = scene.visitor()
  visitor.cookies.set('__Host-session-default', 'planted-by-somebody-else-000000000000000000')
  await goThrough(visitor, scene.request())
  const first = visitor.cookies.get('__Host-session-default')
  assert.notEqual(first, 'planted-by-somebody-else-000000000000000000')
  await goThrough(visitor, scene.request({ prompt: 'login' }))
  assert.notEqual(visitor.cookies.get('__Host-session-default'), first)
  const thief = scene.visitor()
  thief.cookies.set('__Host-session-default', first ?? '')
  assert.equal(answerOf(await thief.get('/oauth/authorize', scene.request({ prompt: 'none' }))).error, 'login_required')
})

test('who signs in again goes on with the session; somebody else ends it', async () => {
  const visitor = scene.visitor()
  await goThrough(visitor, scene.request())
  await goThrough(visitor, scene.request({ prompt: 'login' }))
  assert.equal((await sessions()).length, 1)
  await goThrough(visitor, scene.request({ prompt: 'select_account' }), { email: 'bob@example.com' })
  const [adas, bobs] = await sessions()
  assert.equal(adas?.userId, scene.ada.id)
  assert.equal(adas?.endedAt, scene.house.clock.now())
  assert.equal(bobs?.userId, scene.bob.id)
  assert.equal(bobs?.endedAt, null)
  const started = await scene.events('session.started')
  assert.deepEqual(
    started.map(({ actor, data }) => [actor.id, data.renewed]),
    [
      [scene.ada.id, false],
      [scene.ada.id, true],
      [scene.bob.id, false],
    ],
  )
})

test('SE-04 a session that was ended, or left alone for too long, is none', async () => {
  const visitor = scene.visitor()
  const silent = () => visitor.get('/oauth/authorize', scene.request({ prompt: 'none' })).then(answerOf)
  await goThrough(visitor, scene.request())
  assert.ok((await silent()).code)
  const [session] = await sessions()
  await revokeSession(scene.house.contextFor(), { id: session?.id ?? '' })
  assert.equal((await silent()).error, 'login_required')
  await goThrough(visitor, scene.request())
  scene.house.clock.advance(scene.house.realm.policy.sessionIdleLifetime * 1000)
  assert.equal((await silent()).error, 'login_required')
})

test('a person who is suspended while signed in gets no code', async () => {
  const visitor = scene.visitor()
  await goThrough(visitor, scene.request())
  await updateUser(scene.house.contextFor(), parse(UserPatch, { id: scene.ada.id, status: 'suspended' }))
  const answer = answerOf(await visitor.get('/oauth/authorize', scene.request({ prompt: 'none' })))
  assert.equal(answer.error, 'login_required')
})

test('CO-02 credentials posted from another site are refused, cookies or not', async () => {
  const visitor = scene.visitor()
  const page = await arrive(visitor)
  for (const headers of [CROSS_SITE, { origin: 'https://evil.example' }, { origin: 'null' }]) {
    const visit = await enter(visitor, page, ADA, headers)
    assert.equal(visit.status, 403)
    assert.equal(visit.error, 'forbidden')
    assert.equal((await enter(scene.visitor(), page, ADA, headers)).status, 403)
  }
  assert.equal((await sessions()).length, 0)
  assert.equal((await enter(visitor, page, ADA)).status, 303)
})

test('CO-01 a form without its token, or with another transaction’s, is refused', async () => {
  const visitor = scene.visitor()
  const page = await arrive(visitor)
  const other = formOf(await arrive(visitor)).fields
  for (const values of [{ csrf: '' }, { csrf: 'x' }, { csrf: other.csrf ?? '' }]) {
    assert.equal((await enter(visitor, page, { ...ADA, ...values })).status, 403)
  }
  const elsewhere = scene.visitor()
  const theirs = await arrive(elsewhere)
  assert.equal((await enter(visitor, page, { ...ADA, csrf: formOf(theirs).fields.csrf ?? '' })).status, 403)
})

test('CO-08 a transaction is worth nothing in another browser', async () => {
  const visitor = scene.visitor()
  const page = await arrive(visitor)
  const { transaction = '' } = formOf(page).fields
  for (const stranger of [scene.visitor(), scene.visitor()]) {
    for (const path of ['/sign-in', '/consent', '/oauth/authorize/resume']) {
      assert.equal((await stranger.get(path, { transaction })).error, 'forbidden', path)
    }
    assert.equal((await enter(stranger, page, ADA)).status, 403)
    await arrive(stranger)
  }
  assert.equal((await sessions()).length, 0)
})

test('CO-09 a transaction gives one code, however often it is gone back to', async () => {
  const visitor = scene.visitor()
  const page = await arrive(visitor)
  const { transaction = '' } = formOf(page).fields
  const consentPage = await visitor.submit(page, ADA)
  const allowed = await visitor.post('/consent', { ...formOf(consentPage).fields, decision: 'allow' })
  const answers = await Promise.all(Array.from({ length: 10 }, () => visitor.get(allowed.location ?? '')))
  assert.equal(answers.filter(({ location }) => location?.includes('code=')).length, 1)
  assert.equal(answers.filter(({ status, error }) => status === 410 && error === 'expired').length, 9)
  for (const again of [
    await visitor.get('/oauth/authorize/resume', { transaction }),
    await visitor.get('/sign-in', { transaction }),
    await enter(visitor, page, ADA),
    await visitor.post('/consent', { ...formOf(consentPage).fields, decision: 'allow' }),
  ]) {
    assert.equal(again.error, 'expired')
    assert.equal(again.location, undefined)
  }
  assert.equal((await scene.events('authorization_code.issued')).length, 1)
})

test('a transaction ends after a quarter of an hour', async () => {
  const visitor = scene.visitor()
  const page = await arrive(visitor)
  scene.house.clock.advance(15 * 60_000)
  assert.equal((await enter(visitor, page, ADA)).error, 'expired')
})

test('CO-12 nothing in a page’s address says where to go on', async () => {
  const visitor = scene.visitor()
  const page = await arrive(visitor)
  const { fields } = formOf(page)
  for (const evil of ['//evil.example', '/\\evil.example', 'https:evil.example', 'https%3A%2F%2Fevil.example']) {
    const answer = await visitor.get('/sign-in', {
      transaction: fields.transaction ?? '',
      continue: evil,
      return_to: evil,
    })
    assert.doesNotMatch(answer.text, /evil/)
    assert.equal((await visitor.get('/sign-in', { continue: evil })).location, undefined)
  }
})

test('SE-12 an account that is switched in another tab does not finish this one’s request', async () => {
  const visitor = scene.visitor()
  const page = await visitor.submit(await arrive(visitor), ADA)
  assert.match(page.text, /ada@example\.com/)
  await goThrough(visitor, scene.request({ prompt: 'login', scope: 'openid' }), { email: 'bob@example.com' })
  const stale = await visitor.post('/consent', { ...formOf(page).fields, decision: 'allow' })
  assert.equal(stale.status, 403)
  const { transaction = '' } = formOf(page).fields
  const again = await visitor.follow(await visitor.get('/oauth/authorize/resume', { transaction }))
  assert.match(again.text, /bob@example\.com/, 'it asks whoever is signed in now')
})

test('to confirm, one’s address is filled in; another account can be chosen', async () => {
  const visitor = scene.visitor()
  await goThrough(visitor, scene.request())
  const page = await arrive(visitor, { prompt: 'login' })
  assert.match(page.text, /readonly/)
  assert.match(page.text, /value="ada@example\.com"/)
  const blank = await visitor.submit(page, { decision: 'switch_account' })
  assert.doesNotMatch(blank.text, /readonly|ada@example/)
  const asked = await visitor.submit(blank, { email: 'bob@example.com', password: PASSWORD })
  const { location } = await visitor.submit(asked, { decision: 'allow' })
  assert.equal((await scene.codeBehind(location))?.userId, scene.bob.id)
})

test('an account can be switched on the consent page too', async () => {
  const visitor = scene.visitor()
  const asked = await visitor.submit(await arrive(visitor), ADA)
  const blank = await visitor.submit(asked, { decision: 'switch_account' })
  const bobs = await visitor.submit(blank, { email: 'bob@example.com', password: PASSWORD })
  const code: AuthorizationCode | undefined = await scene.codeBehind(
    (await visitor.submit(bobs, { decision: 'allow' })).location,
  )
  assert.equal(code?.userId, scene.bob.id)
  assert.equal((await scene.house.contextFor().read.grants.find(scene.ada.id, scene.client.id, '')) === undefined, true)
})

test('EN-01 an unknown account, a wrong password and a suspended person look alike', async () => {
  await updateUser(scene.house.contextFor(), parse(UserPatch, { id: scene.bob.id, status: 'suspended' }))
  const answers: Visit[] = []
  for (const [email, password] of [
    ['ada@example.com', 'wrong password'],
    ['bob@example.com', PASSWORD],
    ['bob@example.com', 'wrong password'],
    ['eve@example.com', PASSWORD],
  ] as const) {
    const visitor = scene.visitor()
    const page = await arrive(visitor)
    const answer = await enter(visitor, page, { email, password })
    const { csrf = '', transaction = '' } = formOf(page).fields
    const text = answer.text.replaceAll(email, 'EMAIL').replaceAll(csrf, 'CSRF').replaceAll(transaction, 'ID')
    answers.push({ ...answer, text })
    assert.deepEqual([...visitor.cookies.keys()], ['__Host-browser-default'])
  }
  const [first, ...others] = answers
  assert.equal(first?.status, 400)
  assert.match(first.text, /do not match/)
  for (const other of others) assert.deepEqual(other, first)
})

test('EN-02 an unknown account costs a verification too', async () => {
  const hashes: (string | null)[] = []
  const { crypto } = scene.house
  const verifyPassword: typeof crypto.verifyPassword = (password, hash) => {
    hashes.push(hash)
    return crypto.verifyPassword(password, hash)
  }
  const house = { ...scene.house, crypto: { ...crypto, verifyPassword } }
  const visitor = scene.visitor({ house })
  for (const email of ['eve@example.com', 'ada@example.com']) {
    await enter(visitor, await arrive(visitor), { email, password: 'wrong password' })
  }
  assert.deepEqual([hashes.length, hashes[0], typeof hashes[1]], [2, null, 'string'])
})

test('failures are told to the log, without what was typed', async () => {
  const visitor = scene.visitor()
  const page = await arrive(visitor)
  await enter(visitor, page, { email: 'my-secret-password', password: 'another-secret' })
  await enter(visitor, page, { email: 'ADA@example.com', password: 'another-secret' })
  const failed = await scene.events('sign_in.failed')
  assert.deepEqual(
    failed.map(({ subject, result }) => [subject.id, result]),
    [
      ['unknown', 'failure'],
      [scene.ada.id, 'failure'],
    ],
  )
  assert.doesNotMatch(JSON.stringify(failed), /secret/)
})

test('EN-07 of a hundred passwords at once, as many are looked at as the limit allows', async () => {
  let evaluated = 0
  const { crypto } = scene.house
  const verifyPassword = async () => {
    evaluated += 1
    return false
  }
  const house = { ...scene.house, crypto: { ...crypto, verifyPassword } }
  const visitor = scene.visitor({ house })
  const page = await arrive(visitor)
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => enter(visitor, page, { ...ADA, password: `guess ${index}` })),
  )
  assert.equal(evaluated, 5)
  assert.equal(answers.filter(({ status }) => status === 429).length, 95)
  for (const { status, headers } of answers) if (status === 429) assert.match(String(headers['retry-after']), /^\d+$/)
})

test('EN-09 an account has one budget, whatever it is spelled like and wherever one is', async () => {
  const spellings = ['ada@example.com', 'ADA@EXAMPLE.COM', ' ada@example.com ', 'Ada@example.com', 'aDa@example.com']
  for (const [index, email] of spellings.entries()) {
    const visitor = scene.visitor({ ip: `198.51.100.${index}` })
    assert.equal((await enter(visitor, await arrive(visitor), { email, password: 'wrong' })).status, 400)
  }
  const visitor = scene.visitor({ ip: '203.0.113.1', base: '/realms/default' })
  const page = await visitor.follow(await visitor.get('/realms/default/oauth/authorize', scene.request()))
  assert.equal((await enter(visitor, page, ADA)).status, 429, 'even the right password waits')
})

test('EN-04 a network has a budget of its own', async () => {
  const visitor = scene.visitor({ ip: '2001:db8::1' })
  const page = await arrive(visitor)
  for (let index = 0; index < 50; index++) {
    await enter(visitor, page, { email: `p${index}@example.com`, password: 'wrong' })
  }
  const neighbour = scene.visitor({ ip: '2001:db8::ffff' })
  assert.equal((await enter(neighbour, await arrive(neighbour), ADA)).status, 429)
  const stranger = scene.visitor({ ip: '2001:db8:0:1::1' })
  assert.equal((await enter(stranger, await arrive(stranger), ADA)).status, 303)
})

test('a success gives the account its budget back, and costs the network nothing', async () => {
  const house = { ...scene.house }
  for (let round = 0; round < 15; round++) {
    const visitor = scene.visitor({ house })
    const page = await arrive(visitor)
    for (let index = 0; index < 3; index++) await enter(visitor, page, { ...ADA, password: 'wrong' })
    assert.equal((await enter(visitor, page, ADA)).status, 303)
  }
})

test('who goes on failing waits longer', async () => {
  const waits: number[] = []
  const visitor = scene.visitor()
  for (let index = 0; index < 40; index++) {
    const answer = await enter(visitor, await arrive(visitor), { ...ADA, password: 'wrong' })
    if (answer.status !== 429) continue
    const wait = Number(answer.headers['retry-after'])
    waits.push(wait)
    scene.house.clock.advance(wait * 1000)
  }
  assert.ok(Math.max(...waits) > 300, `never longer than the window: ${waits}`)
  assert.ok((waits.at(-1) ?? 0) > (waits[0] ?? 0))
})

test('EN-06 a person who is locked out by others still gets in where they signed in before', async () => {
  const home = scene.visitor({ ip: '198.51.100.1' })
  await goThrough(home, scene.request())
  const attacker = scene.visitor({ ip: '203.0.113.66' })
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
  const { crypto, limiter } = scene.house
  const house = { ...scene.house, limiter: { ...limiter, take: broken }, crypto: { ...crypto, verifyPassword } }
  const visitor = scene.visitor({ house })
  const visit = await enter(visitor, await arrive(visitor), ADA)
  assert.equal(visit.status, 503)
  assert.equal(evaluated, 0)
})

test('a form without address or password is shown again and costs no attempt', async () => {
  const visitor = scene.visitor()
  const page = await arrive(visitor)
  for (let index = 0; index < 8; index++) {
    assert.equal((await enter(visitor, page, { email: 'ada@example.com' })).status, 400)
    assert.equal((await enter(visitor, page, { email: ' ', password: 'x' })).status, 400)
  }
  assert.equal((await enter(visitor, page, ADA)).status, 303)
})

test('a password that is changed while it is being verified no longer signs in', async () => {
  const { crypto } = scene.house
  const verifyPassword: typeof crypto.verifyPassword = async (password, hash) => {
    const right = await crypto.verifyPassword(password, hash)
    await setUserPassword(scene.house.contextFor(), { id: scene.ada.id, password: 'a quite different phrase' })
    return right
  }
  const visitor = scene.visitor({ house: { ...scene.house, crypto: { ...crypto, verifyPassword } } })
  assert.equal((await enter(visitor, await arrive(visitor), ADA)).status, 400)
  assert.equal((await sessions()).length, 0)
})

test('a hash of yesterday’s cost is replaced at the next sign-in', async () => {
  const { crypto } = scene.house
  const house = { ...scene.house, crypto: { ...crypto, needsRehash: () => true } }
  const hashNow = async () =>
    (await scene.house.contextFor().read.users.findForSignIn(scene.house.realm.directoryId, 'ada@example.com'))
      ?.passwordHash
  const before = await hashNow()
  await goThrough(scene.visitor({ house }), scene.request())
  assert.notEqual(await hashNow(), before)
  assert.ok(answerOf(await goThrough(scene.visitor(), scene.request())).code)
})
