// Checks sign-ins with a second factor, and how a second factor is set up in the middle of one.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { setUserPassword, updateUser } from '#domain/user/user.service.ts'
import { UserPatch } from '#domain/user/user.ts'
import { parse } from '#kernel/parse.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { setMinAal } from '#testing/realm-level.ts'

let fixture: AuthorizationFixture
beforeEach(async () => {
  fixture = await openAuthorizationFixture()
})
afterEach(() => fixture.close())

const ADA = { email: 'ada@example.com', password: PASSWORD }
const now = () => fixture.services.clock.now()
const wait = (seconds: number) => fixture.services.clock.advance(seconds * 1000)
const giveAda = () => setUpTotp(fixture.services.contextFor(), fixture.ada.id)
const keyIn = ({ text }: PageResponse) => /<code class="key">([A-Z2-7 ]+)</.exec(text)?.[1]?.replaceAll(' ', '') ?? ''
const codesIn = ({ text }: PageResponse) =>
  [...text.matchAll(/<li><code>([^<]+)<\/code>/g)].map(([, code]) => code ?? '')
const isSignedIn = (browser: FormBrowser) => [...browser.cookies.keys()].some((name) => name.startsWith('session-'))

async function sessions() {
  const { data } = await fixture.services.contextFor().read.sessions.list(fixture.services.realm.id, { limit: 100 })
  return data
}

async function arrive(browser: FormBrowser, changes: Record<string, string | null> = {}): Promise<PageResponse> {
  const page = await browser.follow(await browser.get('/oauth/authorize', fixture.request(changes)))
  assert.equal(page.status, 200)
  return page
}

/** Comes to the page that asks for a second factor. */
async function halfWay(browser: FormBrowser, changes: Record<string, string | null> = {}): Promise<PageResponse> {
  const page = await browser.submit(await arrive(browser, changes), ADA)
  assert.match(page.text, /name="method"/)
  return page
}

/** Consents. @returns the code that the client gets stands for */
async function granted(browser: FormBrowser, page: PageResponse) {
  const end = /value="allow"/.test(page.text) ? await browser.submit(page, { decision: 'allow' }) : page
  return fixture.codeBehind(end.location)
}

test('MF-01 a password alone gives no session, no cookie and no code to who has a second factor', async () => {
  const { key } = await giveAda()
  const browser = fixture.newBrowser()
  const page = await halfWay(browser)
  assert.equal(isSignedIn(browser), false)
  assert.ok(browser.setCookies.every((line) => !/^(__Host-)?(session|known|csrf)-/.test(line)))
  assert.deepEqual(await sessions(), [])
  const { transaction = '' } = formOf(page).fields
  for (const path of ['/oauth/authorize/resume', '/consent', '/sign-in/recovery-codes', '/sign-in/authenticator']) {
    const visit = await browser.follow(await browser.get(path, { transaction }))
    assert.match(visit.text, /name="password"|name="method"/, path)
  }
  const silent = await browser.get('/oauth/authorize', fixture.request({ prompt: 'none' }))
  assert.equal(answerOf(silent).error, 'login_required')

  const code = await granted(browser, await browser.submit(page, { code: codeOf(key, now()) }))
  assert.deepEqual([code?.acr, code?.amr], ['aal2', ['pwd', 'otp', 'mfa']])
  const [session, ...others] = await sessions()
  assert.deepEqual([session?.aal, session?.amr, others.length], [2, ['pwd', 'otp', 'mfa'], 0])
  const [started] = await fixture.events('session.started')
  assert.deepEqual(started?.data.amr, ['pwd', 'otp', 'mfa'])
})

test('MF-01 what is half done is of one browser, and of the next ten minutes', async () => {
  const { key } = await giveAda()
  const browser = fixture.newBrowser()
  const page = await halfWay(browser)
  const { action, fields } = formOf(page)
  const stranger = fixture.newBrowser()
  await arrive(stranger)
  assert.equal((await stranger.post(action, { ...fields, code: codeOf(key, now()) })).error, 'forbidden')
  const crossSite = { 'sec-fetch-site': 'cross-site' }
  assert.equal((await browser.post(action, { ...fields, code: codeOf(key, now()) }, crossSite)).error, 'forbidden')
  wait(601)
  const late = await browser.submit(page, { code: codeOf(key, now()) })
  assert.match(late.text, /name="password"/)
  assert.deepEqual(await sessions(), [])
})

test('MF-01 a new password, a suspension and the loss of the app between the steps end the sign-in', async () => {
  const { key } = await giveAda()
  const context = fixture.services.contextFor()
  const { id } = fixture.ada
  const changes = [
    () => setUserPassword(context, { id, password: `${PASSWORD} again` }),
    () => setUserPassword(context, { id, password: PASSWORD }),
    () => updateUser(context, parse(UserPatch, { id, status: 'suspended' })),
  ]
  for (const [index, change] of changes.entries()) {
    if (index > 0) {
      wait(30)
      await setUserPassword(context, { id, password: PASSWORD })
    }
    const browser = fixture.newBrowser({ ip: `192.0.2.${index + 10}` })
    const page = await halfWay(browser)
    wait(1)
    await change()
    const end = await browser.submit(page, { code: codeOf(key, now()) })
    assert.match(end.text, /name="password"/)
    assert.equal(isSignedIn(browser), false)
  }
})

test('MF-02 a code works once: not in another browser, not twice at once, and a double click gets one session', async () => {
  const { key } = await giveAda()
  const [one, other] = [fixture.newBrowser(), fixture.newBrowser({ ip: '198.51.100.7' })]
  const pages = [await halfWay(one), await halfWay(other)] as const
  const code = codeOf(key, now())
  const first = formOf(pages[0])
  const answers = await Promise.all([
    one.post(first.action, { ...first.fields, code }),
    one.post(first.action, { ...first.fields, code }),
    other.submit(pages[1], { code }),
  ])
  assert.deepEqual(answers.map(({ status }) => status).slice(0, 2), [303, 303], 'both clicks go on')
  assert.match(answers[2].text, /was used before/)
  assert.equal((await sessions()).length, 1)
  assert.equal((await fixture.events('session.started')).length, 1)
  const [failed] = await fixture.events('sign_in.failed')
  assert.deepEqual([failed?.data.method, failed?.data.reason], ['totp', 'used_code'])
  // A wrong code after the double click opens nothing either.
  const third = await one.post(first.action, { ...first.fields, code: '000000' })
  assert.doesNotMatch(String(third.headers['set-cookie'] ?? ''), /session-/)
})

test('MF-03 a code of two steps ago or ahead is wrong, one of the last step is right', async () => {
  const { key } = await giveAda()
  const browser = fixture.newBrowser()
  const page = await halfWay(browser)
  for (const off of [-60_000, 60_000, 90_000]) {
    assert.match((await browser.submit(page, { code: codeOf(key, now() + off) })).text, /not right/)
  }
  assert.ok(await granted(browser, await browser.submit(page, { code: codeOf(key, now() - 30_000) })))
})

test('MF-04 guesses are counted for the account, not for the sign-in, and do not lock out the owner', async () => {
  const { key, codes } = await giveAda()
  const home = fixture.newBrowser()
  assert.ok(await granted(home, await home.submit(await halfWay(home), { code: codeOf(key, now()) })))
  wait(60)
  const { limit } = fixture.services.registry.settings.signInLimits.account
  let refused = 0
  const guesses = limit + 3
  for (let guess = 0; guess < guesses; guess++) {
    // Each guess is a new sign-in, in a new browser, in another network.
    const attacker = fixture.newBrowser({ ip: `203.0.${guess}.1` })
    const page = await halfWay(attacker)
    const method = guess % 2 === 0 ? 'totp' : 'recovery_code'
    const answer = await attacker.submit(page, { method, code: method === 'totp' ? '000000' : 'aaaaa-aaaaa' })
    if (answer.status === 429) refused++
    else assert.equal(answer.status, 400)
  }
  assert.equal(refused, 3)
  const attacker = fixture.newBrowser({ ip: '203.0.200.1' })
  const right = await attacker.submit(await halfWay(attacker), { method: 'recovery_code', code: codes[0] ?? '' })
  assert.equal(right.status, 429, 'a right guess is refused as well')
  assert.ok(Number(right.headers['retry-after']) > 0)
  // The owner goes on, in the known browser and from the usual network.
  const again = await halfWay(home, { prompt: 'login' })
  assert.ok(await granted(home, await home.submit(again, { code: codeOf(key, now()) })))
  wait(60)
  const nearby = fixture.newBrowser()
  assert.ok(await granted(nearby, await nearby.submit(await halfWay(nearby), { code: codeOf(key, now()) })))
})

test('MF-04 browsers and networks of sign-ins with the password alone give no guesses at the second factor', async () => {
  const signIns = [1, 2, 3].map((network) => fixture.newBrowser({ ip: `198.51.${network}.1` }))
  for (const browser of signIns) await authorizeInBrowser(browser, fixture.request())
  const { key } = await giveAda()
  const { limit } = fixture.services.registry.settings.signInLimits.account
  for (let guess = 0; guess < limit; guess++) {
    const attacker = fixture.newBrowser({ ip: `203.0.${guess}.1` })
    assert.equal((await attacker.submit(await halfWay(attacker), { code: '000000' })).status, 400)
  }
  for (const browser of signIns) {
    const page = await halfWay(browser, { prompt: 'login' })
    assert.equal((await browser.submit(page, { code: codeOf(key, now()) })).status, 429)
  }
})

test('MF-08 a recovery code signs in once, and the page offers it without scripts', async () => {
  const { codes } = await giveAda()
  const browser = fixture.newBrowser()
  const page = await halfWay(browser)
  assert.match(page.text, /value="recovery_code"/)
  const { transaction = '' } = formOf(page).fields
  const choice = await browser.get('/sign-in/second-factor', { transaction, method: 'recovery_code' })
  const code = await granted(browser, await browser.submit(choice, { code: (codes[3] ?? '').toUpperCase() }))
  assert.deepEqual([code?.acr, code?.amr], ['aal2', ['pwd', 'otp', 'mfa']])
  const [used] = await fixture.events('authenticator.code_used')
  assert.deepEqual([used?.actor.id, used?.data.codesLeft], [fixture.ada.id, 9])
  const other = fixture.newBrowser()
  const again = await other.submit(await halfWay(other), { method: 'recovery_code', code: codes[3] ?? '' })
  assert.match(again.text, /not right, or was used before/)
})

test('SE-01 a second factor rotates the secret of the session, and a planted one is worth nothing', async () => {
  const secretOf = (browser: FormBrowser) => [...browser.cookies].find(([name]) => /session-/.test(name))
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  const [name = '', before = ''] = secretOf(browser) ?? []
  const { key } = await giveAda()
  const page = await arrive(browser, { acr_values: 'aal2' })
  await browser.submit(page, { code: codeOf(key, now()) })
  assert.notEqual(secretOf(browser)?.[1], before)
  const thief = fixture.newBrowser()
  thief.cookies.set(name, before)
  const silent = await thief.get('/oauth/authorize', fixture.request({ prompt: 'none' }))
  assert.equal(answerOf(silent).error, 'login_required', 'the secret from before opens nothing')

  wait(60)
  const fixed = fixture.newBrowser()
  const second = await halfWay(fixed)
  fixed.cookies.set(name, 'planted-by-somebody-else')
  await fixed.submit(second, { code: codeOf(key, now()) })
  assert.notEqual(secretOf(fixed)?.[1], 'planted-by-somebody-else')
})

test('MF-07 a realm that demands level 2 has people set up an app in their next sign-in, and nothing else opens', async () => {
  await setMinAal(fixture.services, 2)
  const found = await fixture.services.registry.realmByIssuerId('default')
  assert.ok(found)
  const browser = fixture.newBrowser({ realm: found.realm })
  const page = await browser.submit(await arrive(browser), ADA)
  assert.match(page.text, /Set up an authenticator app/)
  assert.equal(isSignedIn(browser), false)
  const key = keyIn(page)
  assert.match(key, /^[A-Z2-7]{32}$/)
  assert.match(page.text, /<svg class="qr"[^>]*>.*<path d="M/)
  // MF-11: the key is in the page alone, and nothing is fetched from elsewhere.
  assert.doesNotMatch(page.text, /otpauth|<img|https?:\/\/(?!www\.w3\.org)/)
  assert.match((await browser.submit(page, { code: '000000' })).text, /not right/)
  const again = await browser.get('/sign-in/authenticator', { transaction: formOf(page).fields.transaction ?? '' })
  assert.equal(keyIn(again), key, 'a reload shows the same key')

  const first = codeOf(key, now())
  const saved = await browser.submit(page, { code: first })
  const codes = codesIn(saved)
  assert.equal(codes.length, 10)
  assert.deepEqual(await fixture.services.contextFor().read.authenticators.allOf(fixture.ada.id), [])
  assert.equal(isSignedIn(browser), false)
  const transaction = formOf(saved).fields.transaction ?? ''
  assert.deepEqual(codesIn(await browser.get('/sign-in/recovery-codes', { transaction })), codes)

  const { action, fields } = formOf(saved)
  const clicks = await Promise.all([browser.post(action, fields), browser.post(action, fields)])
  assert.deepEqual(
    clicks.map(({ status }) => status),
    [303, 303],
  )
  const code = await granted(browser, await browser.follow(clicks[0]))
  assert.deepEqual([code?.acr, code?.amr], ['aal2', ['pwd', 'otp', 'mfa']])
  assert.equal((await sessions()).length, 1)
  assert.deepEqual(
    (await fixture.events('authenticator.added')).map(({ actor, data }) => [actor.id, data.kind]),
    [
      [fixture.ada.id, 'recovery_code'],
      [fixture.ada.id, 'totp'],
    ],
  )
  // MF-08: the codes are not shown again; MF-02: the code of the enrolment does not sign in.
  const after = await browser.follow(await browser.get('/sign-in/recovery-codes', { transaction }))
  assert.deepEqual(codesIn(after), [])
  const other = fixture.newBrowser({ realm: found.realm })
  assert.match((await other.submit(await halfWay(other), { code: first })).text, /was used before/)
  assert.ok(
    await granted(
      other,
      await other.submit(await arrive(fixture.newBrowser()).then(() => halfWay(other)), {
        method: 'recovery_code',
        code: codes[0] ?? '',
      }),
    ),
  )
})

test('MF-06 nobody sets up an app over one that is there, or without the first factor', async () => {
  const browser = fixture.newBrowser()
  const page = await browser.submit(await arrive(browser, { acr_values: 'aal2' }), ADA)
  const key = keyIn(page)
  const saved = await browser.submit(page, { code: codeOf(key, now()) })
  const mine = await giveAda()
  const end = await browser.submit(saved, {})
  assert.match(end.text, /name="method"/, 'the app that was set up meanwhile is asked for')
  assert.match((await browser.submit(end, { code: codeOf(key, now()) })).text, /not right/)
  assert.ok(await granted(browser, await browser.submit(end, { code: codeOf(mine.key, now()) })))

  const stranger = fixture.newBrowser()
  const { transaction = '', csrf = '' } = formOf(await arrive(stranger, { acr_values: 'aal2' })).fields
  for (const path of ['/sign-in/authenticator', '/sign-in/recovery-codes', '/sign-in/second-factor']) {
    assert.match((await stranger.follow(await stranger.get(path, { transaction }))).text, /name="password"/)
    const posted = await stranger.follow(await stranger.post(path, { transaction, csrf, code: '000000' }))
    assert.match(posted.text, /name="password"/)
  }
})

test('a step-up asks only for the second factor after a recent sign-in, and for both after an old one', async () => {
  const browser = fixture.newBrowser()
  const before = await fixture.codeBehind((await authorizeInBrowser(browser, fixture.request())).location)
  assert.equal(before?.acr, 'aal1')
  const { key } = await giveAda()
  wait(600)
  const silent = await browser.get('/oauth/authorize', fixture.request({ acr_values: 'aal2', prompt: 'none' }))
  assert.equal(answerOf(silent).error, 'interaction_required')
  const page = await arrive(browser, { acr_values: 'aal2' })
  assert.match(page.text, /name="method"/)
  const after = await granted(browser, await browser.submit(page, { code: codeOf(key, now()) }))
  assert.deepEqual([after?.acr, after?.amr], ['aal2', ['pwd', 'otp', 'mfa']])
  assert.equal(after?.sessionId, before?.sessionId)
  assert.equal(after?.authenticatedAt, now())

  const plain = fixture.newBrowser()
  await fixture.services.contextFor().write((unit) => unit.authenticators.deleteOfUser(fixture.ada.id, now()))
  await authorizeInBrowser(plain, fixture.request())
  const late = await giveAda()
  wait(901)
  const both = await arrive(plain, { acr_values: 'aal2' })
  assert.match(both.text, /name="password"/)
  const second = await plain.submit(both, ADA)
  assert.ok(await granted(plain, await plain.submit(second, { code: codeOf(late.key, now()) })))
})

test('MF-04 a form of a sign-in that is over does not clear the failures of the account', async () => {
  const { key } = await giveAda()
  const owner = fixture.newBrowser()
  const page = await halfWay(owner)
  assert.ok(await granted(owner, await owner.submit(page, { code: codeOf(key, now()) })))
  // Without the cookie of a known browser, the attempts are those of the account.
  for (const name of owner.cookies.keys()) if (/known-/.test(name)) owner.cookies.delete(name)
  const { limit } = fixture.services.registry.settings.signInLimits.account
  const guess = async (count: number) => {
    const attacker = fixture.newBrowser({ ip: `203.0.${count}.1` })
    return attacker.submit(await halfWay(attacker), { code: '000000' })
  }
  for (let count = 1; count < limit; count++) assert.equal((await guess(count)).status, 400)
  const { action, fields } = formOf(page)
  assert.equal((await owner.post(action, { ...fields, code: '000000' })).status, 303)
  assert.equal((await guess(limit)).status, 429)
})

test('a step-up whose first factor is too old by now asks for it again, and does not redirect without end', async () => {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  const enrolment = await arrive(browser, { acr_values: 'aal2' })
  assert.notEqual(keyIn(enrolment), '')
  const { transaction = '' } = formOf(enrolment).fields
  wait(601)
  const page = await browser.follow(await browser.get('/sign-in/authenticator', { transaction }))
  assert.match(page.text, /name="password"/)
  assert.notEqual(keyIn(await browser.submit(page, ADA)), '')
})

test('a step-up that nothing reaches gives the client the error, and does not redirect without end', async () => {
  const { realm } = fixture.services
  const browser = new FormBrowser(fixture.services, { ...realm, policy: { ...realm.policy, totpEnabled: false } })
  await authorizeInBrowser(browser, fixture.request())
  const end = await browser.follow(await browser.get('/oauth/authorize', fixture.request({ acr_values: 'aal2' })))
  assert.equal(answerOf(end).error, 'unmet_authentication_requirements')
  const fresh = new FormBrowser(fixture.services, { ...realm, policy: { ...realm.policy, totpEnabled: false } })
  const { limit } = fixture.services.registry.settings.signInLimits.account
  for (let time = 0; time <= limit; time++) {
    const answer = await fresh.submit(await arrive(fresh, { acr_values: 'aal2' }), ADA)
    assert.equal(answerOf(answer).error, 'unmet_authentication_requirements', 'right passwords are no failures')
  }
})

test('another account can be chosen at the second step', async () => {
  await giveAda()
  const browser = fixture.newBrowser()
  const page = await halfWay(browser)
  const { action, fields } = formOf(page)
  const back = await browser.follow(await browser.post(action, { ...fields, decision: 'switch_account' }))
  const end = await browser.submit(back, { email: 'bob@example.com', password: PASSWORD })
  assert.equal((await granted(browser, end))?.userId, fixture.bob.id)
})

const STEPS = [
  'tab',
  'strict tab',
  'password',
  'bob',
  'wrong code',
  'code',
  'back',
  'resume',
  'switch',
  'allow',
] as const

interface Tab {
  readonly page: PageResponse
  /** Whether the request demands level 2. */
  readonly strict: boolean
}

/** Somebody who goes through the pages in any order, in several tabs, and goes back to pages from before. */
class Wanderer {
  readonly #seen: Tab[] = []
  readonly #browser: FormBrowser
  readonly #key: string
  readonly #tabs: Tab[] = []

  constructor(browser: FormBrowser, key: string) {
    this.#browser = browser
    this.#key = key
  }

  /** The codes that clients got. */
  async codes() {
    const ends = this.#seen.filter(({ page }) => page.location !== undefined)
    const codes = ends.map(async ({ page, strict }) => ({ code: await fixture.codeBehind(page.location), strict }))
    return (await Promise.all(codes)).flatMap(({ code, strict }) =>
      code ? [{ acr: code.acr, isAda: code.userId === fixture.ada.id, strict }] : [],
    )
  }

  async take(step: (typeof STEPS)[number]): Promise<unknown> {
    wait(31)
    if (step === 'tab') return this.#open({}, false)
    if (step === 'strict tab') return this.#open({ acr_values: 'aal2' }, true)
    if (step === 'password') return this.#submit(ADA, /name="password"/)
    if (step === 'bob') return this.#submit({ email: 'bob@example.com', password: PASSWORD }, /name="password"/)
    if (step === 'code') return this.#submit({ code: codeOf(this.#key, now()) }, /name="method"/)
    if (step === 'wrong code') return this.#submit({ code: '000000' }, /name="method"/)
    if (step === 'switch') return this.#submit({ decision: 'switch_account' }, /name="(method|password)"/)
    if (step === 'allow') return this.#submit({ decision: 'allow' }, /value="allow"/)
    if (step === 'back') return this.#tabs.pop()
    return this.#resume()
  }

  async #open(changes: Record<string, string>, strict: boolean): Promise<void> {
    const browser = this.#browser
    this.#keep(await browser.follow(await browser.get('/oauth/authorize', fixture.request(changes))), strict)
  }

  async #submit(values: Record<string, string>, field: RegExp): Promise<void> {
    const at = this.#tabs.findLast(({ page }) => field.test(page.text))
    if (at) this.#keep(await this.#browser.submit(at.page, values), at.strict)
  }

  async #resume(): Promise<void> {
    const at = this.#tabs.at(-1)
    const transaction = at && /name="transaction" value="([^"]*)"/.exec(at.page.text)?.[1]
    if (!transaction) return
    const page = await this.#browser.follow(await this.#browser.get('/oauth/authorize/resume', { transaction }))
    this.#keep(page, at.strict)
  }

  #keep(page: PageResponse, strict: boolean): void {
    this.#tabs.push({ page, strict })
    this.#seen.push({ page, strict })
  }
}

test('MF-01 no sequence of steps, back buttons and tabs yields less assurance than is demanded', async () => {
  const { key } = await giveAda()
  const reached = new Set<string>()
  let walks = 0
  const walk = async (steps: readonly (typeof STEPS)[number][]) => {
    const wanderer = new Wanderer(fixture.newBrowser({ ip: `10.0.${++walks}.1` }), key)
    for (const step of steps) await wanderer.take(step)
    for (const { acr, isAda, strict } of await wanderer.codes()) {
      reached.add(`${acr} ${isAda ? 'ada' : 'bob'}`)
      assert.ok(acr === 'aal2' || !(strict || isAda), steps.join(', '))
    }
    for (const { userId, aal } of await sessions()) if (userId === fixture.ada.id) assert.equal(aal, 2)
  }
  await walk(['tab', 'password', 'wrong code', 'code', 'allow'])
  await walk(['tab', 'bob', 'allow', 'strict tab'])
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { minLength: 4, maxLength: 14 }), walk), {
    numRuns: 30,
  })
  assert.deepEqual([...reached].sort(), ['aal1 bob', 'aal2 ada'])
})
