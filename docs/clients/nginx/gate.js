// Answers nginx's question "is this browser signed in?", and signs it in where it is not.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import * as oidc from 'openid-client'

const port = process.env.PORT ?? 3001
const site = process.env.SITE_URL
const redirectUri = `${site}/gate/callback`
// Only an issuer without https needs allowInsecureRequests.
const config = await oidc.discovery(
  new URL(process.env.ISSUER),
  process.env.CLIENT_ID,
  process.env.CLIENT_SECRET,
  undefined,
  { execute: [oidc.allowInsecureRequests] },
)
const started = new Map()
const signedIn = new Map()

const cookieOf = (request, name) => new RegExp(`(?:^|; )${name}=([^;]+)`).exec(request.headers.cookie ?? '')?.[1]
const setCookie = (name, value) => `${name}=${value}; Path=/; HttpOnly; SameSite=Lax`

const routes = {
  // The body is ignored by nginx: only the status and the headers count.
  '/gate/check'(request, response) {
    const person = signedIn.get(cookieOf(request, 'gate'))
    if (person === undefined) response.writeHead(401).end()
    else response.writeHead(200, { 'x-name': encodeURIComponent(person.name), 'x-email': person.email }).end()
  },
  async '/gate/sign-in'(_request, response) {
    const verifier = oidc.randomPKCECodeVerifier()
    const state = oidc.randomState()
    started.set(state, verifier)
    const location = oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid profile email',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    })
    response.writeHead(302, { location: location.href, 'set-cookie': setCookie('gate-state', state) }).end()
  },
  async '/gate/callback'(request, response) {
    const expectedState = cookieOf(request, 'gate-state')
    const pkceCodeVerifier = started.get(expectedState)
    started.delete(expectedState)
    const checks = { expectedState, pkceCodeVerifier, idTokenExpected: true }
    const tokens = await oidc.authorizationCodeGrant(config, new URL(request.url, site), checks)
    const person = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
    const session = randomBytes(32).toString('base64url')
    signedIn.set(session, person)
    response.writeHead(302, { location: '/', 'set-cookie': setCookie('gate', session) }).end()
  },
}

createServer(async (request, response) => {
  const route = routes[new URL(request.url, site).pathname]
  try {
    if (route === undefined) response.writeHead(404).end()
    else await route(request, response)
  } catch (error) {
    response.writeHead(400).end(error.message)
  }
}).listen(port, '127.0.0.1', () => console.log(`The gate is at http://127.0.0.1:${port}`))
