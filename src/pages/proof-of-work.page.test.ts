// Checks the forms that ask for a proof of work, and who goes on signing in while a realm is under attack.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RECOVERY_PATH, REGISTRATION_PATH } from '#domain/account/account-link.ts'
import { noteSignOfAttack } from '#domain/proof-of-work/proof-of-work.service.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { userCreate } from '#domain/user/user.operations.ts'
import { PASSWORD } from '#testing/authorization-fixture.ts'
import { callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { proven } from '#testing/proof-of-work.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'

const THRESHOLD = 20

interface Stage {
  readonly services: TestServices
  readonly realm: Realm
  browser(network: number): FormBrowser
  /** The hashes of passwords so far. */
  hashes(): number
  [Symbol.asyncDispose](): Promise<void>
}

async function stage(policy: Record<string, unknown>): Promise<Stage> {
  const opened = await openTestServices({ network: { mail: SILENT_MAIL } })
  let hashes = 0
  const { verifyPassword } = opened.crypto
  const crypto = {
    ...opened.crypto,
    verifyPassword: (...given: Parameters<typeof verifyPassword>) => {
      hashes++
      return verifyPassword(...given)
    },
  }
  const services = { ...opened, crypto, contextFor: opened.contextFor.bind(opened), close: () => opened.close() }
  await callOperation(userCreate, opened.contextFor(), { email: 'ada@example.com', password: PASSWORD })
  await callOperation(realmUpdate, opened.contextFor(), {
    policy: {
      proofOfWorkDifficulty: 8,
      proofOfWorkThreshold: THRESHOLD,
      userRegistration: 'open',
      ...policy,
    },
    magicLinkEnabled: true,
  })
  const realm = (await opened.contextFor().read.realms.find(opened.realm.id)) ?? assert.fail()
  return {
    services,
    realm,
    browser: (network) => new FormBrowser(services, realm, { ip: `198.51.${network >> 8}.${network & 255}` }),
    hashes: () => hashes,
    [Symbol.asyncDispose]: () => opened.close(),
  }
}

const open = async (who: FormBrowser) => who.follow(await who.get('/account'))
const asks = ({ text }: PageResponse) => / data-proof/.test(text)
const isIn = ({ text }: PageResponse) => /<h1>Your account<\/h1>/.test(text)
const enter = (who: FormBrowser, page: PageResponse, password: string, more: Record<string, string> = {}) =>
  who.submit(page, { email: 'ada@example.com', password, ...more })

/** Sends the form as a browser with JavaScript does. */
function send(who: FormBrowser, page: PageResponse, values: Record<string, string>): Promise<PageResponse> {
  return who.submit(page, { ...values, ...(asks(page) && proven(formOf(page).fields)) })
}

test('under an attack from many networks, few passwords are hashed, and people sign in with a proof', async () => {
  await using at = await stage({})
  const known = at.browser(1)
  assert.ok(isIn(await enter(known, await open(known), PASSWORD)))
  await known.submit(await known.get('/sign-out'), { decision: 'sign_out' })
  const early = at.browser(2)
  const openedBefore = await open(early)
  assert.ok(!asks(openedBefore))
  const before = at.hashes()
  const statuses = new Set<number>()
  for (let index = 0; index < 100; index++) {
    const who = at.browser(1000 + index)
    const page = await open(who)
    statuses.add((await who.submit(page, { email: `nobody-${index}@example.com`, password: 'wrong' })).status)
  }
  assert.deepEqual([...statuses], [400])
  assert.equal(at.hashes() - before, THRESHOLD)
  const events = (await eventsAbout(at.services.contextFor(), at.realm.id)).map(({ type }) => type)
  assert.deepEqual(
    events.filter((type) => type.startsWith('realm.attack_')),
    ['realm.attack_began'],
  )

  const person = at.browser(3)
  const page = await open(person)
  assert.ok(asks(page))
  assert.match(String(page.headers['content-security-policy']), /script-src 'self'/)
  assert.match(page.text, /<p class="hint" role="status" aria-live="polite"[^>]*>[^<]*wait 20 seconds/)
  const wrong = await send(person, page, { email: 'ada@example.com', password: 'wrong' })
  assert.match(wrong.text, /do not match/)
  assert.ok(isIn(await send(person, wrong, { email: 'ada@example.com', password: PASSWORD })))

  const late = await enter(early, openedBefore, PASSWORD)
  assert.equal(late.status, 400)
  assert.match(late.text, /The computation was missing/)
  assert.ok(isIn(await send(early, late, { email: 'ada@example.com', password: PASSWORD })))

  const again = await open(known)
  assert.ok(asks(again), 'the page does not know yet who comes')
  assert.ok(isIn(await enter(known, again, PASSWORD)), 'a browser of the account needs none')
  const stranger = await open(at.browser(4))
  assert.equal(asks(stranger), true)
})

test('a proof is of no use a second time, in another browser or at another form', async () => {
  await using at = await stage({ proofOfWork: 'always' })
  const [one, other] = [at.browser(1), at.browser(2)]
  const page = await open(one)
  const { fields } = formOf(page)
  const solution = proven(fields)
  const spent = { proof: fields.proof ?? '', ...solution }
  const theirs = await open(other)
  assert.match((await enter(other, theirs, PASSWORD, spent)).text, /The computation was missing/)
  assert.match((await enter(one, page, 'wrong', solution)).text, /do not match/)
  const replayed = await enter(one, page, PASSWORD, spent)
  assert.match(replayed.text, /The computation was missing/)
  assert.notEqual(formOf(replayed).fields.proof, spent.proof)
  const recovery = await one.get(RECOVERY_PATH)
  const fresh = formOf(await open(one)).fields
  const crossed = await one.submit(recovery, {
    email: 'ada@example.com',
    proof: fresh.proof ?? '',
    ...proven(fresh),
  })
  assert.match(crossed.text, /The computation was missing/)
  assert.deepEqual(await mailsTo(at.services, 'ada@example.com'), [])
})

test('all forms that ask for a mail ask for a proof, and passkeys and providers do not', async () => {
  await using at = await stage({ proofOfWork: 'always' })
  const mails = async (email: string) => (await mailsTo(at.services, email)).length
  const forms = [
    [REGISTRATION_PATH, 'new@example.com', {}],
    [RECOVERY_PATH, 'ada@example.com', {}],
    ['/account', 'ada@example.com', { decision: 'mail' }],
  ] as const
  let sent = 0
  for (const [path, email, more] of forms) {
    const who = at.browser(1)
    const page = await who.follow(await who.get(path))
    assert.ok(asks(page), path)
    const refused = await who.submit(page, { email, ...more })
    assert.equal(refused.status, 400, path)
    assert.match(refused.text, /wait 20 seconds/, path)
    assert.match(refused.text, new RegExp(`value="${email}"`), path)
    assert.equal(await mails(email), email === 'ada@example.com' ? sent : 0)
    assert.equal((await send(who, refused, { email, ...more })).status, 200, path)
    if (email === 'ada@example.com') sent++
    assert.equal(await mails(email), email === 'ada@example.com' ? sent : 1, path)
  }
  const who = at.browser(2)
  const page = await open(who)
  const { action, fields } = formOf(page)
  const passkey = await who.post(action, { ...fields, method: 'passkey', ceremony: 'x', answer: '{}' })
  assert.match(passkey.text, /That took too long/)
})

test('without JavaScript, the same form is taken after a wait', async () => {
  await using at = await stage({ proofOfWork: 'always' })
  const who = at.browser(1)
  const page = await open(who)
  at.services.clock.advance(5000)
  const early = await enter(who, page, PASSWORD)
  assert.equal(early.status, 400)
  assert.match(early.text, /role="alert".*wait 15 seconds/s)
  assert.equal(formOf(early).fields.proof, formOf(page).fields.proof, 'the wait goes on')
  at.services.clock.advance(15_000)
  assert.ok(isIn(await enter(who, early, PASSWORD)))
  for (let index = 0; index < 4; index++) {
    const other = at.browser(1)
    const shown = await open(other)
    at.services.clock.advance(20_000)
    assert.match((await enter(other, shown, 'wrong')).text, /do not match/)
  }
  const sixth = at.browser(1)
  const shown = await open(sixth)
  at.services.clock.advance(20_000)
  const refused = await enter(sixth, shown, PASSWORD)
  assert.equal(refused.status, 429)
  assert.ok(Number(refused.headers['retry-after']) > 0)
  assert.ok(isIn(await send(sixth, refused, { email: 'ada@example.com', password: PASSWORD })), 'a proof goes on')
})

test('off never asks, whatever happens', async () => {
  await using at = await stage({ proofOfWork: 'off' })
  for (let index = 0; index < 2 * THRESHOLD; index++) {
    const who = at.browser(1000 + index)
    assert.match((await enter(who, await open(who), 'wrong')).text, /do not match|Too many/)
  }
  assert.ok(!asks(await open(at.browser(1))))
})

test('a mail that was asked for counts no more once its code was taken, and only that one', async () => {
  await using at = await stage({})
  const from = async (network: number) => {
    const context = at.services.contextFor({ realm: at.realm, permissions: [] })
    await noteSignOfAttack({
      ...context,
      actor: { ...context.actor, origin: { ...context.actor.origin, ip: `203.0.${network}.1` } },
    })
  }
  for (let network = 0; network < 10; network++) await from(network)
  const { id, email } = await callOperation(userCreate, at.services.contextFor(), {
    email: 'bo@example.com',
    emailVerified: true,
  })
  const who = at.browser(1)
  const { action, fields } = formOf(await who.submit(await open(who), { email, decision: 'mail' }))
  const [, code = ''] = /Code: (\d{4} \d{4})/.exec((await mailsTo(at.services, email)).at(-1)?.text ?? '') ?? []
  const replies = await Promise.all(Array.from({ length: 20 }, () => who.post(action, { ...fields, code })))
  assert.ok(replies.filter(({ status }) => status === 303).length > 1, 'who clicks twice goes on')
  const { data } = await at.services.contextFor().read.sessions.list(at.realm.id, { limit: 50, userId: id })
  assert.equal(data.length, 1)
  for (let network = 10; network < 19; network++) await from(network)
  assert.ok(!asks(await open(at.browser(2))))
  await from(19)
  assert.ok(asks(await open(at.browser(3))))
})
