// Checks flows without pages: what definitions are refused, dry runs, and who may do what.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createNetwork } from '#outside/network.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherTenant, callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { type AnsweringReceiver, branches, makeFlow, runsOf, startAnswering, when } from '#testing/flow-fixture.ts'
import { SILENT_MAIL } from '#testing/mailbox.ts'
import { failure } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { organizationCreate, organizationDelete } from '../organization/organization.operations.ts'
import { realmUpdate } from '../realm/realm.operations.ts'
import { roleCreate, roleDelete } from '../role/role.operations.ts'
import { userCreate, userGet } from '../user/user.operations.ts'
import {
  flowCreate,
  flowDelete,
  flowDryRun,
  flowGet,
  flowList,
  flowRotateSecret,
  flowUpdate,
} from './flow.operations.ts'

const MFA = { type: 'require_mfa_challenge' }
const nested = (depth: number): object => (depth === 0 ? MFA : when({}, [nested(depth - 1)]))

for (const dialect of DIALECTS) {
  describe(`flows on ${dialect}`, () => {
    let services: TestServices
    let receiver: AnsweringReceiver
    before(async () => {
      receiver = await startAnswering()
      const { request, checkUrl } = createNetwork({ allowLoopback: true })
      services = await openTestServices({ database: dialect, network: { mail: SILENT_MAIL, request, checkUrl } })
    })
    after(async () => {
      await services.close()
      await receiver[Symbol.asyncDispose]()
    })

    const context = () => services.contextFor()
    const dryRun = (id: string, given: object = {}) => callOperation(flowDryRun, context(), { id, ...given })

    test('a definition that is not valid is refused, with the place of the flaw, and makes nothing', async () => {
      const cases: readonly [readonly object[], RegExp][] = [
        [[{ type: 'unknown' }], /steps\.0\.type/],
        [[{ type: 'redirect', config: {} }], /steps\.0\.config\.url/],
        [[MFA, { type: 'delay', config: { seconds: 3600 } }], /steps\.1\.config\.seconds/],
        [[{ ...MFA, config: { surprise: true } }], /steps\.0\.config/],
        [[{ ...MFA, ...branches([MFA]) }], /only a conditional/],
        [[{ type: 'conditional', condition: {} }], /needs then or else/],
        [[when({ unknown: 1 }, [MFA])], /steps\.0\.condition/],
        [[when('{"nope":1}', [MFA])], /steps\.0\.condition/],
        [[nested(4)], /nested deeper than 3/],
        [
          [
            when(
              {},
              Array.from({ length: 30 }, () => MFA),
            ),
          ],
          /more than 30 steps/,
        ],
        [[{ type: 'webhook', config: { url: receiver.url, headers: { Host: 'x' } } }], /headers\.Host/],
        [[{ type: 'set_metadata', config: { key: '__proto__', value: 1 } }], /steps\.0\.config\.key/],
      ]
      for (const [steps, message] of cases) {
        await assert.rejects(makeFlow(services, steps), (error: { code?: string; message?: string }) => {
          assert.equal(error.code, 'invalid_input')
          assert.match(error.message ?? '', message)
          return true
        })
      }
      await assert.rejects(makeFlow(services, [MFA], { conditions: { any_of: [] } }), failure('invalid_input'))
      await assert.rejects(
        makeFlow(services, [{ type: 'webhook', config: { url: 'https://10.0.0.1/' } }]),
        failure('unreachable_host'),
      )
      await assert.rejects(
        makeFlow(services, [{ type: 'assign_role', config: { role_id: services.random.id() } }]),
        failure('not_found'),
      )
      assert.deepEqual((await callOperation(flowList, context(), {})).data, [])
    })

    test('a flow that nobody could pass is refused, and so is a realm that takes away what it needs', async () => {
      const redirect = [{ type: 'redirect', config: { url: 'https://elsewhere.example/terms' } }]
      await assert.rejects(makeFlow(services, redirect), failure('invalid_request'))
      for (const mode of ['shadow', 'disabled', 'enabled']) {
        const nowhere = [{ type: 'redirect', config: { url: 'foo' } }]
        await assert.rejects(makeFlow(services, nowhere, { mode }), failure('invalid_input'))
      }
      const { id } = await makeFlow(services, redirect, { mode: 'disabled' })
      await assert.rejects(callOperation(flowUpdate, context(), { id, mode: 'enabled' }), failure('invalid_request'))
      assert.match((await callOperation(flowGet, context(), { id })).notices.join(), /Nobody passes steps\.0/)
      await callOperation(flowDelete, context(), { id })
      const flow = await makeFlow(services, [{ type: 'require_mfa_enrollment' }])
      await assert.rejects(
        callOperation(realmUpdate, context(), { policy: { totpEnabled: false } }),
        failure('invalid_request'),
      )
      await callOperation(flowDelete, context(), { id: flow.id })
    })

    test('a dry run takes every step and has no effect; webhooks are only called where that is asked for', async () => {
      const role = await callOperation(roleCreate, context(), { name: 'Clerk', permissions: [] })
      const user = await callOperation(userCreate, context(), { email: 'ada@example.com' })
      const steps = [
        { type: 'require_email_verification' },
        { type: 'webhook', config: { url: receiver.url } },
        { type: 'assign_role', config: { role_id: role.id } },
        { type: 'set_metadata', config: { key: 'seen', value: 1 } },
        when('{"metadata_eq":{"seen":1}}', [MFA], [{ type: 'delay', config: { seconds: 1 } }]),
        { type: 'custom_check', config: { condition: { email_domain: 'EXAMPLE.com' } } },
      ]
      const flow = await makeFlow(services, steps, { mode: 'shadow', conditions: { not: { trigger_eq: 'login' } } })
      const before = await services.database.read.kysely.selectFrom('event').select('id').execute()
      const result = await dryRun(flow.id, { userId: user.id })
      assert.deepEqual(
        result.timeline.map(({ step, outcome }) => `${step} ${outcome}`),
        ['0 awaiting_email_verification', '1 not_called', '2 continue', '3 continue', '4 continue', '4.then.0 error'],
      )
      assert.deepEqual(
        [result.outcome, result.conditionsHold, result.metadata],
        ['awaiting_email_verification', false, { seen: 1 }],
      )
      const made = await dryRun(flow.id, { user: { emailVerified: true, mfaEnabled: true, mfaVerified: true } })
      assert.deepEqual([made.outcome, made.timeline.length], ['continue', 7])
      assert.equal(receiver.asked.length, 0)
      assert.deepEqual(await services.database.read.kysely.selectFrom('event').select('id').execute(), before)
      assert.deepEqual(await runsOf(services, flow.id), [])
      assert.deepEqual((await callOperation(userGet, context(), { id: user.id })).attributes, {})
      assert.deepEqual(await context().read.roles.rolesOf(services.realm.id, user.id), [])
      receiver.answer(200, { decision: 'deny', reason: 'no' })
      const asked = await dryRun(flow.id, { user: { emailVerified: true }, callWebhooks: true })
      assert.deepEqual([asked.outcome, asked.step, asked.reason, receiver.asked.length], ['block', '1', 'no', 1])
    })

    test('secrets are never shown again, and a stored header stays with its address only', async () => {
      const url = receiver.url
      const hook = (headers: object, at = url) => ({ type: 'webhook', config: { url: at, headers } })
      const flow = await makeFlow(services, [hook({ Authorization: 'Bearer very-secret' })], { mode: 'disabled' })
      const shown = JSON.stringify([
        await callOperation(flowGet, context(), { id: flow.id }),
        await eventsAbout(context(), flow.id),
        await services.database.read.kysely.selectFrom('flow').selectAll().execute(),
      ])
      assert.ok(!shown.includes('very-secret') && !shown.includes(flow.secret))
      assert.match(shown, /\(stored\)/)
      const rotated = await callOperation(flowRotateSecret, context(), { id: flow.id })
      assert.notEqual(rotated.secret, flow.secret)
      await callOperation(flowUpdate, context(), { id: flow.id, steps: [MFA, hook({ Authorization: '(stored)' })] })
      const count = receiver.asked.length
      receiver.answer(200)
      await dryRun(flow.id, { user: { mfaVerified: true }, callWebhooks: true })
      assert.equal(receiver.asked[count]?.headers.authorization, 'Bearer very-secret')
      const elsewhere = hook({ Authorization: '(stored)' }, `${url}/elsewhere`)
      await assert.rejects(
        callOperation(flowUpdate, context(), { id: flow.id, steps: [elsewhere] }),
        failure('invalid_input'),
      )
    })

    test('a role and an organization that a flow names stay until it names them no more', async () => {
      const role = await callOperation(roleCreate, context(), { name: 'Named', permissions: [] })
      const organization = await callOperation(organizationCreate, context(), { name: 'Named' })
      const steps = [
        when({}, [{ type: 'assign_role', config: { role_id: role.id } }]),
        { type: 'add_to_org', config: { org_id: organization.id } },
      ]
      const flow = await makeFlow(services, steps, { mode: 'disabled' })
      await assert.rejects(callOperation(roleDelete, context(), { id: role.id }), failure('conflict'))
      await assert.rejects(callOperation(organizationDelete, context(), { id: organization.id }), failure('conflict'))
      await callOperation(flowUpdate, context(), { id: flow.id, steps: [MFA] })
      await callOperation(roleDelete, context(), { id: role.id })
      await callOperation(organizationDelete, context(), { id: organization.id })
    })

    test('a step assigns a role of an organization only there', async () => {
      const [own, other] = [
        await callOperation(organizationCreate, context(), { name: 'Own' }),
        await callOperation(organizationCreate, context(), { name: 'Other' }),
      ]
      const role = await callOperation(roleCreate, context(), { name: 'Pilot', organizationId: own.id })
      const step = (org_id?: string) => [
        { type: 'assign_role', config: { role_id: role.id, ...(org_id && { org_id }) } },
      ]
      for (const steps of [step(), step(other.id)]) {
        await assert.rejects(makeFlow(services, steps, { mode: 'disabled' }), failure('not_found'))
      }
      const flow = await makeFlow(services, step(own.id), { mode: 'disabled' })
      await assert.rejects(callOperation(organizationDelete, context(), { id: own.id }), failure('conflict'))
      await callOperation(flowDelete, context(), { id: flow.id })
      await callOperation(organizationDelete, context(), { id: own.id })
    })

    test('who may write flows needs the permissions for what their steps give, and reaches no foreign flow', async () => {
      const only = (...permissions: string[]) => services.contextFor({ permissions })
      const role = await callOperation(roleCreate, context(), { name: 'Given', permissions: [] })
      const input = { name: 'Gives', trigger: 'login', steps: [{ type: 'assign_role', config: { role_id: role.id } }] }
      await assert.rejects(callOperation(flowCreate, only('flows:write'), input), failure('forbidden'))
      const { id } = await callOperation(flowCreate, only('flows:write', 'roles:write'), input)
      for (const change of [{ priority: 9 }, { conditions: { email_domain: 'example.com' } }]) {
        await assert.rejects(callOperation(flowUpdate, only('flows:write'), { id, ...change }), failure('forbidden'))
      }
      await callOperation(flowUpdate, only('flows:write'), { id, name: 'Renamed' })
      await callOperation(flowUpdate, only('flows:write'), { id, mode: 'disabled' })
      await assert.rejects(
        callOperation(flowUpdate, only('flows:write'), { id, mode: 'enabled' }),
        failure('forbidden'),
      )
      const foreign = services.contextFor({ tenantId: await anotherTenant(services) })
      for (const operation of [flowGet, flowDelete, flowDryRun, flowRotateSecret]) {
        await assert.rejects(callOperation(operation, foreign, { id }), failure('not_found'))
      }
      await assert.rejects(dryRun(id, { userId: services.random.id() }), failure('not_found'))
    })
  })
}
