// What clients and people do at a realm, one request each, for tests that do it again and again.
import { invitationCreate } from '#domain/organization/invitation.operations.ts'
import { organizationCreate } from '#domain/organization/organization.operations.ts'
import { assertionFields, makeClientKey, signAssertion } from './assertion.ts'
import { comeToDevice, DEVICE_CODE_GRANT, decide, makeDeviceClient, poll, startDevice } from './device.ts'
import { call } from './neighbours.ts'
import { goThrough, PASSWORD, type Scene } from './scene.ts'
import { basic, codeFor, exchangeCode, postForm, refreshWith, tokensFor } from './token-client.ts'
import { formOf, type Visit, type Visitor } from './visitor.ts'

/** One request, from the state that comes before it. */
export interface Step {
  readonly name: string
  readonly prepare: (scene: Scene) => Promise<() => Promise<Answered>>
  /** How many transactions it makes; one unless told. */
  readonly writes?: number
  /** What it answers without a fault; 200 unless told. */
  readonly status?: number
}

type Answered = Pick<Visit, 'status'> & { readonly location?: string | undefined }

const SCOPE = { scope: 'openid email offline_access' }

/** A client that nobody has consented to, and its request. */
async function freshRequest(scene: Scene): Promise<Record<string, string>> {
  const { clientId } = await scene.makeClient()
  return scene.request({ client_id: clientId })
}

/** A browser at the page that asks who it is. */
async function atSignIn(scene: Scene) {
  const visitor = scene.visitor()
  return { visitor, page: await visitor.follow(await visitor.get('/oauth/authorize', await freshRequest(scene))) }
}

/** A browser at the page that asks what a client may do. */
async function atConsent(scene: Scene) {
  const { visitor, page } = await atSignIn(scene)
  return { visitor, page: await visitor.submit(page, { email: scene.ada.email, password: PASSWORD }) }
}

/** A browser that is signed in, at the page that asks whether to sign out. */
async function atSignOut(scene: Scene) {
  const visitor = await signedIn(scene)
  return {
    visitor,
    page: await visitor.follow(await visitor.get('/oauth/logout', { client_id: scene.client.clientId })),
  }
}

async function signedIn(scene: Scene): Promise<Visitor> {
  const visitor = scene.visitor()
  await goThrough(visitor, scene.request())
  return visitor
}

/** Fills in the form of a page, and goes no further. */
function sent({ visitor, page }: { visitor: Visitor; page: Visit }, values: Readonly<Record<string, string>>) {
  const { action, fields } = formOf(page)
  return () => visitor.post(action, { ...fields, ...values })
}

async function atDeviceConsent(scene: Scene) {
  const client = await makeDeviceClient(scene)
  const device = await startDevice(scene, client)
  const visitor = scene.visitor()
  return { visitor, page: await comeToDevice(visitor, device.userCode), client, device }
}

/** A browser at the page of an invitation. @param email whose; of nobody who has an account unless told */
async function atInvitation(scene: Scene, visitor = scene.visitor(), email?: string) {
  const context = scene.house.contextFor()
  const word = `crew-${scene.house.random.id()}`
  const { id } = await call(organizationCreate, context, { name: word, slug: word })
  const invited = { id, email: email ?? `${word}@example.com`, mail: false }
  const { acceptUrl } = await call(invitationCreate, context, invited)
  const invitation = new URL(acceptUrl ?? '').searchParams.get('invitation') ?? ''
  return { visitor, page: await visitor.get('/invitation', { invitation }) }
}

/** What clients ask for. */
export const GRANTS: readonly Step[] = [
  {
    name: 'client_credentials',
    async prepare(scene) {
      const client = await scene.makeClient({ grantTypes: ['client_credentials'], redirectUris: [] })
      return () => postForm(scene, '/oauth/token', { grant_type: 'client_credentials' }, basic(client))
    },
  },
  {
    name: 'client_credentials of a client with a key, which is not blamed for a database that fails',
    writes: 2,
    async prepare(scene) {
      const key = await makeClientKey()
      const { clientId } = await scene.makeClient({
        authMethod: 'private_key_jwt',
        jwks: { keys: [key.jwk] },
        grantTypes: ['client_credentials'],
        redirectUris: [],
      })
      const { issuer } = scene.visitor()
      return async () => {
        const assertion = await signAssertion(key, { clientId, issuer, now: scene.house.clock.now() })
        return postForm(scene, '/oauth/token', { grant_type: 'client_credentials', ...assertionFields(assertion) })
      }
    },
  },
  {
    name: 'a client that fails to authenticate',
    status: 401,
    async prepare(scene) {
      const client = await scene.makeClient({ grantTypes: ['client_credentials'], redirectUris: [] })
      const wrong = basic({ ...client, clientSecret: 'wrong' })
      return () => postForm(scene, '/oauth/token', { grant_type: 'client_credentials' }, wrong)
    },
  },
  {
    name: 'authorization_code',
    async prepare(scene) {
      const code = await codeFor(scene, scene.client, SCOPE)
      return () => exchangeCode(scene, scene.client, code)
    },
  },
  {
    name: 'an authorization code that is replayed',
    status: 400,
    async prepare(scene) {
      const code = await codeFor(scene, scene.client, SCOPE)
      await exchangeCode(scene, scene.client, code)
      return () => exchangeCode(scene, scene.client, code)
    },
  },
  {
    name: 'refresh_token',
    async prepare(scene) {
      const { refresh } = await tokensFor(scene, scene.client, SCOPE)
      return () => refreshWith(scene, scene.client, refresh)
    },
  },
  {
    name: 'a refresh token that is used once more',
    status: 400,
    async prepare(scene) {
      const { refresh } = await tokensFor(scene, scene.client, SCOPE)
      const answer = await refreshWith(scene, scene.client, refresh)
      await refreshWith(scene, scene.client, String(answer.body.refresh_token))
      return () => refreshWith(scene, scene.client, refresh)
    },
  },
  {
    name: DEVICE_CODE_GRANT,
    async prepare(scene) {
      const client = await makeDeviceClient(scene)
      const device = await startDevice(scene, client)
      await decide(scene.visitor(), device.userCode)
      return () => poll(scene, client, device)
    },
  },
  {
    name: 'a device code that waits',
    status: 400,
    async prepare(scene) {
      const client = await makeDeviceClient(scene)
      const device = await startDevice(scene, client)
      return () => poll(scene, client, device)
    },
  },
  {
    name: 'a device that begins',
    async prepare(scene) {
      const client = await makeDeviceClient(scene)
      return async () => (await startDevice(scene, client)).answer
    },
  },
  {
    name: 'revocation of an access token',
    async prepare(scene) {
      const { access } = await tokensFor(scene, scene.client, SCOPE)
      return () => postForm(scene, '/oauth/revoke', { token: access }, basic(scene.client))
    },
  },
  {
    name: 'revocation of a refresh token',
    async prepare(scene) {
      const { refresh } = await tokensFor(scene, scene.client, SCOPE)
      return () => postForm(scene, '/oauth/revoke', { token: refresh }, basic(scene.client))
    },
  },
]

/** What people do in a browser. */
export const PEOPLE: readonly Step[] = [
  {
    name: 'a request that needs a sign-in',
    status: 303,
    async prepare(scene) {
      const [visitor, request] = [scene.visitor(), await freshRequest(scene)]
      return () => visitor.get('/oauth/authorize', request)
    },
  },
  {
    name: 'a request that is answered at once',
    status: 303,
    async prepare(scene) {
      const visitor = await signedIn(scene)
      return () => visitor.get('/oauth/authorize', scene.request())
    },
  },
  {
    name: 'sign-in',
    status: 303,
    prepare: async (scene) => sent(await atSignIn(scene), { email: scene.ada.email, password: PASSWORD }),
  },
  {
    name: 'sign-in of somebody else in the same browser',
    status: 303,
    async prepare(scene) {
      await goThrough(scene.visitor(), scene.request(), scene.bob)
      const visitor = await signedIn(scene)
      const page = await visitor.follow(
        await visitor.get('/oauth/authorize', scene.request({ prompt: 'select_account' })),
      )
      return sent({ visitor, page }, { email: scene.bob.email, password: PASSWORD })
    },
  },
  {
    name: 'sign-in with a wrong password',
    status: 400,
    prepare: async (scene) => sent(await atSignIn(scene), { email: scene.ada.email, password: 'wrong' }),
  },
  {
    name: 'consent',
    status: 303,
    prepare: async (scene) => sent(await atConsent(scene), { decision: 'allow' }),
  },
  {
    name: 'consent that is refused',
    status: 303,
    prepare: async (scene) => sent(await atConsent(scene), { decision: 'deny' }),
  },
  {
    name: 'the code after consent',
    status: 303,
    async prepare(scene) {
      const waiting = await atConsent(scene)
      const { location = '' } = await sent(waiting, { decision: 'allow' })()
      return () => waiting.visitor.get(location)
    },
  },
  {
    name: 'a user code that is entered',
    status: 303,
    async prepare(scene) {
      const device = await startDevice(scene, await makeDeviceClient(scene))
      const visitor = scene.visitor()
      return sent({ visitor, page: await visitor.get('/device') }, { user_code: device.userCode })
    },
  },
  {
    name: 'a device that is let in',
    status: 303,
    async prepare(scene) {
      const waiting = await atDeviceConsent(scene)
      const { location = '' } = await sent(waiting, { decision: 'allow' })()
      return () => waiting.visitor.get(location)
    },
  },
  {
    name: 'a device that is refused',
    status: 303,
    async prepare(scene) {
      const waiting = await atDeviceConsent(scene)
      const { location = '' } = await sent(waiting, { decision: 'deny' })()
      return () => waiting.visitor.get(location)
    },
  },
  {
    name: 'an invitation of somebody who is signed in',
    status: 303,
    async prepare(scene) {
      return sent(await atInvitation(scene, await signedIn(scene), scene.ada.email), { decision: 'join' })
    },
  },
  {
    name: 'an invitation that is accepted by signing in',
    status: 303,
    writes: 2,
    async prepare(scene) {
      const waiting = await atInvitation(scene, scene.visitor(), scene.ada.email)
      return sent(waiting, { decision: 'sign_in', password: PASSWORD })
    },
  },
  {
    name: 'an invitation that makes an account',
    status: 303,
    writes: 2,
    prepare: async (scene) => sent(await atInvitation(scene), { decision: 'register', password: PASSWORD }),
  },
  {
    name: 'a request to sign out',
    status: 303,
    async prepare(scene) {
      const visitor = await signedIn(scene)
      return () => visitor.get('/oauth/logout', { client_id: scene.client.clientId })
    },
  },
  {
    name: 'sign-out',
    status: 303,
    prepare: async (scene) => sent(await atSignOut(scene), { decision: 'sign_out' }),
  },
]
