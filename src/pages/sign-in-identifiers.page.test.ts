// Checks sign-ins with user names and verified phone numbers, where the realm takes them.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { userCreate, userUpdate } from '#domain/user/user.operations.ts'
import { type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import type { FormBrowser, PageResponse } from '#testing/form-browser.ts'
import { failure } from '#testing/run-operation.ts'

let fixture: AuthorizationFixture
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture()
  await callOperation(userCreate, await context(), {
    ...{ email: 'grace@example.com', password: PASSWORD, username: 'Grace.H' },
    ...{ phone: '+49 30 1234567', phoneVerified: true },
  })
  await callOperation(userCreate, await context(), {
    ...{ email: 'joan@example.com', password: PASSWORD, username: '4930999', phone: '030 555 000' },
  })
})
after(() => fixture.close())
beforeEach(() => take('username', 'phone'))

const realm = async () => ((await fixture.services.registry.realmByIssuerId('default')) ?? assert.fail()).realm
const context = async () => fixture.services.contextFor({ realm: await realm() })
const take = async (...signInIdentifiers: string[]) => {
  await callOperation(realmUpdate, await context(), { policy: { signInIdentifiers } })
}
const browser = async () => fixture.newBrowser({ ip: `192.0.2.${++made}`, realm: await realm() })
const signIn = async (typed: string, password = PASSWORD, who?: FormBrowser): Promise<PageResponse> => {
  const visitor = who ?? (await browser())
  const page = await visitor.follow(await visitor.get('/oauth/authorize', fixture.request()))
  return visitor.submit(page, { email: typed, password })
}
const isIn = (page: PageResponse) =>
  page.status === 200 && /name="decision"/.test(page.text) && !/name="password"/.test(page.text)
/** A refusal without what is its own: ids, tokens, and what was typed. */
const plain = ({ status, text }: PageResponse, typed: string) =>
  [status, text.replaceAll(typed, 'TYPED').replace(/[\w.-]{40,}/g, '')].join()

test('a person signs in with the user name, in any case and width, and with the verified phone number', async () => {
  for (const typed of [
    'grace@example.com',
    'grace.h',
    ' GRACE.H ',
    'Ｇrace.h',
    '+49 (30) 1234-567',
    '0049301234567',
    '4930999',
  ]) {
    assert.ok(isIn(await signIn(typed)), typed)
  }
})

test('nobody signs in with a phone number that is not verified, or with what the realm does not take', async () => {
  assert.equal((await signIn('030 555 000')).status, 400)
  await take('username')
  assert.equal((await signIn('+49 30 1234567')).status, 400)
  assert.ok(isIn(await signIn('grace.h')))
  await take()
  assert.equal((await signIn('grace.h')).status, 400)
})

test('the field says what it takes', async () => {
  const label = async () => {
    const who = await browser()
    const { text } = await who.follow(await who.get('/oauth/authorize', fixture.request()))
    return /<label for="email">([^<]*)/.exec(text)?.[1]
  }
  assert.equal(await label(), 'E-mail, user name or phone number')
  await take('username')
  assert.equal(await label(), 'E-mail or user name')
  await take()
  assert.equal(await label(), 'E-mail')
})

test('the answer does not tell whether a user name exists, nor which address it is of', async () => {
  const [known, unknown] = [await signIn('grace.h', 'wrong'), await signIn('grace.x', 'wrong')]
  assert.equal(plain(known, 'grace.h'), plain(unknown, 'grace.x'))
  const statuses = async (typed: string) => {
    const who = await browser()
    const all: number[] = []
    for (let index = 0; index < 7; index++) all.push((await signIn(typed, 'wrong', who)).status)
    return all
  }
  const [first, other] = [await statuses('nobody@example.com'), await statuses('no.body')]
  assert.ok(first.includes(429))
  assert.deepEqual([await statuses('joan@example.com'), await statuses('4930999 ')], [first, other])
})

test('all forms of an identifier have one budget of attempts', async () => {
  const forms = (text: string, mark: string) =>
    Array.from({ length: 7 }, (_, at) => text.slice(0, at + 1) + mark + text.slice(at + 1))
  const dressed = ['mary.b', 'ｍary.b', '𝐦ary.b', 'ⓜary.b', 'MARY.B', 'm𝐚ry.b', 'ma\u00adry.b']
  for (const all of [forms('4930777888', '-'), forms('+49305558', ' '), dressed]) {
    const who = await browser()
    const statuses: number[] = []
    for (const typed of all) statuses.push((await signIn(typed, 'wrong', who)).status)
    assert.ok(statuses.includes(429), `${all[0]}: ${statuses}`)
  }
})

test('no two users of a directory have the same verified number, however it is written', async () => {
  const create = async (more: object) =>
    callOperation(userCreate, await context(), { email: `u${++made}@example.com`, ...more })
  await assert.rejects(create({ phone: '0049-30-1234567', phoneVerified: true }), failure('already_exists'))
  const other = await create({ phone: '0049-30-1234567' })
  const verify = async () => callOperation(userUpdate, await context(), { id: other.id, phoneVerified: true })
  await assert.rejects(verify(), failure('already_exists'))
  await take()
  await verify()
  await assert.rejects(take('phone'), failure('conflict'))
})
