// Checks the invitation page.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  invitationAccept,
  invitationCreate,
  invitationList,
  invitationRevoke,
} from '#domain/organization/invitation.operations.ts'
import { organizationCreate, organizationMembers } from '#domain/organization/organization.operations.ts'
import { userCreate, userList } from '#domain/user/user.operations.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import { PASSWORD } from '#testing/authorization-fixture.ts'
import { anotherRealm, eventsAbout } from '#testing/domain-fixtures.ts'
import { FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { type MailFixture, openMailFixture } from '#testing/mail-fixture.ts'
import { runOperation } from '#testing/run-operation.ts'

const PATH = '/invitation'
const NEW_PASSWORD = 'a phrase that nobody guesses'

let fixture: MailFixture
let made = 0
before(async () => {
  fixture = await openMailFixture()
  fixture.start()
})
after(() => fixture[Symbol.asyncDispose]())

const context = () => fixture.services.contextFor()
const browser = () => new FormBrowser(fixture.services, fixture.services.realm)
const address = () => `person-${++made}@example.com`
const membersOf = async (id = fixture.organizationId) => {
  const { data } = await runOperation(organizationMembers, context(), { id, limit: '200' })
  return new Map(data.map(({ email, role }) => [email, role]))
}
const userOf = async (email: string) => (await runOperation(userList, context(), { search: email })).data[0]
const invitationOf = async (email: string) => {
  const { data } = await runOperation(invitationList, context(), { id: fixture.organizationId, limit: '200' })
  return data.find((one) => one.email === email) ?? assert.fail('there is no such invitation')
}
/** The token in the mail to an address. */
const tokenFor = async (email: string, more: object = {}) => {
  const link = await fixture.linkFor(email, more)
  return new URL(link).searchParams.get('invitation') ?? ''
}
const open = (who: FormBrowser, token: string) => who.get(PATH, { invitation: token })
const person = async (email = address()) => {
  await runOperation(userCreate, context(), { email, password: PASSWORD })
  return email
}
const headingOf = ({ text }: PageResponse) => (/<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? '').replace(/<[^>]+>/g, '')
const signedIn = async (email: string): Promise<FormBrowser> => {
  const who = browser()
  await who.submit(await open(who, await tokenFor(email)), { password: PASSWORD, decision: 'sign_in' })
  return who
}

test('who has no account chooses a password, and is a member with a verified address, signed in', async () => {
  const email = address()
  const token = await tokenFor(email, { role: 'admin' })
  const who = browser()
  const page = await open(who, token)
  assert.deepEqual([page.status, headingOf(page)], [200, 'Join Acme'])
  assert.ok(page.text.includes(email) && page.text.includes(fixture.services.realm.name))
  assert.match(page.text, /autocomplete="new-password"/)
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'.*form-action 'self';/)
  assert.equal(page.headers['referrer-policy'], 'no-referrer')
  assert.equal(page.headers['cache-control'], 'no-store')

  const weak = await who.submit(page, { password: 'short', decision: 'register' })
  assert.equal(weak.status, 400)
  assert.match(weak.text, /role="alert"[\s\S]*fewer than 8 characters/)
  assert.equal(await userOf(email), undefined)

  const done = await who.submit(weak, { password: NEW_PASSWORD, decision: 'register' })
  assert.deepEqual([done.status, headingOf(done)], [200, 'You are a member of Acme'])
  assert.ok(who.cookies.has(`__Host-session-${fixture.services.realm.issuerId}`))
  assert.equal((await membersOf()).get(email), 'admin')
  const user = await userOf(email)
  assert.deepEqual([user?.emailVerified, user?.hasPassword], [true, true])
  const { id, status } = await invitationOf(email)
  assert.equal(status, 'accepted')
  const events = await eventsAbout(context(), id)
  assert.deepEqual(
    events.map(({ type, actor }) => [type, actor.kind, actor.id === user?.id]),
    [
      ['invitation.created', 'api_key', false],
      ['invitation.accepted', 'user', true],
    ],
  )
  const [created] = await eventsAbout(context(), user?.id ?? '')
  assert.deepEqual([created?.type, created?.actor.id], ['user.created', user?.id])
})

test('who has an account signs in with it; a wrong password brings nobody in', async () => {
  const email = await person()
  const token = await tokenFor(email.toUpperCase().replace('EXAMPLE.COM', 'example.com'))
  const who = browser()
  const page = await open(who, token)
  assert.match(page.text, /autocomplete="current-password"/)
  const wrong = await who.submit(page, { password: NEW_PASSWORD, decision: 'sign_in' })
  assert.equal(wrong.status, 400)
  assert.match(wrong.text, /role="alert"/)
  assert.equal((await membersOf()).has(email), false)
  const forced = await who.submit(wrong, { password: NEW_PASSWORD, decision: 'register' })
  assert.match(forced.text, /autocomplete="current-password"/, 'there is an account, so none is made')
  const done = await who.submit(wrong, { password: PASSWORD, decision: 'sign_in' })
  assert.equal(headingOf(done), 'You are a member of Acme')
  assert.equal((await membersOf()).get(email), 'member')
})

test('who is signed in as the invited person only accepts', async () => {
  const email = await person()
  const who = await signedIn(email)
  const { id } = await runOperation(organizationCreate, context(), { name: 'Umbrella', slug: 'umbrella' })
  const { acceptUrl } = await runOperation(invitationCreate, context(), { id, email, mail: false })
  const token = new URL(acceptUrl ?? '').searchParams.get('invitation') ?? ''
  const page = await open(who, token)
  assert.doesNotMatch(page.text, /type="password"/)
  const done = await who.submit(page, { decision: 'join' })
  assert.equal(headingOf(done), 'You are a member of Umbrella')
  assert.ok((await membersOf(id)).has(email))
})

test('who is signed in as somebody else is told so, and can use the other account', async () => {
  const [bob, email] = [await person(), await person()]
  const who = await signedIn(bob)
  const token = await tokenFor(email)
  const page = await open(who, token)
  assert.ok(page.text.includes(bob) && page.text.includes(email))
  assert.match(page.text, /another address/)
  assert.doesNotMatch(page.text, /type="password"/)
  for (const decision of ['join', 'sign_in', 'register']) {
    await who.submit(page, { decision, password: decision === 'join' ? '' : PASSWORD.slice(1) })
    assert.equal((await membersOf()).has(email), false, decision)
  }
  const form = await who.submit(await open(who, token), { decision: 'switch_account' })
  const done = await who.submit(form, { decision: 'sign_in', password: PASSWORD })
  assert.equal(headingOf(done), 'You are a member of Acme')
  assert.deepEqual([(await membersOf()).has(email), (await membersOf()).get(bob)], [true, 'member'])
})

test('looking does not take it, however often and by whomever', async () => {
  const email = address()
  const token = await tokenFor(email)
  for (let look = 0; look < 5; look++) assert.equal((await open(browser(), token)).status, 200)
  assert.equal((await invitationOf(email)).status, 'pending')
  assert.equal(await userOf(email), undefined)
})

test('a link works once, of ten who use it at the same time too', async () => {
  const email = address()
  const token = await tokenFor(email)
  const browsers = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const who = browser()
      return { who, page: await open(who, token) }
    }),
  )
  const done = await Promise.all(
    browsers.map(({ who, page }, index) =>
      who.submit(page, { password: `${NEW_PASSWORD} ${index}`, decision: 'register' }),
    ),
  )
  assert.equal(done.filter((page) => headingOf(page) === 'You are a member of Acme').length, 1)
  assert.equal((await runOperation(userList, context(), { search: email })).data.length, 1)
  const late = await open(browser(), token)
  assert.deepEqual([late.status, headingOf(late)], [410, 'This invitation was accepted already'])
  assert.doesNotMatch(late.text, /<form(?![^>]*\/language")/)
})

/** A second browser with the cookies of the first: what it is sent is what the first would be. */
const twin = (who: FormBrowser) => {
  const other = browser()
  for (const [name, value] of who.cookies) other.cookies.set(name, value)
  return other
}
const sessionsOf = async (email: string) => {
  const { data } = await context().read.sessions.list(fixture.services.realm.id, { limit: 200 })
  const id = (await userOf(email))?.id
  return data.filter(({ userId }) => userId === id)
}
const sessionCookie = () => `__Host-session-${fixture.services.realm.issuerId}`

for (const decision of ['register', 'sign_in'] as const) {
  test(`a double click on the button (${decision}) makes a member who is signed in, whichever answer the browser gets`, async () => {
    const email = decision === 'register' ? address() : await person()
    const values = { password: decision === 'register' ? NEW_PASSWORD : PASSWORD, decision }
    const who = browser()
    const token = await tokenFor(email)
    const page = await open(who, token)
    const [later, atOnce] = [twin(who), twin(who)]
    const { fields } = formOf(page)
    // The browser drops the first answers with their cookies.
    await Promise.all([who.post(PATH, { ...fields, ...values }), atOnce.post(PATH, { ...fields, ...values })])
    const done = await later.submit(page, values)
    assert.deepEqual([done.status, headingOf(done)], [200, 'You are a member of Acme'])
    assert.ok(later.cookies.has(sessionCookie()))
    assert.equal((await sessionsOf(email)).length, 1)
    assert.equal(who.cookies.get(sessionCookie()), later.cookies.get(sessionCookie()))
    assert.equal(atOnce.cookies.get(sessionCookie()), later.cookies.get(sessionCookie()))
    // A browser that kept the first answer’s cookies before the second click.
    const again = await later.submit(page, values)
    assert.deepEqual([again.status, headingOf(again)], [200, 'You are a member of Acme'])

    const stranger = browser()
    assert.equal((await stranger.post(PATH, { ...fields, ...values })).status, 403)
    const wrong = twin(who)
    wrong.cookies.delete(sessionCookie())
    await wrong.post(PATH, { ...fields, ...values, password: 'a wrong password' })
    assert.ok(!wrong.cookies.has(sessionCookie()))
    fixture.services.clock.advance(60_000)
    const late = twin(wrong)
    assert.equal((await late.submit(page, values)).status, 410)
    assert.ok(!late.cookies.has(sessionCookie()))
  })
}

test('a double click on Join is answered alike', async () => {
  const email = await person()
  const who = await signedIn(email)
  const { id } = await runOperation(organizationCreate, context(), { name: 'Initech', slug: 'initech' })
  const { acceptUrl } = await runOperation(invitationCreate, context(), { id, email, mail: false })
  const page = await open(who, new URL(acceptUrl ?? '').searchParams.get('invitation') ?? '')
  const both = await Promise.all([who.submit(page, { decision: 'join' }), twin(who).submit(page, { decision: 'join' })])
  assert.deepEqual(both.map(headingOf), ['You are a member of Initech', 'You are a member of Initech'])
})

test('revoked, expired and unknown links each say what they are', async () => {
  const [revoked, expired] = [address(), address()]
  const tokens = [await tokenFor(revoked), await tokenFor(expired, { lifetime: 60 })]
  const pages = await Promise.all(tokens.map((token) => open(browser(), token)))
  const [who, late] = [browser(), browser()]
  const [form, lateForm] = [await open(who, tokens[0] ?? ''), await open(late, tokens[1] ?? '')]
  assert.ok(pages.every(({ status }) => status === 200))
  await runOperation(invitationRevoke, context(), {
    id: fixture.organizationId,
    invitationId: (await invitationOf(revoked)).id,
  })
  fixture.services.clock.advance(60_000)
  for (const [visit, title] of [
    [await open(browser(), tokens[0] ?? ''), 'This invitation was withdrawn'],
    [await who.submit(form, { password: NEW_PASSWORD, decision: 'register' }), 'This invitation was withdrawn'],
    [await open(browser(), tokens[1] ?? ''), 'This invitation has expired'],
    [await late.submit(lateForm, { password: NEW_PASSWORD, decision: 'register' }), 'This invitation has expired'],
  ] as const) {
    assert.deepEqual([visit.status, headingOf(visit)], [410, title])
    assert.doesNotMatch(visit.text, /<form(?![^>]*\/language")/)
  }
  for (const token of ['', 'x', 'x'.repeat(43), '\0']) {
    const visit = await open(browser(), token)
    assert.deepEqual([visit.status, headingOf(visit)], [404, 'This link leads to no invitation'])
  }
  assert.deepEqual([await userOf(revoked), await userOf(expired)], [undefined, undefined])
})

test('CO-01 a form of another site, of another browser or of another link is refused', async () => {
  const [email, other] = [address(), address()]
  const [token, otherToken] = [await tokenFor(email), await tokenFor(other)]
  const who = browser()
  const { fields } = formOf(await open(who, token))
  const values = { ...fields, password: NEW_PASSWORD, decision: 'register' }
  const refused = [
    await who.post(PATH, values, { 'sec-fetch-site': 'cross-site', origin: 'https://www.evil.test' }),
    await browser().post(PATH, values),
    await who.post(PATH, { ...values, csrf: '' }),
    await who.post(PATH, { ...values, invitation: otherToken }),
  ]
  for (const { status, error } of refused) assert.deepEqual([status, error], [403, 'forbidden'])
  assert.deepEqual([await userOf(email), await userOf(other)], [undefined, undefined])
  const nothing = await who.post(PATH, { ...values, decision: 'something' })
  assert.equal(nothing.error, 'invalid_request')
})

test('a link that somebody was shown proves no address; one to an application’s page is of no use here', async () => {
  const email = address()
  const { acceptUrl } = await fixture.invite(email, { mail: false })
  const who = browser()
  const token = new URL(acceptUrl ?? '').searchParams.get('invitation') ?? ''
  const done = await who.submit(await open(who, token), { password: NEW_PASSWORD, decision: 'register' })
  assert.equal(headingOf(done), 'You are a member of Acme')
  assert.equal((await userOf(email))?.emailVerified, false)

  const own = await tokenFor(address(), { acceptUrl: 'https://app.example/join' })
  assert.equal((await open(browser(), own)).status, 404)
})

test('a link is its realm’s: another one knows nothing of it', async () => {
  const { services } = fixture
  const token = await tokenFor(address())
  const elsewhere = new FormBrowser(services, await anotherRealm(services))
  assert.equal((await open(elsewhere, token)).status, 404)
  assert.equal((await open(browser(), token)).status, 200)
})

test('what an application accepts for a person, the page knows of', async () => {
  const email = await person()
  const token = await tokenFor(email)
  const userId = (await userOf(email))?.id ?? ''
  await runOperation(invitationAccept, context(), { token, userId })
  assert.equal(headingOf(await open(browser(), token)), 'This invitation was accepted already')
})

test('an account without a password is not given one by a link', async () => {
  const email = address()
  await runOperation(userCreate, context(), { email })
  const token = await tokenFor(email)
  const who = browser()
  const page = await open(who, token)
  assert.equal(headingOf(page), 'Sign in first')
  const { fields } = formOf(await open(who, await tokenFor(address())))
  assert.equal((await who.post(PATH, { ...fields, decision: 'register', invitation: token })).error, 'forbidden')
  assert.equal((await userOf(email))?.hasPassword, false)
})

test('MF-07 who has a second factor gives it before the invitation is accepted, and comes back to it', async () => {
  const email = await person()
  const user = await userOf(email)
  const { key } = await setUpTotp(context(), user?.id ?? '')
  const token = await tokenFor(email)
  const who = browser()
  const asked = await who.submit(await open(who, token), { password: PASSWORD, decision: 'sign_in' })
  assert.equal(headingOf(asked), 'Confirm it’s you')
  assert.ok([...who.cookies.keys()].every((name) => !name.includes('session-')))
  assert.equal((await membersOf()).has(email), false)
  const again = await open(who, token)
  assert.match(again.text, /autocomplete="current-password"/, 'the invitation does not take the half for the whole')

  const back = await who.submit(asked, { code: codeOf(key, fixture.services.clock.now()) })
  assert.match(back.text, /value="join"/)
  const done = await who.submit(back, { decision: 'join' })
  assert.equal(headingOf(done), 'You are a member of Acme')
  assert.equal((await membersOf()).get(email), 'member')
})

test('MF-07 a realm that demands level 2 has a new member set up an app before there is a session', async () => {
  const email = address()
  const token = await tokenFor(email)
  const realm = { ...fixture.services.realm, minAal: 2 }
  const who = new FormBrowser(fixture.services, realm)
  const page = await who.submit(await open(who, token), { password: NEW_PASSWORD, decision: 'register' })
  assert.equal(headingOf(page), 'Set up an authenticator app')
  assert.ok([...who.cookies.keys()].every((name) => !name.includes('session-')))
  const key = /<code class="key">([A-Z2-7 ]+)</.exec(page.text)?.[1]?.replaceAll(' ', '') ?? ''
  const codes = await who.submit(page, { code: codeOf(key, fixture.services.clock.now()) })
  const end = await who.submit(codes, {})
  assert.equal(headingOf(end), 'You are a member of Acme')
  assert.ok([...who.cookies.keys()].some((name) => name.includes('session-')))
})
