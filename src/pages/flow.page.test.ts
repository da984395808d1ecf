// Checks flows in sign-ins: what they demand, how they wait and go on, and that they fail closed.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { flowDelete, flowUpdate } from '#domain/flow/flow.operations.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { userCreate } from '#domain/user/user.operations.ts'
import { createNetwork } from '#outside/network.ts'
import { codeOf } from '#testing/authenticator.ts'
import { type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { DIALECTS } from '#testing/databases.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { type AnsweringReceiver, makeFlow, runsOf, startAnswering } from '#testing/flow-fixture.ts'
import { FormBrowser, formOf, type PageResponse } from '#testing/form-browser.ts'
import { SILENT_MAIL } from '#testing/mailbox.ts'
import { openServicesOver } from '#testing/services.ts'

let fixture: AuthorizationFixture
let receiver: AnsweringReceiver

const ADA = { email: 'ada@example.com', password: PASSWORD }
const now = () => fixture.services.clock.now()
const wait = (seconds: number) => fixture.services.clock.advance(seconds * 1000)
const context = () => fixture.services.contextFor()
const current = async () => {
  const { services } = fixture
  const found = (await services.registry.realmByIssuerId('default')) ?? assert.fail()
  return services.contextFor({ realm: found.realm })
}
const hook = (more: object = {}) => ({ type: 'webhook', config: { url: receiver.url }, ...more })
const ENROL = { type: 'require_mfa_enrollment' }
const MFA = { type: 'require_mfa_challenge' }
const keyIn = ({ text }: PageResponse) => /<code class="key">([A-Z2-7 ]+)</.exec(text)?.[1]?.replaceAll(' ', '') ?? ''
const isSignedIn = (browser: FormBrowser) =>
  [...browser.cookies.keys()].some((name) => /^(__Host-)?session-/.test(name))
const transactionOf = (page: PageResponse) => formOf(page).fields.transaction ?? ''

async function arrive(browser: FormBrowser): Promise<PageResponse> {
  return browser.follow(await browser.get('/oauth/authorize', fixture.request()))
}

/** Types the password. @returns the page that comes then */
async function signIn(browser: FormBrowser): Promise<PageResponse> {
  return browser.submit(await arrive(browser), ADA)
}

for (const dialect of DIALECTS) {
  describe(`flows on ${dialect}`, () => {
    beforeEach(async () => {
      receiver = await startAnswering()
      const { request, checkUrl } = createNetwork({ allowLoopback: true })
      fixture = await openAuthorizationFixture({
        database: dialect,
        network: { mail: SILENT_MAIL, request, checkUrl },
      })
    })
    afterEach(async () => {
      await fixture.close()
      await receiver[Symbol.asyncDispose]()
    })

    test('a flow has a person set up a second factor where the realm does not, and lets the person in afterwards', async () => {
      const flow = await makeFlow(fixture.services, [
        ENROL,
        MFA,
        { type: 'set_metadata', config: { key: 'seen', value: true } },
      ])
      const browser = fixture.newBrowser()
      const page = await signIn(browser)
      assert.deepEqual([keyIn(page).length, isSignedIn(browser)], [32, false])
      const [waiting] = await runsOf(fixture.services, flow.id)
      assert.deepEqual([waiting?.outcome, waiting?.actual], ['awaiting_mfa_enrollment', 'waiting'])
      const codes = await browser.submit(page, { code: codeOf(keyIn(page), now()) })
      assert.equal(isSignedIn(browser), false)
      assert.match((await browser.submit(codes, {})).text, /value="allow"/)
      assert.equal(isSignedIn(browser), true)
      const [run] = await runsOf(fixture.services, flow.id)
      assert.deepEqual([run?.outcome, run?.actual, run?.aal, run?.agrees], ['continue', 'signed_in', 2, true])
      const [applied] = await fixture.events('flow.applied')
      assert.deepEqual([applied?.data.type, applied?.actor.id], ['set_metadata', fixture.ada.id])
      const user = await context().read.users.find(fixture.services.realm.directoryId, fixture.ada.id)
      assert.deepEqual(user?.attributes, { seen: true })
    })

    test('a webhook is asked with a signature, and its answer lets in, refuses and tells the next steps', async () => {
      const flow = await makeFlow(fixture.services, [
        hook(),
        {
          type: 'custom_check',
          config: { condition: { metadata_eq: { risk: 'low' } }, message: 'Ask the help desk.' },
        },
      ])
      receiver.answer(200, { metadata: { risk: 'low' } })
      const browser = fixture.newBrowser()
      assert.match((await signIn(browser)).text, /value="allow"/)
      const [asked] = receiver.asked
      const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(asked?.headers['countersign-signature'])) ?? []
      assert.equal(v1, fixture.services.crypto.hmac(flow.secret, `${t}.${asked?.text}`))
      assert.deepEqual(
        [asked?.body.trigger, asked?.body.user.email, asked?.body.user.mfa_verified],
        ['login', ADA.email, false],
      )
      assert.ok(!asked?.text.includes(PASSWORD))

      receiver.answer(200, { metadata: { risk: 'high' } })
      const refused = await signIn(fixture.newBrowser())
      assert.deepEqual([refused.status, /Ask the help desk\./.test(refused.text)], [403, true])
      receiver.answer(200, { decision: 'deny', reason: 'sanctions', message: 'Call us.' })
      assert.match((await signIn(fixture.newBrowser())).text, /Call us\./)
      receiver.answer(200, { decision: 'allow' })
      assert.match((await signIn(fixture.newBrowser())).text, /value="allow"/)
      const runs = await runsOf(fixture.services, flow.id)
      assert.deepEqual(
        runs.map(({ outcome, step, reason, actual }) => [outcome, step, reason, actual]),
        [
          ['continue', null, null, 'signed_in'],
          ['block', '0', 'sanctions', 'blocked'],
          ['block', '1', 'the condition does not hold', 'blocked'],
          ['continue', null, null, 'signed_in'],
        ],
      )
      assert.equal((await fixture.events('flow.refused')).length, 2)
    })

    test('A flow that fails refuses the sign-in, unless the step says that it goes on', async () => {
      const flow = await makeFlow(fixture.services, [hook()])
      for (const [status, body] of [
        [500, ''],
        [302, ''],
        [200, 'not JSON'],
        [200, { decision: 'perhaps' }],
      ] as const) {
        receiver.answer(status, body)
        const browser = fixture.newBrowser()
        const page = await signIn(browser)
        assert.deepEqual([page.status, isSignedIn(browser)], [403, false])
        // What was proven does not count any more.
        assert.match((await browser.follow(await arrive(browser))).text, /name="password"/)
      }
      receiver.answer(500)
      await callOperation(flowUpdate, context(), { id: flow.id, steps: [hook({ on_error: 'continue' })] })
      const page = await signIn(fixture.newBrowser())
      assert.match(page.text, /value="allow"/)
      const [run] = await runsOf(fixture.services, flow.id)
      assert.match(run?.timeline[0]?.reason ?? '', /on_error says continue/)
    })

    test('a denial counts whatever stands beside it, and its texts are kept in one clean line', async () => {
      const deny = { decision: 'deny', reason: `a\u0000b ${'r'.repeat(300)}`, message: 'Call\nus.\u202e', metadata: [] }
      const flow = await makeFlow(fixture.services, [hook({ on_error: 'continue' })])
      for (const answer of [deny, { ...deny, reason: 1 }, { ...deny, metadata: null }, { ...deny, message: {} }]) {
        receiver.answer(200, answer)
        const browser = fixture.newBrowser()
        const page = await signIn(browser)
        assert.deepEqual([page.status, isSignedIn(browser)], [403, false], JSON.stringify(answer))
        assert.equal(/Call us\./.test(page.text), typeof answer.message === 'string')
      }
      const first = (await runsOf(fixture.services, flow.id)).at(-1)
      assert.equal(first?.reason, `a b ${'r'.repeat(196)}`)
      const long = Object.fromEntries(Array.from({ length: 4 }, (_, at) => [`k${at}`, 'x'.repeat(1000)]))
      const fill = Object.entries(long).map(([key, value]) => ({
        type: 'set_metadata',
        config: { key, value, on: 'run' },
      }))
      const steps = [...fill, hook({ on_error: 'continue' })]
      await callOperation(flowUpdate, context(), { id: flow.id, steps })
      receiver.answer(200, { decision: 'deny', metadata: { more: 'x'.repeat(500) } })
      const full = fixture.newBrowser()
      assert.deepEqual([(await signIn(full)).status, isSignedIn(full)], [403, false])
    })

    test('who has no second factor is told so where a flow asks for one', async () => {
      await makeFlow(fixture.services, [MFA])
      const page = await signIn(fixture.newBrowser())
      assert.equal(page.status, 403)
      assert.match(page.text, /a second step is part of signing in, and your account has none/)
      assert.doesNotMatch(page.text, /Try again later/)
    })

    test('an attribute that a flow sets is checked as every other change of a user', async () => {
      const { services } = fixture
      const profileAttributes = [
        { name: 'shirt', options: ['S', 'M'] },
        { name: 'badge', unique: true },
      ]
      await callOperation(realmUpdate, context(), { policy: { profileAttributes } })
      await callOperation(userCreate, await current(), { email: 'b@example.com', attributes: { badge: '7' } })
      for (const config of [
        { key: 'shirt', value: 'XXL' },
        { key: 'badge', value: '7' },
      ]) {
        const flow = await makeFlow(services, [{ type: 'set_metadata', config }])
        const browser = fixture.newBrowser({ realm: realmOf((await current()).scope) })
        assert.equal((await signIn(browser)).status, 403, config.key)
        await callOperation(flowDelete, context(), { id: flow.id })
      }
      const user = await context().read.users.find(services.realm.directoryId, fixture.ada.id)
      assert.deepEqual(user?.attributes, {})
    })

    test('a run goes on after ten minutes, in another process and in a second tab, where it waited', async () => {
      const steps = [hook(), ENROL, { type: 'set_metadata', config: { key: 'n', value: 1 } }]
      const flow = await makeFlow(fixture.services, steps)
      const browser = fixture.newBrowser()
      const page = await signIn(browser)
      const transaction = transactionOf(page)
      wait(20 * 60)
      const { services } = fixture
      // SQLite has one process: there, nothing but the rows is left of the first one.
      const { database, random, crypto, limiter, host, registry, decisions } =
        dialect === 'sqlite' ? services : await openServicesOver(services.store)
      const { clock, network } = services
      const process = { database, random, crypto, limiter, host, registry, decisions, clock, network }
      const later = new FormBrowser(process, services.realm)
      for (const [name, value] of browser.cookies) later.cookies.set(name, value)
      const tabs = [
        await later.follow(await later.get('/sign-in', { transaction })),
        await later.follow(await later.get('/sign-in/flow', { transaction })),
      ]
      for (const tab of tabs) assert.match(keyIn(tab), /^[A-Z2-7]{32}$/)
      const codes = await Promise.all(tabs.map((tab) => later.submit(tab, { code: codeOf(keyIn(tab), now()) })))
      const ends = await Promise.all(codes.map((tab) => later.submit(tab, {})))
      assert.deepEqual(
        ends.map(({ text }) => /value="allow"/.test(text)),
        [true, true],
      )
      assert.equal(receiver.asked.length, 1, 'no step is taken twice')
      assert.deepEqual(
        (await runsOf(fixture.services, flow.id)).map(({ actual }) => actual),
        ['signed_in'],
      )
      assert.equal((await fixture.events('session.started')).length, 1)
    })
  })
}
