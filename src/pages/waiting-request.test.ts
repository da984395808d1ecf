// Checks what happens to an authorization request while a person signs in.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { sql } from 'kysely'
import {
  type AuthorizationFixture,
  answerOf,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { type FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'

let fixture: AuthorizationFixture

beforeEach(async () => {
  fixture = await openAuthorizationFixture()
})
afterEach(() => fixture.close())

const ADA = { email: 'ada@example.com', password: PASSWORD }

/** How many one-time tokens and events are stored. */
async function storedRows(): Promise<number> {
  const { rows } = await sql<{ rows: number }>`
    select (select count(*) from one_time_token) + (select count(*) from event) as rows`.execute(
    fixture.services.database.read.kysely,
  )
  return Number(rows[0]?.rows)
}

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

test('CO-09 a browser that goes back to a request is answered again for a minute, and asked again after that', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser, { prompt: 'consent' })
  const { transaction = '' } = formOf(page).fields
  const consentPage = await browser.submit(page, ADA)
  const allow = () => browser.submit(consentPage, { decision: 'allow' })
  const codes = new Set<string | undefined>([answerOf(await allow()).code])
  for (const again of [
    await browser.get('/oauth/authorize/resume', { transaction }),
    await browser.follow(await browser.get('/sign-in', { transaction })),
    await browser.follow(await enter(browser, page, ADA)),
    await allow(),
  ]) {
    codes.add(answerOf(again).code)
  }
  assert.equal(codes.size, 5, 'each code works once')
  assert.equal((await fixture.events('grant.created')).length, 1)
  fixture.services.clock.advance(60_000)
  const asked = await browser.follow(await browser.get('/oauth/authorize/resume', { transaction }))
  assert.match(asked.text, /value="allow"/, 'what was allowed a minute ago is asked again')
  assert.match((await allow()).text, /value="allow"/)
  assert.equal((await fixture.events('authorization_code.issued')).length, 5)
})

test('a double click on Sign in makes one session, whichever answer the browser gets', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  const second = fixture.newBrowser()
  for (const [name, value] of browser.cookies) second.cookies.set(name, value)
  // The browser drops the first answer with its cookies.
  await enter(second, page, ADA)
  const asked = await browser.submit(page, ADA)
  assert.match(asked.text, /value="allow"/)
  assert.equal((await sessions()).length, 1)
})

test('of two clicks at once, both answers have the cookie of the one session, whichever is stored first', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  const twins = [1, 2, 3].map(() => {
    const twin = fixture.newBrowser()
    for (const [name, value] of browser.cookies) twin.cookies.set(name, value)
    return twin
  })
  await Promise.all(twins.map((twin) => enter(twin, page, ADA)))
  const name = [...(twins[0]?.cookies.keys() ?? [])].find((cookie) => cookie.includes('session-')) ?? ''
  assert.equal(new Set(twins.map((twin) => twin.cookies.get(name) ?? assert.fail())).size, 1)
  for (const twin of twins) {
    const { transaction = '' } = formOf(page).fields
    assert.match((await twin.follow(await twin.get('/oauth/authorize/resume', { transaction }))).text, /value="allow"/)
  }
  assert.equal((await sessions()).length, 1)
})

test('a page that was open for 16 minutes starts over at the same client, with the address that was typed', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser, { state: 'kept' })
  fixture.services.clock.advance(16 * 60_000)
  const again = await browser.submit(page, ADA)
  assert.match(again.text, /open for too long/)
  assert.match(again.text, /value="ada@example\.com"/)
  assert.doesNotMatch(again.text, new RegExp(PASSWORD))
  const consentPage = await browser.submit(again, ADA)
  fixture.services.clock.advance(16 * 60_000)
  const asked = await browser.submit(consentPage, { decision: 'allow' })
  assert.match(asked.text, /value="allow"/, 'nothing is allowed by a page that is too old')
  const done = await browser.submit(asked, { decision: 'allow' })
  assert.deepEqual([answerOf(done).state, typeof answerOf(done).code], ['kept', 'string'])
})

test('a page of the day before, of another browser or of another client is not gone on with', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  const stranger = fixture.newBrowser()
  await arrive(stranger)
  fixture.services.clock.advance(16 * 60_000)
  assert.equal(
    (await stranger.get('/sign-in', { transaction: formOf(page).fields.transaction ?? '' })).error,
    'forbidden',
  )
  fixture.services.clock.advance(26 * 3_600_000)
  assert.equal((await enter(browser, page, ADA)).error, 'expired')
})

test('strangers who ask for a sign-in store nothing', async () => {
  const before = await storedRows()
  for (const state of ['x', 'a'.repeat(4096), '\u0001'.repeat(500)]) {
    const browser = fixture.newBrowser()
    const page = await arrive(browser, { state })
    await browser.submit(page, { decision: 'switch_account' })
  }
  const long = await fixture.newBrowser().get('/oauth/authorize', fixture.request({ state: '\u0001'.repeat(4096) }))
  assert.equal(answerOf(long).error, 'invalid_request')
  assert.equal(await storedRows(), before)
})
