// A web application that signs in users: authorization code and PKCE with openid-client, on node:http. Sessions are in
// memory; the browser has a cookie with the session id.
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import * as client from 'openid-client'
import { type Account, failurePage, homePage } from './pages.ts'

export interface WebAppOptions {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** The resource of the tokens, and the address of its API. */
  readonly audience: string
  readonly apiUrl: string
  /** A port of 127.0.0.1; a free port by default. */
  readonly port?: number
}

/** The data that the app stores between the redirect to Countersign and the callback. */
interface Attempt {
  readonly codeVerifier: string
  readonly state: string
  readonly nonce: string
}

interface Session {
  attempt?: Attempt
  tokens?: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers
  idToken?: string
  account?: Account
}

interface Reply {
  readonly status?: number
  readonly location?: string
  readonly html?: string
  /** A new session for the browser; null ends the current session. */
  readonly session?: Session | null
}

type Handler = (session: Session, url: URL) => Promise<Reply>

const COOKIE = 'notes-session'
const SCOPE = 'openid profile email notes:read'

/** Starts the app. Its redirect URI is `{url}/callback`, and its post-logout redirect URI `{url}/`. */
export async function startWebApp(options: WebAppOptions): Promise<{ url: string; close: () => Promise<void> }> {
  const config = await discover(options)
  const sessions = new Map<string, Session>()
  let handlers: Readonly<Record<string, Handler>> = {}

  const server = createServer((request, response) => {
    const id = cookieOf(request)
    const known = id === undefined ? undefined : sessions.get(id)
    const url = new URL(request.url ?? '/', own)
    const handler = handlers[`${request.method} ${url.pathname}`]
    const work = handler ? handler(known ?? {}, url) : notFound()
    work.catch(failed).then(({ status, location, html, session }) => {
      if (session !== undefined && id !== undefined) sessions.delete(id)
      if (session) {
        // Every sign-in gets a new id, which prevents session fixation.
        const fresh = randomBytes(32).toString('base64url')
        sessions.set(fresh, session)
        response.setHeader('set-cookie', `${COOKIE}=${fresh}; Path=/; HttpOnly; SameSite=Lax`)
      }
      if (location !== undefined) response.setHeader('location', location)
      response.setHeader('cache-control', 'no-store')
      response.setHeader('content-security-policy', "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
      response.writeHead(status ?? (location === undefined ? 200 : 303), { 'content-type': 'text/html; charset=utf-8' })
      response.end(html ?? '')
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as { port: number }
  const own = `http://127.0.0.1:${port}`
  handlers = handlersOf(config, options, own)
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: own, close }
}

async function discover({ issuer, clientId, clientSecret }: WebAppOptions): Promise<client.Configuration> {
  // A local Countersign has no TLS, so the library needs an option for http. Without TLS, the signature of the ID token
  // must be verified.
  const execute = [client.enableNonRepudiationChecks]
  if (issuer.startsWith('http://127.0.0.1')) execute.push(client.allowInsecureRequests)
  return client.discovery(new URL(issuer), clientId, clientSecret, client.ClientSecretBasic(clientSecret), { execute })
}

function handlersOf(config: client.Configuration, options: WebAppOptions, own: string): Record<string, Handler> {
  const { audience, apiUrl } = options
  return {
    'GET /': async ({ account, tokens }) => ({ html: homePage(account, tokens?.expiresIn()) }),

    'GET /sign-in': async () => {
      const attempt: Attempt = {
        codeVerifier: client.randomPKCECodeVerifier(),
        state: client.randomState(),
        nonce: client.randomNonce(),
      }
      const location = client.buildAuthorizationUrl(config, {
        redirect_uri: `${own}/callback`,
        scope: SCOPE,
        resource: audience,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.codeVerifier),
        code_challenge_method: 'S256',
      })
      return { location: location.href, session: { attempt } }
    },

    'GET /callback': async ({ attempt }, url) => {
      if (!attempt) return { status: 400, html: failurePage('This sign-in was not started in this browser.') }
      // Checks state, iss, nonce, and the ID token.
      const tokens = await client.authorizationCodeGrant(config, url, {
        pkceCodeVerifier: attempt.codeVerifier,
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        idTokenExpected: true,
      })
      const { sub = '' } = tokens.claims() ?? {}
      const { name, email } = await client.fetchUserInfo(config, tokens.access_token, sub)
      const session: Session = { tokens, account: { sub, name, email }, idToken: tokens.id_token ?? '' }
      return { location: '/', session }
    },

    'POST /refresh': async (session) => {
      if (session.tokens?.refresh_token === undefined) return { location: '/' }
      const tokens = await client.refreshTokenGrant(config, session.tokens.refresh_token)
      return { location: '/', session: { ...session, tokens, idToken: tokens.id_token ?? session.idToken ?? '' } }
    },

    'POST /notes': async ({ account, tokens }) => {
      if (!tokens) return { location: '/' }
      const headers = { authorization: `Bearer ${tokens.access_token}` }
      const response = await fetch(`${apiUrl}/notes`, { headers })
      return { html: homePage(account, tokens.expiresIn(), `${response.status} ${await response.text()}`) }
    },

    'POST /sign-out': async ({ idToken }) => {
      const location = client.buildEndSessionUrl(config, {
        post_logout_redirect_uri: `${own}/`,
        ...(idToken !== undefined && { id_token_hint: idToken }),
      })
      return { location: location.href, session: null }
    },
  }
}

async function notFound(): Promise<Reply> {
  return { status: 404, html: failurePage('This page does not exist.') }
}

function failed(error: unknown): Reply {
  if (error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError) {
    return { status: 400, html: failurePage(`Countersign refused: ${error.error}`), session: null }
  }
  console.error(error)
  return { status: 500, html: failurePage('Something went wrong.') }
}

function cookieOf({ headers }: IncomingMessage): string | undefined {
  const pairs = headers.cookie?.split(/; */) ?? []
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1)
}

if (import.meta.main) {
  const { CLIENT_ID, CLIENT_SECRET, ISSUER, AUDIENCE, API_URL, PORT } = process.env
  if (!CLIENT_ID || !CLIENT_SECRET)
    throw new Error('Set CLIENT_ID and CLIENT_SECRET to the id and the secret of a client.')
  const { url } = await startWebApp({
    issuer: ISSUER ?? 'http://127.0.0.1:9000',
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    audience: AUDIENCE ?? 'https://api.example.com/notes',
    apiUrl: API_URL ?? 'http://127.0.0.1:3001',
    port: Number(PORT ?? 3000),
  })
  console.log(`The app is at ${url}`)
}
