// Checks that what signs a person in once does so also when two processes on one database get it at the same moment.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RECOVERY_PATH, RESET_PATH, SIGN_IN_LINK_PATH } from '#domain/account/account-link.ts'
import type { Services } from '#domain/open-context.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { userCreate } from '#domain/user/user.operations.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import { type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { type FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { mailsTo, SILENT_MAIL } from '#testing/mailbox.ts'
import { passkeyFormOf, setUpPasskey } from '#testing/passkey.ts'
import { openServicesOver } from '#testing/services.ts'

const ROUNDS = 2

let fixture: AuthorizationFixture
let realm: Realm
let processes: readonly Services[]
let made = 0
before(async () => {
  const network = { mail: SILENT_MAIL }
  fixture = await openAuthorizationFixture({ database: 'postgres', network })
  const { services } = fixture
  await callOperation(realmUpdate, context(), { magicLinkEnabled: true })
  realm = (await services.registry.realmByIssuerId(services.realm.issuerId))?.realm ?? assert.fail()
  const beside = await openServicesOver(services.store, { network })
  processes = [services, { ...beside, clock: services.clock }]
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const person = () =>
  callOperation(userCreate, context(), {
    ...{ email: `person-${++made}@example.com`, emailVerified: true, password: PASSWORD },
  })

/** One browser, once for each process that its load balancer may choose. */
function browserAtBoth(): readonly FormBrowser[] {
  const ip = `192.0.2.${++made}`
  const [first, ...others] = processes.map((services) => fixture.newBrowser({ ip, realm, services }))
  return [first, ...others.map((other) => Object.assign(other, { cookies: first?.cookies }))] as FormBrowser[]
}

/** Does something so many times at once, at every process in turn. */
const atOnce = <T, U>(count: number, places: readonly T[], work: (place: T, at: number) => Promise<U>): Promise<U[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => work(places[at % places.length] as T, at)))

const isSignedIn = (who: FormBrowser) => [...who.cookies.keys()].some((name) => /^(__Host-)?session-/.test(name))

async function sessionsOf(userId: string): Promise<number> {
  const { data } = await context().read.sessions.list(realm.id, { limit: 50, userId })
  return data.length
}

async function arrive(who: FormBrowser, changes: Record<string, string | null> = {}): Promise<PageResponse> {
  return who.follow(await who.get('/oauth/authorize', fixture.request(changes)))
}

async function newestMail(email: string) {
  return (await mailsTo(fixture.services, email)).at(-1) ?? assert.fail(`no mail to ${email}`)
}

test('RC-03 a mailed link and its code begin one session', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id, email } = await person()
    const handles = browserAtBoth()
    const [who] = handles as readonly [FormBrowser]
    const typing = formOf(await who.submit(await arrive(who), { email, decision: 'mail' }))
    const { token, text } = await newestMail(email)
    const link = formOf(await who.get(SIGN_IN_LINK_PATH, { token }))
    const code = /Code: (\d{4} \d{4})/.exec(text)?.[1] ?? assert.fail(text)
    await atOnce(20, handles, (handle, at) =>
      at % 4 < 2 ? handle.post(link.action, link.fields) : handle.post(typing.action, { ...typing.fields, code }),
    )
    assert.equal(await sessionsOf(id), 1)
  }
})

test('RC-03 a mailed link sets one password', async () => {
  const { id, email } = await person()
  const handles = browserAtBoth()
  const [who] = handles as readonly [FormBrowser]
  await who.submit(await who.get(RECOVERY_PATH), { email })
  const { token } = await newestMail(email)
  const { action, fields } = formOf(await who.get(RESET_PATH, { token }))
  await atOnce(10, handles, (handle, at) => handle.post(action, { ...fields, password: `${PASSWORD} ${at}` }))
  const set = (await eventsAbout(context(), id)).filter(({ type }) => type === 'user.password_set')
  assert.equal(set.length, 1)
})

/** Tries the same code in six browsers, three at each process. @returns how many it let in */
async function letIn(email: string, fields: Record<string, string>): Promise<number> {
  const halfWay = await atOnce(6, processes, async (services) => {
    const who = fixture.newBrowser({ ip: `198.51.100.${++made}`, realm, services })
    return { who, page: await who.submit(await arrive(who, { acr_values: 'aal2' }), { email, password: PASSWORD }) }
  })
  for (const { page } of halfWay) assert.match(page.text, /name="code"/)
  await Promise.all(halfWay.map(({ who, page }) => who.submit(page, fields)))
  return halfWay.filter(({ who }) => isSignedIn(who)).length
}

test('RC-04 a code of an authenticator app and a recovery code let one browser in', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id, email } = await person()
    const { key, codes } = await setUpTotp(context(), id)
    assert.equal(await letIn(email, { code: codeOf(key, fixture.services.clock.now()) }), 1)
    assert.equal(await letIn(email, { method: 'recovery_code', code: codes[0] ?? '' }), 1)
    assert.equal(await sessionsOf(id), 2)
  }
})

test('RC-05 an answer to the challenge of a passkey begins one session', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id } = await person()
    const user = (await context().read.users.find(realm.directoryId, id)) ?? assert.fail()
    const { authenticator } = await setUpPasskey(context(), user)
    const handles = browserAtBoth()
    const { action, fields, options } = passkeyFormOf(await arrive(handles[0] as FormBrowser))
    const answer = authenticator.get(options)
    await atOnce(10, handles, (handle) => handle.post(action, { ...fields, answer }))
    assert.equal(await sessionsOf(id), 1)
  }
})
