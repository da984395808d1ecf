// An app with Auth.js. Next.js, SvelteKit and others take the same provider.
import { ExpressAuth, getSession } from '@auth/express'
import express from 'express'

const port = process.env.PORT ?? 3000
const config = {
  basePath: '/auth',
  secret: process.env.AUTH_SECRET,
  trustHost: true,
  providers: [
    {
      id: 'countersign',
      name: 'Countersign',
      type: 'oidc',
      issuer: process.env.ISSUER,
      clientId: process.env.CLIENT_ID,
      clientSecret: process.env.CLIENT_SECRET,
      checks: ['pkce', 'state'],
    },
  ],
}

const app = express()
app.use('/auth', ExpressAuth(config))

app.get('/', async (request, response) => {
  const session = await getSession(request, config)
  response.send(
    session
      ? `<p>Signed in as ${session.user.name} (${session.user.email})</p><a href="/auth/signout">Sign out</a>`
      : '<a href="/auth/signin">Sign in</a>',
  )
})

app.listen(port, '127.0.0.1', () => console.log(`The app is at http://127.0.0.1:${port}`))
