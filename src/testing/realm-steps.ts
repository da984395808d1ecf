// What clients and people do at a realm, one request each, for tests that do it again and again.
import { userSendVerification } from '#domain/account/account.operations.ts'
import {
  CONFIRM_REGISTRATION_PATH,
  RECOVERY_PATH,
  REGISTRATION_PATH,
  RESET_PATH,
  SIGN_IN_LINK_PATH,
  VERIFICATION_PATH,
} from '#domain/account/account-link.ts'
import { invitationCreate } from '#domain/organization/invitation.operations.ts'
import { organizationAddMember, organizationCreate } from '#domain/organization/organization.operations.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { userCreate } from '#domain/user/user.operations.ts'
import { assertionFields, makeClientKey, signAssertion } from './assertion.ts'
import { type AuthorizationFixture, authorizeInBrowser, PASSWORD } from './authorization-fixture.ts'
import {
  askApproval,
  CIBA_GRANT,
  comeToApproval,
  decideApproval,
  makeBackchannelClient,
  pollApproval,
  waitingRequest,
} from './backchannel.ts'
import { comeToDevice, DEVICE_CODE_GRANT, decide, makeDeviceClient, poll, startDevice } from './device.ts'
import { callOperation } from './domain-fixtures.ts'
import { type FormBrowser, formOf, type PageResponse } from './form-browser.ts'
import { mailsTo } from './mailbox.ts'
import { basic, codeFor, exchangeCode, postForm, refreshWith, tokensFor } from './token-client.ts'

/** One request, from the state that comes before it. */
export interface Step {
  readonly name: string
  readonly prepare: (fixture: AuthorizationFixture) => Promise<() => Promise<Answered>>
  /** How many transactions it makes. Default: one. */
  readonly writes?: number
  /** What it answers without a fault. Default: 200. */
  readonly status?: number
}

type Answered = Pick<PageResponse, 'status'> & { readonly location?: string | undefined }

const SCOPE = { scope: 'openid email offline_access' }

/** A client that nobody has consented to, and its request. */
async function freshRequest(fixture: AuthorizationFixture): Promise<Record<string, string>> {
  const { clientId } = await fixture.makeClient()
  return fixture.request({ client_id: clientId })
}

/** A browser at the page that asks who it is. */
async function atSignIn(fixture: AuthorizationFixture, browser = fixture.newBrowser()) {
  return { browser, page: await browser.follow(await browser.get('/oauth/authorize', await freshRequest(fixture))) }
}

/** A browser in which somebody was signed in, so that no mail tells of a sign-in in a new one. */
async function knownBrowser(fixture: AuthorizationFixture): Promise<FormBrowser> {
  const browser = await signedIn(fixture)
  for (const name of browser.cookies.keys()) if (!/known/.test(name)) browser.cookies.delete(name)
  return browser
}

/** A browser at the page that asks what a client may do. */
async function atConsent(fixture: AuthorizationFixture) {
  const { browser, page } = await atSignIn(fixture)
  return { browser, page: await browser.submit(page, { email: fixture.ada.email, password: PASSWORD }) }
}

/** A browser that is signed in, at the page that asks whether to sign out. */
async function atSignOut(fixture: AuthorizationFixture) {
  const browser = await signedIn(fixture)
  return {
    browser,
    page: await browser.follow(await browser.get('/oauth/logout', { client_id: fixture.client.clientId })),
  }
}

async function signedIn(fixture: AuthorizationFixture): Promise<FormBrowser> {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  return browser
}

/** Fills in the form of a page, and goes no further. */
function sent(
  { browser, page }: { browser: FormBrowser; page: PageResponse },
  values: Readonly<Record<string, string>>,
) {
  const { action, fields } = formOf(page)
  return () => browser.post(action, { ...fields, ...values })
}

async function atDeviceConsent(fixture: AuthorizationFixture) {
  const client = await makeDeviceClient(fixture)
  const device = await startDevice(fixture, client)
  const browser = fixture.newBrowser()
  return { browser, page: await comeToDevice(browser, device.userCode), client, device }
}

/** A browser at the page of a request for approval. */
async function atApproval(fixture: AuthorizationFixture) {
  await waitingRequest(fixture, await makeBackchannelClient(fixture))
  const browser = fixture.newBrowser()
  return { browser, page: await comeToApproval(browser) }
}

/** A browser at the page of an invitation. @param email the invited address. Default: one without an account */
async function atInvitation(fixture: AuthorizationFixture, browser = fixture.newBrowser(), email?: string) {
  const context = fixture.services.contextFor()
  const word = `crew-${fixture.services.random.id()}`
  const { id } = await callOperation(organizationCreate, context, { name: word, slug: word })
  const invited = { id, email: email ?? `${word}@example.com`, mail: false }
  const { acceptUrl } = await callOperation(invitationCreate, context, invited)
  const invitation = new URL(acceptUrl ?? '').searchParams.get('invitation') ?? ''
  return { browser, page: await browser.get('/invitation', { invitation }) }
}

/** A browser at the page of a link that sets a new password. */
async function atReset(fixture: AuthorizationFixture) {
  const { services } = fixture
  const email = `${services.random.id()}@example.com`
  await callOperation(userCreate, services.contextFor(), { email, password: PASSWORD })
  const browser = fixture.newBrowser()
  await browser.submit(await browser.get(RECOVERY_PATH), { email })
  const [mail] = await mailsTo(services, email)
  return { browser, page: await browser.get(RESET_PATH, { token: mail?.token ?? '' }) }
}

/** A browser at the page of a link that signs in. */
async function atSignInLink(fixture: AuthorizationFixture) {
  const { services } = fixture
  await callOperation(realmUpdate, services.contextFor(), { magicLinkEnabled: true })
  const found = await services.registry.realmByIssuerId(services.realm.issuerId)
  const email = `${services.random.id()}@example.com`
  await callOperation(userCreate, services.contextFor(), { email })
  const browser = fixture.newBrowser({ ...(found && { realm: found.realm }) })
  const page = await browser.follow(await browser.get('/oauth/authorize', await freshRequest(fixture)))
  await browser.submit(page, { email, decision: 'mail' })
  const [mail] = await mailsTo(services, email)
  return { browser, page: await browser.get(SIGN_IN_LINK_PATH, { token: mail?.token ?? '' }) }
}

/** A browser at the page of a link that makes an account. */
async function atRegistration(fixture: AuthorizationFixture) {
  const { services } = fixture
  await callOperation(realmUpdate, services.contextFor(), { policy: { userRegistration: 'open' } })
  const found = await services.registry.realmByIssuerId(services.realm.issuerId)
  const email = `${services.random.id()}@example.com`
  const browser = fixture.newBrowser({ ...(found && { realm: found.realm }) })
  await browser.submit(await browser.get(REGISTRATION_PATH), { email })
  const [mail] = await mailsTo(services, email)
  return { browser, page: await browser.get(CONFIRM_REGISTRATION_PATH, { token: mail?.token ?? '' }) }
}

/** A browser at the page of a link that verifies an address. */
async function atVerification(fixture: AuthorizationFixture) {
  const { services } = fixture
  const email = `${services.random.id()}@example.com`
  const { id } = await callOperation(userCreate, services.contextFor(), { email, password: PASSWORD })
  await callOperation(userSendVerification, services.contextFor(), { id })
  const [mail] = await mailsTo(services, email)
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request(), { email })
  return { browser, page: await browser.get(VERIFICATION_PATH, { token: mail?.token ?? '' }) }
}

/** What clients ask for. */
export const GRANTS: readonly Step[] = [
  {
    name: 'client_credentials',
    async prepare(fixture) {
      const client = await fixture.makeClient({ grantTypes: ['client_credentials'], redirectUris: [] })
      return () => postForm(fixture, '/oauth/token', { grant_type: 'client_credentials' }, basic(client))
    },
  },
  {
    name: 'client_credentials of a client with a key, which is not blamed for a database that fails',
    writes: 2,
    async prepare(fixture) {
      const key = await makeClientKey()
      const { clientId } = await fixture.makeClient({
        authMethod: 'private_key_jwt',
        jwks: { keys: [key.jwk] },
        grantTypes: ['client_credentials'],
        redirectUris: [],
      })
      const { issuer } = fixture.newBrowser()
      return async () => {
        const assertion = await signAssertion(key, { clientId, issuer, now: fixture.services.clock.now() })
        return postForm(fixture, '/oauth/token', { grant_type: 'client_credentials', ...assertionFields(assertion) })
      }
    },
  },
  {
    name: 'a client that fails to authenticate',
    status: 401,
    async prepare(fixture) {
      const client = await fixture.makeClient({ grantTypes: ['client_credentials'], redirectUris: [] })
      const wrong = basic({ ...client, clientSecret: 'wrong' })
      return () => postForm(fixture, '/oauth/token', { grant_type: 'client_credentials' }, wrong)
    },
  },
  {
    name: 'authorization_code',
    async prepare(fixture) {
      const code = await codeFor(fixture, fixture.client, SCOPE)
      return () => exchangeCode(fixture, fixture.client, code)
    },
  },
  {
    name: 'an authorization code that is replayed',
    status: 400,
    writes: 2,
    async prepare(fixture) {
      const code = await codeFor(fixture, fixture.client, SCOPE)
      await exchangeCode(fixture, fixture.client, code)
      return () => exchangeCode(fixture, fixture.client, code)
    },
  },
  {
    name: 'refresh_token',
    async prepare(fixture) {
      const { refresh } = await tokensFor(fixture, fixture.client, SCOPE)
      return () => refreshWith(fixture, fixture.client, refresh)
    },
  },
  {
    name: 'a refresh token that is used once more',
    status: 400,
    writes: 2,
    async prepare(fixture) {
      const { refresh } = await tokensFor(fixture, fixture.client, SCOPE)
      const answer = await refreshWith(fixture, fixture.client, refresh)
      await refreshWith(fixture, fixture.client, String(answer.body.refresh_token))
      return () => refreshWith(fixture, fixture.client, refresh)
    },
  },
  {
    name: DEVICE_CODE_GRANT,
    async prepare(fixture) {
      const client = await makeDeviceClient(fixture)
      const device = await startDevice(fixture, client)
      await decide(fixture.newBrowser(), device.userCode)
      return () => poll(fixture, client, device)
    },
  },
  {
    name: 'a device code that waits',
    status: 400,
    async prepare(fixture) {
      const client = await makeDeviceClient(fixture)
      const device = await startDevice(fixture, client)
      return () => poll(fixture, client, device)
    },
  },
  {
    name: 'a device that begins',
    async prepare(fixture) {
      const client = await makeDeviceClient(fixture)
      return async () => (await startDevice(fixture, client)).answer
    },
  },
  {
    name: CIBA_GRANT,
    async prepare(fixture) {
      const client = await makeBackchannelClient(fixture)
      const id = await waitingRequest(fixture, client)
      await decideApproval(fixture.newBrowser())
      return () => pollApproval(fixture, client, id)
    },
  },
  {
    name: 'a client that asks for an approval',
    async prepare(fixture) {
      const client = await makeBackchannelClient(fixture)
      return () => askApproval(fixture, client)
    },
  },
  {
    name: 'revocation of an access token',
    async prepare(fixture) {
      const { access } = await tokensFor(fixture, fixture.client, SCOPE)
      return () => postForm(fixture, '/oauth/revoke', { token: access }, basic(fixture.client))
    },
  },
  {
    name: 'revocation of a refresh token',
    async prepare(fixture) {
      const { refresh } = await tokensFor(fixture, fixture.client, SCOPE)
      return () => postForm(fixture, '/oauth/revoke', { token: refresh }, basic(fixture.client))
    },
  },
]

/** What people do in a browser. */
export const PEOPLE: readonly Step[] = [
  {
    name: 'a request that needs a sign-in',
    // The request waits in the browser, sealed.
    writes: 0,
    status: 303,
    async prepare(fixture) {
      const [browser, request] = [fixture.newBrowser(), await freshRequest(fixture)]
      return () => browser.get('/oauth/authorize', request)
    },
  },
  {
    name: 'a request that is answered at once',
    status: 303,
    async prepare(fixture) {
      const browser = await signedIn(fixture)
      return () => browser.get('/oauth/authorize', fixture.request())
    },
  },
  {
    name: 'sign-in',
    status: 303,
    async prepare(fixture) {
      const waiting = await atSignIn(fixture, await knownBrowser(fixture))
      return sent(waiting, { email: fixture.ada.email, password: PASSWORD })
    },
  },
  {
    name: 'sign-in of somebody else in the same browser',
    status: 303,
    async prepare(fixture) {
      const browser = await signedIn(fixture)
      // Nobody is told by mail of a first sign-in.
      const email = `${fixture.services.random.id()}@example.com`
      await callOperation(userCreate, fixture.services.contextFor(), { email, password: PASSWORD })
      const page = await browser.follow(
        await browser.get('/oauth/authorize', fixture.request({ prompt: 'select_account' })),
      )
      return sent({ browser, page }, { email, password: PASSWORD })
    },
  },
  {
    name: 'sign-in with a wrong password',
    status: 400,
    prepare: async (fixture) => sent(await atSignIn(fixture), { email: fixture.ada.email, password: 'wrong' }),
  },
  {
    name: 'sign-in by a mailed link',
    status: 303,
    prepare: async (fixture) => sent(await atSignInLink(fixture), {}),
  },
  {
    name: 'organization that is chosen',
    status: 303,
    prepare: async (fixture) => {
      const context = fixture.services.contextFor()
      for (const name of [fixture.services.random.id(), fixture.services.random.id()]) {
        const { id } = await callOperation(organizationCreate, context, { name, slug: `o-${name}` })
        await callOperation(organizationAddMember, context, { id, userId: fixture.ada.id })
      }
      const { clientId } = await fixture.makeClient({ organizationUsage: 'required' })
      const browser = fixture.newBrowser()
      const signIn = await browser.follow(
        await browser.get('/oauth/authorize', fixture.request({ client_id: clientId })),
      )
      const page = await browser.submit(signIn, { email: fixture.ada.email, password: PASSWORD })
      const [, organization = ''] = /name="organization" value="([^"]*)"/.exec(page.text) ?? []
      return sent({ browser, page }, { organization })
    },
  },
  {
    name: 'consent',
    status: 303,
    prepare: async (fixture) => sent(await atConsent(fixture), { decision: 'allow' }),
  },
  {
    name: 'consent that is refused',
    status: 303,
    prepare: async (fixture) => sent(await atConsent(fixture), { decision: 'deny' }),
  },
  {
    name: 'the code after consent',
    status: 303,
    async prepare(fixture) {
      const waiting = await atConsent(fixture)
      const { location = '' } = await sent(waiting, { decision: 'allow' })()
      return () => waiting.browser.get(location)
    },
  },
  {
    name: 'a user code that is entered',
    // The request waits in the browser, sealed.
    writes: 0,
    status: 303,
    async prepare(fixture) {
      const device = await startDevice(fixture, await makeDeviceClient(fixture))
      const browser = fixture.newBrowser()
      return sent({ browser, page: await browser.get('/device') }, { user_code: device.userCode })
    },
  },
  {
    name: 'a device that is let in',
    status: 303,
    async prepare(fixture) {
      const waiting = await atDeviceConsent(fixture)
      const { location = '' } = await sent(waiting, { decision: 'allow' })()
      return () => waiting.browser.get(location)
    },
  },
  {
    name: 'a request for approval that is approved',
    status: 303,
    prepare: async (fixture) => sent(await atApproval(fixture), { decision: 'approve' }),
  },
  {
    name: 'a request for approval that is denied',
    status: 303,
    prepare: async (fixture) => sent(await atApproval(fixture), { decision: 'deny' }),
  },
  {
    name: 'a device that is refused',
    status: 303,
    async prepare(fixture) {
      const waiting = await atDeviceConsent(fixture)
      const { location = '' } = await sent(waiting, { decision: 'deny' })()
      return () => waiting.browser.get(location)
    },
  },
  {
    name: 'an invitation of somebody who is signed in',
    status: 303,
    async prepare(fixture) {
      return sent(await atInvitation(fixture, await signedIn(fixture), fixture.ada.email), { decision: 'join' })
    },
  },
  {
    name: 'an invitation that is accepted by signing in',
    status: 303,
    writes: 2,
    async prepare(fixture) {
      const waiting = await atInvitation(fixture, await knownBrowser(fixture), fixture.ada.email)
      return sent(waiting, { decision: 'sign_in', password: PASSWORD })
    },
  },
  {
    name: 'an invitation that makes an account',
    status: 303,
    writes: 2,
    prepare: async (fixture) => sent(await atInvitation(fixture), { decision: 'register', password: PASSWORD }),
  },
  {
    name: 'a password that is set by a mailed link',
    prepare: async (fixture) => sent(await atReset(fixture), { password: `${PASSWORD} 2` }),
  },
  {
    name: 'an account that is made by a mailed link',
    prepare: async (fixture) => sent(await atRegistration(fixture), { password: PASSWORD }),
  },
  {
    name: 'an address that is verified by a mailed link',
    prepare: async (fixture) => sent(await atVerification(fixture), {}),
  },
  {
    name: 'a request to sign out',
    // The request waits in the browser, sealed.
    writes: 0,
    status: 303,
    async prepare(fixture) {
      const browser = await signedIn(fixture)
      return () => browser.get('/oauth/logout', { client_id: fixture.client.clientId })
    },
  },
  {
    name: 'sign-out',
    status: 303,
    prepare: async (fixture) => sent(await atSignOut(fixture), { decision: 'sign_out' }),
  },
]
