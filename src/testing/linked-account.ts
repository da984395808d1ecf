// Has somebody sign in at an identity provider, so that a running server has a linked account.
import { startExternalProvider } from './external-provider.ts'
import type { TestServer } from './server.ts'
import { UserAgent } from './user-agent.ts'

/**
 * Signs somebody in with an account at a provider, which is made for this, and deleted afterwards.
 * @param issuerId of the realm
 * @param email of a user whose address is verified, or of nobody: then a user is created
 */
export async function signInAtProvider(server: TestServer, issuerId: string, email: string): Promise<void> {
  const idp = await startExternalProvider()
  const path = `/v1/realms/${issuerId}/identity-providers`
  const { id } = await server.api<{ id: string }>('POST', path, {
    ...{ provider_type: 'oidc', name: 'Test', issuer: idp.issuer, client_id: idp.clientId },
    ...{ client_secret: idp.clientSecret, domains: [email.slice(email.indexOf('@') + 1)] },
  })
  idp.person = { sub: email, email, email_verified: true }
  const agent = new UserAgent(server.url)
  const base = issuerId === 'default' ? '' : `/realms/${issuerId}`
  const page = await agent.follow(await agent.request(`${server.url}${base}/account`))
  const { away } = await agent.submit(page, { provider: id })
  if (!away) throw new Error('the provider was not asked')
  const back = await fetch(away, { redirect: 'manual' })
  const end = await agent.follow(await agent.request(back.headers.get('location') ?? ''))
  if (end.status !== 200) throw new Error(`${end.status} ${end.text}`)
  await server.api('DELETE', `${path}/${id}`)
  await idp.stop()
}
