// A Fastify app whose page / shows who is signed in.
import cookie from '@fastify/cookie'
import oauth2 from '@fastify/oauth2'
import session from '@fastify/session'
import Fastify from 'fastify'

const port = process.env.PORT ?? 3000
const app = Fastify()

await app.register(cookie)
// Over https, leave `cookie` out: cookies are then sent only over https.
await app.register(session, { secret: process.env.COOKIE_SECRET, cookie: { secure: false } })
await app.register(oauth2, {
  name: 'countersign',
  discovery: { issuer: process.env.ISSUER },
  credentials: { client: { id: process.env.CLIENT_ID, secret: process.env.CLIENT_SECRET } },
  scope: ['openid', 'profile', 'email'],
  pkce: 'S256',
  startRedirectPath: '/sign-in',
  callbackUri: `http://127.0.0.1:${port}/callback`,
  cookie: { secure: false },
})

app.get('/', (request, reply) => {
  const { person } = request.session
  reply.type('text/html')
  return person
    ? `<p>Signed in as ${person.name} (${person.email})</p><a href="/sign-out">Sign out</a>`
    : '<a href="/sign-in">Sign in</a>'
})

app.get('/callback', async (request, reply) => {
  const { token } = await app.countersign.getAccessTokenFromAuthorizationCodeFlow(request, reply)
  const person = await app.countersign.userinfo(token)
  await request.session.regenerate()
  request.session.person = person
  request.session.token = token
  return reply.redirect('/')
})

app.get('/sign-out', async (request, reply) => {
  const { token } = request.session
  await request.session.destroy()
  if (token) await app.countersign.revokeAllToken(token)
  return reply.redirect('/')
})

await app.listen({ port, host: '127.0.0.1' })
console.log(`The app is at http://127.0.0.1:${port}`)
