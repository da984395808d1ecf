// Checks sign-ins for an organization: who gets a token for which, what it says, and when it ends.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type * as z from 'zod'
import type { Context } from '#domain/context.ts'
import {
  organizationAddMember,
  organizationCreate,
  organizationDelete,
  organizationRemoveMember,
} from '#domain/organization/organization.operations.ts'
import { roleAssign, roleCreate } from '#domain/role/role.operations.ts'
import { createUser } from '#domain/user/user.service.ts'
import { NewUser } from '#domain/user/user.ts'
import { renderId } from '#kernel/id.ts'
import type { Operation } from '#kernel/operation.ts'
import { parse } from '#kernel/parse.ts'
import { setUpTotp, codeOf as totpOf } from '#testing/authenticator.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { askApproval, comeToApproval, makeBackchannelClient, pollApproval } from '#testing/backchannel.ts'
import { DIALECTS } from '#testing/databases.ts'
import { enterCode, makeDeviceClient, poll, startDevice } from '#testing/device.ts'
import { runOperation } from '#testing/run-operation.ts'
import {
  basic,
  codeFor,
  exchangeCode,
  introspect,
  isActive,
  postForm,
  refreshWith,
  tokensOf,
  userinfo,
} from '#testing/token-client.ts'
import { claimsOf } from './jwt.ts'

let fixture: AuthorizationFixture
let acme: string
let globex: string

const run = <In extends z.ZodType, Out extends z.ZodType>(operation: Operation<Context, In, Out>, input: unknown) =>
  runOperation(operation, fixture.services.contextFor(), input)
async function organization(name: string, slug: string): Promise<string> {
  return renderId('organization', (await run(organizationCreate, { name, slug })).id)
}
const join = (id: string, role = 'member', userId = fixture.ada.id) => run(organizationAddMember, { id, userId, role })
const SCOPES = ['openid', 'email', 'roles', 'organization', 'offline_access', 'orders:read']
const makeClient = (organizationUsage: string, given: Record<string, unknown> = {}) =>
  fixture.makeClient({ organizationUsage, firstParty: true, scopes: SCOPES, ...given })
const claims = (token: unknown) => claimsOf(String(token)) ?? {}

for (const dialect of DIALECTS) {
  describe(`sign-ins for an organization on ${dialect}`, () => {
    before(async () => {
      fixture = await openAuthorizationFixture({ database: dialect })
      acme = await organization('Acme', 'acme')
      globex = await organization('Globex', 'globex')
      await join(acme, 'owner')
      await join(globex)
      const role = (await run(roleCreate, { name: 'Auditor' })).id
      await run(roleAssign, { id: role, userId: fixture.ada.id, organizationId: acme })
      const ofAcme = (await run(roleCreate, { name: 'Steward', organizationId: acme })).id
      await run(roleAssign, { id: ofAcme, userId: fixture.ada.id, organizationId: acme })
      const own = (await run(roleCreate, { name: 'Reader' })).id
      await run(roleAssign, { id: own, userId: fixture.ada.id })
    })
    after(() => fixture.close())

    test('a sign-in for an organization is in every token, named by id or slug, with what the scopes ask', async () => {
      const client = await makeClient('allowed')
      const scope = 'openid email roles organization offline_access'
      const { body } = await exchangeCode(
        fixture,
        client,
        await codeFor(fixture, client, { organization: 'acme', scope }),
      )
      const wanted = {
        ...{ org_id: acme, org_name: 'Acme', org_slug: 'acme' },
        ...{ org_roles: ['owner', 'Auditor', 'Steward'], roles: ['Reader'] },
      }
      const about = (of: Readonly<Record<string, unknown>>) =>
        Object.fromEntries(Object.entries(of).filter(([name]) => name in wanted))
      assert.deepEqual(about(claims(body.id_token)), wanted)
      assert.deepEqual(about(claims(body.access_token)), wanted)
      assert.deepEqual(about((await userinfo(fixture, String(body.access_token))).body), wanted)
      assert.deepEqual(about(await introspect(fixture, client, String(body.access_token))), wanted)
      assert.equal((await introspect(fixture, client, String(body.refresh_token))).org_id, acme)
      const refreshed = await refreshWith(fixture, client, String(body.refresh_token))
      assert.deepEqual(about(claims(refreshed.body.id_token)), wanted)
      const plain = await exchangeCode(fixture, client, await codeFor(fixture, client, { organization: acme }))
      assert.deepEqual(about(claims(plain.body.access_token)), { org_id: acme })
      assert.deepEqual(about(claims(plain.body.id_token)), { org_id: acme })
      const none = await exchangeCode(fixture, client, await codeFor(fixture, client, { scope }))
      assert.deepEqual(about(claims(none.body.access_token)), { roles: ['Reader'] })
    })

    test('who is not a member, or names none that exists, gets no token for it, and cannot tell which of both it is', async () => {
      const client = await makeClient('allowed')
      const strange = await organization('Strange', 'strange')
      for (const name of [strange, 'strange', 'nowhere', acme.replace(/.{4}$/, '0000')]) {
        const browser = fixture.newBrowser()
        const page = await browser.follow(
          await browser.get('/oauth/authorize', fixture.request({ client_id: client.clientId, organization: name })),
        )
        const refused = await browser.submit(page, { email: 'ada@example.com', password: PASSWORD })
        assert.match(refused.text, /You are not a member/)
        assert.doesNotMatch(refused.text, /Strange/)
        assert.equal(answerOf(await browser.submit(refused, { decision: 'deny' })).error, 'access_denied')
        const silent = fixture.request({ client_id: client.clientId, organization: name, prompt: 'none' })
        assert.equal(answerOf(await browser.get('/oauth/authorize', silent)).error, 'access_denied')
      }
      const none = await makeClient('none')
      const visit = await fixture
        .newBrowser()
        .get('/oauth/authorize', fixture.request({ client_id: none.clientId, organization: 'acme' }))
      assert.equal(answerOf(visit).error, 'invalid_request')
    })

    test('another account that is a member goes on from the page', async () => {
      const client = await makeClient('allowed')
      const own = await organization('Of Bob', 'of-bob')
      await join(own, 'member', fixture.bob.id)
      const browser = fixture.newBrowser()
      const request = fixture.request({ client_id: client.clientId, organization: 'of-bob' })
      const refused = await authorizeInBrowserOnce(browser, request)
      assert.match(refused.text, /not a member/)
      const signIn = await browser.submit(refused, { decision: 'switch_account' })
      const done = await browser.submit(signIn, { email: 'bob@example.com', password: PASSWORD })
      assert.equal((await fixture.codeBehind(done.location))?.organizationId !== undefined, true)
      assert.equal((await fixture.codeBehind(done.location))?.userId, fixture.bob.id)
    })

    test('where a client requires an organization, the person chooses, and nothing else can be chosen', async () => {
      const client = await makeClient('required')
      const browser = fixture.newBrowser()
      const request = fixture.request({ client_id: client.clientId })
      const page = await authorizeInBrowserOnce(browser, request)
      assert.match(page.text, /Choose an organization/)
      assert.deepEqual(
        [...page.text.matchAll(/value="(org_[^"]*)"/g)].map(([, id]) => id),
        [acme, globex],
      )
      const strange = await organization('Foreign', 'foreign')
      const again = await browser.submit(page, { organization: strange })
      assert.match(again.text, /Choose an organization/)
      const silent = await browser.get('/oauth/authorize', { ...request, prompt: 'none' })
      assert.equal(answerOf(silent).error, 'interaction_required')
      const done = await browser.submit(again, { organization: globex })
      const { body } = await exchangeCode(fixture, client, answerOf(done).code ?? '')
      assert.equal(claims(body.access_token).org_id, globex)
      const named = await browser.get('/oauth/authorize', { ...request, prompt: 'none', organization: 'acme' })
      const second = await exchangeCode(fixture, client, answerOf(named).code ?? '')
      assert.equal(claims(second.body.id_token).org_id, acme)
      const carol = { email: 'carol@example.com', password: PASSWORD }
      await createUser(fixture.services.contextFor(), parse(NewUser, carol))
      const nobody = await authorizeInBrowserOnce(fixture.newBrowser(), request, carol.email)
      assert.match(nobody.text, /this account is a member of none/)
    })

    test('a code, refresh tokens and access tokens end with the membership, and do not come back with it', async () => {
      const client = await makeClient('allowed')
      const team = await organization('Team', 'team')
      await join(team)
      const [unused, used] = [
        await codeFor(fixture, client, { organization: 'team' }),
        await codeFor(fixture, client, { organization: 'team', scope: 'openid offline_access' }),
      ]
      const tokens = tokensOf(await exchangeCode(fixture, client, used))
      assert.equal(await isActive(fixture, client, tokens.access), true)
      await run(organizationRemoveMember, { id: team, userId: fixture.ada.id })
      assert.equal(await isActive(fixture, client, tokens.access), false)
      assert.equal(await isActive(fixture, client, tokens.refresh), false)
      assert.equal((await userinfo(fixture, tokens.access)).status, 401)
      assert.equal((await exchangeCode(fixture, client, unused)).body.error, 'invalid_grant')
      await join(team)
      assert.equal((await refreshWith(fixture, client, tokens.refresh)).body.error, 'invalid_grant')
      const later = tokensOf(
        await exchangeCode(fixture, client, await codeFor(fixture, client, { organization: 'team' })),
      )
      await run(organizationDelete, { id: team })
      assert.equal(await isActive(fixture, client, later.access), false)
      assert.equal((await refreshWith(fixture, client, later.refresh)).body.error, 'invalid_grant')
    })

    test('an exchanged token stays for the organization', async () => {
      const api = { audiences: ['https://api.example.com/orders'] }
      const [client, actor] = [
        await makeClient('allowed', api),
        await makeClient('none', { ...api, tokenExchangeAllowed: true }),
      ]
      const code = await codeFor(fixture, client, {
        organization: 'acme',
        scope: 'openid orders:read',
        resource: api.audiences[0] ?? '',
      })
      const { access } = tokensOf(await exchangeCode(fixture, client, code))
      const exchange = () =>
        postForm(
          fixture,
          '/oauth/token',
          {
            grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
            subject_token: access,
            subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          },
          basic(actor),
        )
      assert.equal(claims((await exchange()).body.access_token).org_id, acme)
    })

    test('a pushed request is for the organization that it names', async () => {
      const client = await makeClient('allowed')
      const { body } = await postForm(
        fixture,
        '/oauth/par',
        fixture.request({ client_id: client.clientId, organization: 'acme' }),
        basic(client),
      )
      const browser = fixture.newBrowser()
      const visit = await authorizeInBrowser(browser, {
        client_id: client.clientId,
        request_uri: String(body.request_uri),
      })
      const answer = await exchangeCode(fixture, client, answerOf(visit).code ?? '')
      assert.equal(claims(answer.body.id_token).org_id, acme)
      const refused = await postForm(
        fixture,
        '/oauth/par',
        fixture.request({ client_id: client.clientId, organization: 'two words' }),
        basic(client),
      )
      assert.equal(refused.body.error, 'invalid_request')
    })

    test('a device and a request over the back channel are for the organization that they name', async () => {
      const device = await makeDeviceClient(fixture, { organizationUsage: 'required', scopes: SCOPES })
      const started = await startDevice(fixture, device, { scope: 'openid', organization: 'globex' })
      const browser = fixture.newBrowser()
      const signIn = await enterCode(browser, started.userCode)
      const consent = await browser.submit(signIn, { email: 'ada@example.com', password: PASSWORD })
      assert.match(consent.text, /Globex/)
      await browser.submit(consent, { decision: 'allow' })
      assert.equal(claims((await poll(fixture, device, started)).body.access_token).org_id, globex)

      const ciba = await makeBackchannelClient(fixture, { organizationUsage: 'required', scopes: SCOPES })
      assert.equal((await askApproval(fixture, ciba, { scope: 'openid' })).body.error, 'invalid_request')
      const foreign = await askApproval(fixture, ciba, { scope: 'openid', organization: 'strange' })
      assert.equal(foreign.body.error, 'unknown_user_id')
      const { body } = await askApproval(fixture, ciba, { scope: 'openid', organization: acme })
      const other = fixture.newBrowser()
      const page = await comeToApproval(other)
      assert.match(page.text, /Acme/)
      await other.submit(page, { decision: 'approve', scope_0: 'yes' })
      const answer = await pollApproval(fixture, ciba, String(body.auth_req_id))
      assert.equal(claims(answer.body.id_token).org_id, acme)
    })

    test('a step-up keeps the organization that was chosen', async () => {
      const { services } = fixture
      const { key } = await setUpTotp(services.contextFor(), fixture.ada.id)
      const client = await makeClient('required')
      const browser = fixture.newBrowser()
      const first = await authorizeInBrowserOnce(browser, fixture.request({ client_id: client.clientId }))
      const code = () => ({ code: totpOf(key, services.clock.now()) })
      const page = await browser.submit(first, code())
      assert.ok(answerOf(await browser.submit(page, { organization: acme })).code)
      services.clock.advance(3_600_000)
      const again = fixture.request({
        client_id: client.clientId,
        acr_values: 'aal2',
        max_age: '60',
        organization: acme,
      })
      const signIn = await browser.follow(await browser.get('/oauth/authorize', again))
      const done = await browser.submit(
        await browser.submit(signIn, { email: 'ada@example.com', password: PASSWORD }),
        code(),
      )
      const { body } = await exchangeCode(fixture, client, answerOf(done).code ?? '')
      assert.deepEqual([claims(body.id_token).acr, claims(body.id_token).org_id], ['aal2', acme])
    })
  })
}

/** Signs in once and answers no other page. */
async function authorizeInBrowserOnce(
  browser: ReturnType<AuthorizationFixture['newBrowser']>,
  request: Record<string, string>,
  email = 'ada@example.com',
) {
  const page = await browser.follow(await browser.get('/oauth/authorize', request))
  return browser.submit(page, { email, password: PASSWORD })
}
