// A client that takes ID tokens with RS256 only, which is the default of openid-client 5 and of OpenID Connect.
import { createServer } from 'node:http'
import { generators, Issuer } from 'openid-client'

const port = process.env.PORT ?? 3000
const callback = `http://127.0.0.1:${port}/callback`
const issuer = await Issuer.discover(process.env.ISSUER)
const client = new issuer.Client({
  client_id: process.env.CLIENT_ID,
  client_secret: process.env.CLIENT_SECRET,
  redirect_uris: [callback],
  response_types: ['code'],
})
/** What the browser has to bring back, by `state`. */
const started = new Map()

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, callback)
  if (pathname === '/sign-in') {
    const state = generators.state()
    const verifier = generators.codeVerifier()
    started.set(state, verifier)
    const location = client.authorizationUrl({
      scope: 'openid profile email',
      state,
      code_challenge: generators.codeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    response.writeHead(302, { location, 'set-cookie': `state=${state}; HttpOnly; SameSite=Lax; Path=/callback` }).end()
  } else if (pathname === '/callback') {
    const state = /(?:^|; )state=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
    const checks = { state, code_verifier: started.get(state) }
    started.delete(state)
    try {
      const tokens = await client.callback(callback, client.callbackParams(request), checks)
      const { name, email } = tokens.claims()
      response.setHeader('content-type', 'text/html').end(`<p>Signed in as ${name} (${email})</p>`)
    } catch (error) {
      response.writeHead(400).end(error.message)
    }
  } else response.setHeader('content-type', 'text/html').end('<a href="/sign-in">Sign in</a>')
}).listen(port, '127.0.0.1', () => console.log(`The app is at http://127.0.0.1:${port}`))
