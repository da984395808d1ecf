// Gives users linked accounts: at a running server by a sign-in at a provider, else by rows.
import type { Context } from '#domain/context.ts'
import { identityProviderCreate } from '#domain/identity-provider/identity-provider.operations.ts'
import { linkAccount } from '#domain/linked-account/linked-account.service.ts'
import type { LinkedAccount } from '#domain/linked-account/linked-account.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { callOperation } from './domain-fixtures.ts'
import { startExternalProvider, type TestProvider } from './external-provider.ts'
import type { TestServer } from './server.ts'
import { UserAgent } from './user-agent.ts'

/** A test provider that a realm of a running server has. */
export interface RealmProvider {
  readonly idp: TestProvider
  /** Its path in the admin API. */
  readonly path: string
  /** Signs the provider's person in in a new browser. @returns whether the person sees the account page, or a second factor */
  signIn(): Promise<boolean>
}

/** Has a realm have a test provider. @param issuerId of the realm @param domain of its addresses */
export async function addProvider(server: TestServer, issuerId: string, domain: string): Promise<RealmProvider> {
  const idp = await startExternalProvider()
  const all = `/v1/realms/${issuerId}/identity-providers`
  const { id } = await server.api<{ id: string }>('POST', all, {
    ...{ provider_type: 'oidc', name: 'Test', issuer: idp.issuer, client_id: idp.clientId },
    ...{ client_secret: idp.clientSecret, domains: [domain], trust_domains: true },
  })
  const base = issuerId === 'default' ? '' : `/realms/${issuerId}`
  const signIn = async () => {
    const agent = new UserAgent(server.url)
    const page = await agent.follow(await agent.request(`${server.url}${base}/account`))
    const { away } = await agent.submit(page, { provider: id })
    if (!away) return false
    const back = await fetch(away, { redirect: 'manual' })
    const end = await agent.follow(await agent.request(back.headers.get('location') ?? ''))
    return end.status === 200
  }
  return { idp, path: `${all}/${id}`, signIn }
}

/**
 * Signs somebody in with an account at a provider, which is made for this, and deleted afterwards.
 * @param issuerId of the realm
 * @param email of a user whose address is verified, or of nobody: then a user is created
 */
export async function signInAtProvider(server: TestServer, issuerId: string, email: string): Promise<void> {
  const { idp, path, signIn } = await addProvider(server, issuerId, email.slice(email.indexOf('@') + 1))
  idp.person = { sub: email, email, email_verified: true }
  if (!(await signIn())) throw new Error(`${email} was not signed in`)
  await server.api('DELETE', path)
  await idp.stop()
}

/** Links an account at a new provider of the context's realm to a user. */
export async function linkAccountOf(context: Context, userId: string): Promise<LinkedAccount> {
  const { id: providerId } = await callOperation(identityProviderCreate, context, {
    ...{ providerType: 'oauth2', name: 'Hub', clientId: 'countersign', clientSecret: 'their secret' },
    ...{ authorizationEndpoint: 'https://idp.example.com/authorize', tokenEndpoint: 'https://idp.example.com/token' },
    userinfoEndpoint: 'https://idp.example.com/me',
  })
  const subject = { providerId, issuer: 'https://idp.example.com/me', subject: userId, label: null }
  return context.write(async (unit) => {
    const user = await unit.users.lock(realmOf(context.scope).directoryId, userId)
    if (!user) throw new Error('there is no such user')
    return linkAccount(context, unit, user, subject)
  })
}
