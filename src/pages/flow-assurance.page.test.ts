// Checks that no flow, no order of steps, no back button and no second tab yields a session with less than is demanded.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { flowDelete } from '#domain/flow/flow.operations.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { userCreate } from '#domain/user/user.operations.ts'
import { createNetwork } from '#outside/network.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import { type AuthorizationFixture, openAuthorizationFixture, PASSWORD } from '#testing/authorization-fixture.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { type AnsweringReceiver, makeFlow, runsOf, startAnswering, when } from '#testing/flow-fixture.ts'
import { FormBrowser, type PageResponse } from '#testing/form-browser.ts'
import { SILENT_MAIL } from '#testing/mailbox.ts'

const SITE = 'https://steps.example'

let fixture: AuthorizationFixture
let receiver: AnsweringReceiver
before(async () => {
  receiver = await startAnswering()
  const { request, checkUrl } = createNetwork({ allowLoopback: true })
  fixture = await openAuthorizationFixture({ network: { mail: SILENT_MAIL, request, checkUrl } })
})
after(async () => {
  await fixture.close()
  await receiver[Symbol.asyncDispose]()
})

const plainStep = fc.constantFrom(
  { type: 'require_mfa_challenge' },
  { type: 'require_mfa_challenge', on_error: 'continue' },
  { type: 'require_mfa_challenge', config: { allow_recovery: false } },
  { type: 'require_mfa_enrollment' },
  { type: 'require_mfa_enrollment', config: { skip_if_enrolled: false } },
  { type: 'require_password_strength' },
  { type: 'webhook' },
  { type: 'webhook', on_error: 'continue' },
  { type: 'redirect', config: { url: SITE } },
  { type: 'delay', config: { seconds: 2 } },
  { type: 'set_metadata', config: { key: 'seen', value: true } },
  { type: 'custom_check', config: { condition: { has_metadata: 'seen' } } },
)
const step = fc.oneof(
  { weight: 4, arbitrary: plainStep },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom({ mfa_verified: true }, { mfa_enrolled: true }, {}), plainStep, plainStep)
      .map(([condition, met, unmet]) => when(condition, [met], [unmet])),
  },
)
/** What half of the flows demand of everybody. */
const leading = fc.constantFrom(
  undefined,
  undefined,
  { type: 'require_mfa_challenge' },
  { type: 'require_mfa_enrollment' },
)
const action = fc.constantFrom(
  ...(['sign in', 'code', 'code', 'code', 'finish', 'finish', 'come back', 'come back', 'flow', 'flow'] as const),
  ...(['wrong code', 'back', 'factor', 'app'] as const),
  ...(['start again', 'wait', 'new tab'] as const),
)
const answer = fc.constantFrom({}, { decision: 'allow' }, { decision: 'deny' }, 500)

/** Everything that two tabs of one browser remember. */
class Visitor {
  readonly browser: FormBrowser
  readonly email: string
  readonly pages: PageResponse[] = []
  readonly states: string[] = []
  key: string | undefined

  constructor(browser: FormBrowser, email: string) {
    this.browser = browser
    this.email = email
  }

  async see(visit: Promise<PageResponse>): Promise<void> {
    const page = await this.browser.follow(await visit)
    this.pages.push(page)
    const { location = '', text } = page
    if (location.startsWith(SITE)) this.states.push(new URL(location).searchParams.get('state') ?? '')
    this.key = /<code class="key">([A-Z2-7 ]+)</.exec(text)?.[1]?.replaceAll(' ', '') ?? this.key
  }

  /** A page of the visit with a form: the last, or one before. */
  form(back: number): PageResponse | undefined {
    return this.pages.filter(({ text }) => /<form[^>]*method="post"/.test(text)).at(-1 - back)
  }

  get transaction(): string {
    const all = this.pages.map(({ text }) => /name="transaction" value="([^"]+)"/.exec(text)?.[1])
    return all.findLast(Boolean) ?? ''
  }

  async act(name: string, back: number): Promise<void> {
    const { browser, transaction } = this
    const { clock } = fixture.services
    const page = this.form(back)
    const code = this.key === undefined ? '000000' : codeOf(this.key, clock.now())
    const filled = (values: Record<string, string>) => page && this.see(browser.submit(page, values))
    const visit = (path: string) => transaction && this.see(browser.get(path, { transaction }))
    if (name === 'start again') await this.see(browser.get('/oauth/authorize', fixture.request()))
    if (name === 'sign in') await filled({ email: this.email, password: PASSWORD })
    if (name === 'code' || name === 'wrong code') await filled({ code: name === 'code' ? code : '123456' })
    if (name === 'finish') await filled({})
    if (name === 'back') await visit('/sign-in')
    if (name === 'flow') await visit('/sign-in/flow')
    if (name === 'factor') await visit('/sign-in/second-factor')
    if (name === 'app') await visit('/sign-in/authenticator')
    if (name === 'new tab') await this.see(browser.get('/oauth/authorize', fixture.request({ prompt: 'login' })))
    if (name === 'wait') clock.advance(31_000)
    const state = this.states.at(-1 - back)
    if (name === 'come back' && state) await this.see(browser.get('/sign-in/flow/return', { state }))
  }
}

let made = 0

/** Whether a list of steps demands a second factor of everybody. */
const demandsFactor = (steps: readonly object[]) => {
  const [first] = steps as { type: string; on_error?: string }[]
  return /^require_mfa_/.test(first?.type ?? '') && first?.on_error !== 'continue'
}

test('no sequence of steps, back buttons and tabs yields a session with less than the realm and the flow demand', async () => {
  let sessionsSeen = 0
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        minAal: fc.constantFrom(1, 2),
        enrolled: fc.boolean(),
        steps: fc
          .tuple(leading, fc.array(step, { minLength: 1, maxLength: 3 }))
          .map(([first, rest]) => (first ? [first, ...rest] : rest)),
        answers: answer,
        actions: fc.array(fc.tuple(action, fc.constantFrom(0, 0, 0, 1, 2)), { minLength: 8, maxLength: 24 }),
      }),
      async ({ minAal, enrolled, steps, answers, actions }) => {
        const { services } = fixture
        const realm: Realm = {
          ...services.realm,
          minAal,
          policy: { ...services.realm.policy, flowRedirectOrigins: [SITE] },
        }
        const at = services.contextFor({ realm })
        if (answers === 500) receiver.answer(500)
        else receiver.answer(200, answers)
        const placed = JSON.parse(
          JSON.stringify(steps).replaceAll('"type":"webhook"', `"type":"webhook","config":{"url":"${receiver.url}"}`),
        )
        const flow = await makeFlow({ ...services, contextFor: () => at } as typeof services, placed)
        const email = `visitor-${++made}@example.com`
        const { id } = await callOperation(userCreate, at, { email, password: PASSWORD })
        const browser = new FormBrowser(services, realm, { ip: `192.0.${made % 250}.${(made * 7) % 250}` })
        const visitor = new Visitor(browser, email)
        if (enrolled) visitor.key = (await setUpTotp(at, id)).key
        await visitor.act('start again', 0)
        await visitor.act('sign in', 0)
        for (const [name, back] of actions) await visitor.act(name, back)
        const sessions = await at.read.sessions.openOf(id, services.clock.now(), 50)
        const runs = await runsOf(services, flow.id, { limit: '200' })
        sessionsSeen += sessions.length
        for (const { aal } of sessions) {
          assert.ok(aal >= minAal, 'the level of the realm')
          if (demandsFactor(placed)) assert.ok(aal >= 2, 'the level of the flow')
        }
        const passed = runs.filter(({ userId, actual }) => userId === id && actual === 'signed_in')
        assert.ok(passed.length >= sessions.length, 'every session has passed the flow')
        for (const { timeline } of passed) {
          assert.ok(timeline.every(({ outcome }) => outcome !== 'block' && outcome !== 'error'))
        }
        if (answers === 500 && placed[0].type === 'webhook' && placed[0].on_error === undefined)
          assert.deepEqual(sessions, [])
        await callOperation(flowDelete, at, { id: flow.id })
      },
    ),
    { numRuns: 80 },
  )
  assert.ok(sessionsSeen > 0, 'somebody got in')
})
