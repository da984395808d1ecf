// An Express app whose page /account only signed-in users see.
import express from 'express'
import openidConnect from 'express-openid-connect'

const { auth, requiresAuth } = openidConnect
const port = process.env.PORT ?? 3000
const app = express()

app.use(
  auth({
    issuerBaseURL: process.env.ISSUER,
    baseURL: `http://127.0.0.1:${port}`,
    clientID: process.env.CLIENT_ID,
    clientSecret: process.env.CLIENT_SECRET,
    secret: process.env.COOKIE_SECRET,
    authRequired: false,
    idpLogout: true,
    // Without it, the library requests an id token by form_post, which OAuth 2.1 no longer has.
    authorizationParams: { response_type: 'code', response_mode: 'query', scope: 'openid profile email' },
  }),
)

app.get('/', (_request, response) => {
  response.send('<a href="/account">Sign in</a>')
})

app.get('/account', requiresAuth(), async (request, response) => {
  try {
    const { name, email } = await request.oidc.fetchUserInfo()
    response.send(`<p>Signed in as ${name} (${email})</p><a href="/logout">Sign out</a>`)
  } catch (error) {
    if (error.status !== 401) throw error
    // The session ended at the server, so the access token is refused: the person signs in again.
    request.appSession = undefined
    await response.oidc.login({ returnTo: '/account' })
  }
})

app.listen(port, '127.0.0.1', () => console.log(`The app is at http://127.0.0.1:${port}`))
