// Checks browsers that are remembered: when the second factor is not asked for, and what makes it asked for again.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authenticatorList, authenticatorRemove } from '#domain/authenticator/authenticator.operations.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { rememberedDeviceList, rememberedDeviceRemove } from '#domain/remembered-device/remembered-device.operations.ts'
import { userCreate, userDisableMfa, userSetPassword, userUpdate } from '#domain/user/user.operations.ts'
import { renderId } from '#kernel/id.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import { type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { FormBrowser, type PageResponse } from '#testing/form-browser.ts'

let fixture: AuthorizationFixture
let realm: Realm
let made = 0
before(async () => {
  fixture = await openAuthorizationFixture()
  await setRealm({ policy: { rememberedDeviceDays: 30 } })
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
async function setRealm(change: Record<string, unknown>): Promise<void> {
  await callOperation(realmUpdate, context(), change)
  realm = (await fixture.services.registry.realmByIssuerId(fixture.services.realm.issuerId))?.realm ?? assert.fail()
}
const later = (days: number) => fixture.services.clock.advance(days * 86_400_000)
const headingOf = ({ text }: PageResponse) => (/<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? '').replace(/<[^>]+>/g, '')
const isAsked = (page: PageResponse) => headingOf(page) === 'Confirm it’s you'
const deviceOf = (who: FormBrowser) => [...who.cookies].find(([name]) => /^(__Host-)?device-/.test(name))
const devices = async (id: string) => (await callOperation(rememberedDeviceList, context(), { id })).data

async function person() {
  const { id, email } = await callOperation(userCreate, context(), {
    email: `person-${++made}@example.com`,
    password: PASSWORD,
  })
  const { key } = await setUpTotp(context(), id)
  const code = () => {
    fixture.services.clock.advance(30_000)
    return codeOf(key, fixture.services.clock.now())
  }
  return { id, email, code }
}
type Someone = Awaited<ReturnType<typeof person>>

/** Signs in with the password, without a session in the browser. */
async function signIn(who: FormBrowser, { email }: Pick<Someone, 'email'>, request: Record<string, string> = {}) {
  for (const name of who.cookies.keys()) if (/^(__Host-)?session-/.test(name)) who.cookies.delete(name)
  const page = await who.follow(await who.get('/oauth/authorize', fixture.request(request)))
  return who.submit(page, { email, password: PASSWORD })
}

/** A browser in which somebody chose to be remembered. */
async function remembered(someone: Someone): Promise<FormBrowser> {
  const who = fixture.newBrowser({ ip: `192.0.2.${++made}`, realm })
  const page = await signIn(who, someone)
  assert.match(page.text, /name="remember"[^>]*value="yes"/)
  assert.match(page.text, /for 30 days/)
  await who.submit(page, { code: someone.code(), remember: 'yes' })
  assert.ok(deviceOf(who), 'the browser has a cookie')
  return who
}

const asksAgain = async (who: FormBrowser, someone: Someone) => isAsked(await signIn(who, someone))

test('MF-09 a remembered browser is not asked again, and the session has no more than the password proves', async () => {
  const ada = await person()
  const who = await remembered(ada)
  const cookie = who.setCookies.find((line) => line.startsWith('__Host-device-')) ?? ''
  for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/', 'Max-Age=2592000']) {
    assert.ok(cookie.includes(attribute), attribute)
  }
  const [before] = await devices(ada.id)
  const secret = deviceOf(who)?.[1] ?? ''
  const stored = await fixture.services.database.read.kysely.selectFrom('remembered_device').selectAll().execute()
  assert.doesNotMatch(JSON.stringify(stored), new RegExp(secret))
  assert.equal(await asksAgain(who, ada), false)
  const [started] = (await fixture.events('session.started')).slice(-1)
  assert.deepEqual([started?.data.amr, started?.data.aal], [['pwd'], 1])
  const [used] = await devices(ada.id)
  assert.deepEqual([used?.id, before?.lastUsedAt], [before?.id, null])
  assert.ok(used?.lastUsedAt)
  assert.equal((await fixture.events('remembered_device.used')).at(-1)?.actor.id, ada.id)
  assert.ok(isAsked(await signIn(who, ada, { acr_values: 'aal2' })), 'who demands more gets it')
})

test('MF-09 a copy of the cookie is worth nothing elsewhere, for somebody else, after a use, and when its time is over', async () => {
  const [ada, bob] = [await person(), await person()]
  const who = await remembered(ada)
  const [name = '', copy = ''] = deviceOf(who) ?? []
  const thief = new FormBrowser(fixture.services, realm, { ip: '198.51.100.7', userAgent: 'another program' })
  thief.cookies.set(name, copy)
  assert.ok(await asksAgain(thief, ada), 'another program')
  assert.ok(await asksAgain(who, bob), 'another person')
  assert.equal(await asksAgain(who, ada), false)
  const late = fixture.newBrowser({ ip: '198.51.100.8', realm })
  late.cookies.set(name, copy)
  assert.ok(await asksAgain(late, ada), 'the secret is another one by now')
  later(29)
  assert.equal(await asksAgain(who, ada), false)
  later(1)
  assert.ok(await asksAgain(who, ada), 'a use makes it last no longer')
})

test('MF-09 a new password, another second factor, a suspension and an administrator end it', async () => {
  const endings: readonly (readonly [string, (someone: Someone) => Promise<unknown>])[] = [
    ['password', ({ id }) => callOperation(userSetPassword, context(), { id, password: PASSWORD })],
    [
      'factor',
      async ({ id }) => {
        await setUpTotp(context(), id)
        const { data } = await callOperation(authenticatorList, context(), { id })
        const authenticatorId = data.find(({ kind }) => kind === 'totp')?.id ?? ''
        await callOperation(authenticatorRemove, context(), { id, authenticatorId })
      },
    ],
    [
      'suspension',
      async ({ id }) => {
        await callOperation(userUpdate, context(), { id, status: 'suspended' })
        await callOperation(userUpdate, context(), { id, status: 'active' })
      },
    ],
    [
      'administrator',
      async ({ id }) => {
        const [device] = await devices(id)
        await callOperation(rememberedDeviceRemove, context(), { id, rememberedDeviceId: device?.id ?? '' })
      },
    ],
  ]
  for (const [name, end] of endings) {
    const someone = await person()
    const who = await remembered(someone)
    await end(someone)
    assert.ok(await asksAgain(who, someone), name)
    assert.equal((await devices(someone.id)).length, 0, name)
  }
  const someone = await person()
  const who = await remembered(someone)
  await callOperation(userDisableMfa, context(), { id: someone.id })
  await setUpTotp(context(), someone.id)
  assert.ok(await asksAgain(who, someone), 'second factors of later are not those of before')
})

test('the realm says whether and for how long; a second factor that it demands is asked for', async () => {
  const ada = await person()
  const who = await remembered(ada)
  await setRealm({ policy: { rememberedDeviceDays: 1 } })
  later(1)
  const shorter = fixture.newBrowser({ ip: `192.0.2.${++made}`, realm })
  for (const [name, value] of who.cookies) shorter.cookies.set(name, value)
  assert.ok(await asksAgain(shorter, ada), 'a shorter time holds at once')
  await setRealm({ policy: { rememberedDeviceDays: 30 }, minAal: 2 })
  const strict = fixture.newBrowser({ ip: `192.0.2.${++made}`, realm })
  for (const [name, value] of who.cookies) strict.cookies.set(name, value)
  const page = await signIn(strict, ada)
  assert.ok(isAsked(page))
  assert.doesNotMatch(page.text, /name="remember"/)
  await strict.submit(page, { code: ada.code(), remember: 'yes' })
  assert.equal((await devices(ada.id)).length, 1, 'a form that says so changes nothing')
  await setRealm({ minAal: 1 })
})

test('SE-11 a person sees the browsers and forgets one, and nobody forgets that of somebody else', async () => {
  const [ada, bob] = [await person(), await person()]
  const who = await remembered(ada)
  const other = await remembered(bob)
  await who.follow(await who.get('/account/sessions'))
  const page = await who.get('/account/sessions')
  assert.match(page.text, /Browsers without a second step/)
  const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
  const forget = async (id: string) => {
    const device = (await devices(id))[0]?.id ?? ''
    return who.post('/account/sessions', { csrf, decision: 'forget', device: renderId('remembered_device', device) })
  }
  await forget(bob.id)
  assert.equal((await devices(bob.id)).length, 1)
  const own = /name="device" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
  assert.equal((await who.post('/account/sessions', { csrf, decision: 'forget', device: own })).status, 303)
  assert.deepEqual([(await devices(ada.id)).length, await asksAgain(who, ada)], [0, true])
  assert.equal(await asksAgain(other, bob), false)
})
