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
import { type MailScene, openMailScene } from '#testing/mail-scene.ts'
import { anotherRealm, eventsAbout } from '#testing/neighbours.ts'
import { run } from '#testing/run.ts'
import { PASSWORD } from '#testing/scene.ts'
import { formOf, type Visit, Visitor } from '#testing/visitor.ts'

const PATH = '/invitation'
const NEW_PASSWORD = 'a phrase that nobody guesses'

let scene: MailScene
let made = 0
before(async () => {
  scene = await openMailScene()
  scene.start()
})
after(() => scene[Symbol.asyncDispose]())

const context = () => scene.house.contextFor()
const visitor = () => new Visitor(scene.house, scene.house.realm)
const address = () => `person-${++made}@example.com`
const membersOf = async (id = scene.organizationId) => {
  const { data } = await run(organizationMembers, context(), { id, limit: '200' })
  return new Map(data.map(({ email, role }) => [email, role]))
}
const userOf = async (email: string) => (await run(userList, context(), { search: email })).data[0]
const invitationOf = async (email: string) => {
  const { data } = await run(invitationList, context(), { id: scene.organizationId, limit: '200' })
  return data.find((one) => one.email === email) ?? assert.fail('there is no such invitation')
}
/** The token in the mail to an address. */
const tokenFor = async (email: string, more: object = {}) => {
  const link = await scene.linkFor(email, more)
  return new URL(link).searchParams.get('invitation') ?? ''
}
const open = (who: Visitor, token: string) => who.get(PATH, { invitation: token })
const person = async (email = address()) => {
  await run(userCreate, context(), { email, password: PASSWORD })
  return email
}
const headingOf = ({ text }: Visit) => (/<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? '').replace(/<[^>]+>/g, '')
const signedIn = async (email: string): Promise<Visitor> => {
  const who = visitor()
  await who.submit(await open(who, await tokenFor(email)), { password: PASSWORD, decision: 'sign_in' })
  return who
}

test('who has no account chooses a password, and is a member with a verified address, signed in', async () => {
  const email = address()
  const token = await tokenFor(email, { role: 'admin' })
  const who = visitor()
  const page = await open(who, token)
  assert.deepEqual([page.status, headingOf(page)], [200, 'Join Acme'])
  assert.ok(page.text.includes(email) && page.text.includes(scene.house.realm.name))
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
  assert.ok(who.cookies.has(`__Host-session-${scene.house.realm.issuerId}`))
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
  const who = visitor()
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
  const { id } = await run(organizationCreate, context(), { name: 'Umbrella', slug: 'umbrella' })
  const { acceptUrl } = await run(invitationCreate, context(), { id, email, mail: false })
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
  for (let look = 0; look < 5; look++) assert.equal((await open(visitor(), token)).status, 200)
  assert.equal((await invitationOf(email)).status, 'pending')
  assert.equal(await userOf(email), undefined)
})

test('a link works once, of ten who use it at the same time too', async () => {
  const email = address()
  const token = await tokenFor(email)
  const browsers = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const who = visitor()
      return { who, page: await open(who, token) }
    }),
  )
  const done = await Promise.all(
    browsers.map(({ who, page }, index) =>
      who.submit(page, { password: `${NEW_PASSWORD} ${index}`, decision: 'register' }),
    ),
  )
  assert.equal(done.filter((page) => headingOf(page) === 'You are a member of Acme').length, 1)
  assert.equal((await run(userList, context(), { search: email })).data.length, 1)
  const late = await open(visitor(), token)
  assert.deepEqual([late.status, headingOf(late)], [410, 'This invitation was accepted already'])
  assert.doesNotMatch(late.text, /<form/)
})

test('revoked, expired and unknown links each say what they are', async () => {
  const [revoked, expired] = [address(), address()]
  const tokens = [await tokenFor(revoked), await tokenFor(expired, { lifetime: 60 })]
  const pages = await Promise.all(tokens.map((token) => open(visitor(), token)))
  const [who, late] = [visitor(), visitor()]
  const [form, lateForm] = [await open(who, tokens[0] ?? ''), await open(late, tokens[1] ?? '')]
  assert.ok(pages.every(({ status }) => status === 200))
  await run(invitationRevoke, context(), {
    id: scene.organizationId,
    invitationId: (await invitationOf(revoked)).id,
  })
  scene.house.clock.advance(60_000)
  for (const [visit, title] of [
    [await open(visitor(), tokens[0] ?? ''), 'This invitation was withdrawn'],
    [await who.submit(form, { password: NEW_PASSWORD, decision: 'register' }), 'This invitation was withdrawn'],
    [await open(visitor(), tokens[1] ?? ''), 'This invitation has expired'],
    [await late.submit(lateForm, { password: NEW_PASSWORD, decision: 'register' }), 'This invitation has expired'],
  ] as const) {
    assert.deepEqual([visit.status, headingOf(visit)], [410, title])
    assert.doesNotMatch(visit.text, /<form/)
  }
  for (const token of ['', 'x', 'x'.repeat(43), '\0']) {
    const visit = await open(visitor(), token)
    assert.deepEqual([visit.status, headingOf(visit)], [404, 'This link leads to no invitation'])
  }
  assert.deepEqual([await userOf(revoked), await userOf(expired)], [undefined, undefined])
})

test('CO-01 a form of another site, of another browser or of another link is refused', async () => {
  const [email, other] = [address(), address()]
  const [token, otherToken] = [await tokenFor(email), await tokenFor(other)]
  const who = visitor()
  const { fields } = formOf(await open(who, token))
  const values = { ...fields, password: NEW_PASSWORD, decision: 'register' }
  const refused = [
    await who.post(PATH, values, { 'sec-fetch-site': 'cross-site', origin: 'https://www.evil.test' }),
    await visitor().post(PATH, values),
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
  const { acceptUrl } = await scene.invite(email, { mail: false })
  const who = visitor()
  const token = new URL(acceptUrl ?? '').searchParams.get('invitation') ?? ''
  const done = await who.submit(await open(who, token), { password: NEW_PASSWORD, decision: 'register' })
  assert.equal(headingOf(done), 'You are a member of Acme')
  assert.equal((await userOf(email))?.emailVerified, false)

  const own = await tokenFor(address(), { acceptUrl: 'https://app.example/join' })
  assert.equal((await open(visitor(), own)).status, 404)
})

test('a link is its realm’s: another one knows nothing of it', async () => {
  const { house } = scene
  const token = await tokenFor(address())
  const elsewhere = new Visitor(house, await anotherRealm(house))
  assert.equal((await open(elsewhere, token)).status, 404)
  assert.equal((await open(visitor(), token)).status, 200)
})

test('what an application accepts for a person, the page knows of', async () => {
  const email = await person()
  const token = await tokenFor(email)
  const userId = (await userOf(email))?.id ?? ''
  await run(invitationAccept, context(), { token, userId })
  assert.equal(headingOf(await open(visitor(), token)), 'This invitation was accepted already')
})

test('an account without a password is not given one by a link', async () => {
  const email = address()
  await run(userCreate, context(), { email })
  const token = await tokenFor(email)
  const who = visitor()
  const page = await open(who, token)
  assert.equal(headingOf(page), 'Sign in first')
  const { fields } = formOf(await open(who, await tokenFor(address())))
  assert.equal((await who.post(PATH, { ...fields, decision: 'register', invitation: token })).error, 'forbidden')
  assert.equal((await userOf(email))?.hasPassword, false)
})
