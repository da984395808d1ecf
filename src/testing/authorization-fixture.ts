// Owns a realm with two users, a resource and a client, for tests of the protocol and the pages.

import { createHash } from 'node:crypto'
import type { AuthorizationCode } from '#domain/authorization/authorization-code.ts'
import { createClient } from '#domain/client/client.service.ts'
import { type ClientWithSecret, NewClient } from '#domain/client/client.ts'
import type { Event } from '#domain/event/event.ts'
import { oneTimeKey } from '#domain/one-time-token/one-time-token.ts'
import { createResource } from '#domain/resource/resource.service.ts'
import { NewResource } from '#domain/resource/resource.ts'
import { createUser } from '#domain/user/user.service.ts'
import { NewUser, type UserView } from '#domain/user/user.ts'
import { parse } from '#kernel/parse.ts'
import { FormBrowser, type FormBrowserOptions } from './form-browser.ts'
import { openTestServices, type ServicesOptions, type TestServices } from './services.ts'

export const PASSWORD = 'correct horse battery staple'
export const REDIRECT_URI = 'https://app.example/callback'
export const API = 'https://api.example.com/orders'
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

/** A realm with two people, an API and a client, and people who visit it. */
export interface AuthorizationFixture {
  readonly services: TestServices
  readonly ada: UserView
  readonly bob: UserView
  /** Third-party; may ask for the API; not for everything that the API has. */
  readonly client: ClientWithSecret
  /** A browser of its own. */
  newBrowser(options?: FormBrowserOptions): FormBrowser
  /** Another client, alike but for what is given. */
  makeClient(given?: Record<string, unknown>): Promise<ClientWithSecret>
  /** The parameters of a request that is right, with changes; null leaves one out. */
  request(changes?: Record<string, string | null>): Record<string, string>
  /** What a code in a redirect stands for. */
  codeBehind(location: string | undefined): Promise<AuthorizationCode | undefined>
  /** The events of a type, oldest first. */
  events(type: string): Promise<Event[]>
  close(): Promise<void>
}

/** Opens a test services and sets the fixture. */
export async function openAuthorizationFixture(options: ServicesOptions = {}): Promise<AuthorizationFixture> {
  const services = await openTestServices(options)
  const context = services.contextFor()
  const person = (email: string, name: string) =>
    createUser(context, parse(NewUser, { email, name, password: PASSWORD }))
  const ada = await person('ada@example.com', 'Ada Lindqvist')
  const bob = await person('bob@example.com', 'Bob')
  await makeResource(context, API, ['orders:read', 'orders:write', 'orders:admin'])
  await makeResource(context, 'https://other.example.com/', ['other:read'])
  const makeClient: AuthorizationFixture['makeClient'] = async (given = {}) =>
    createClient(
      context,
      parse(NewClient, {
        label: 'Tidewater',
        grantTypes: ['authorization_code', 'refresh_token'],
        scopes: ['openid', 'profile', 'email', 'offline_access', 'orders:read', 'orders:write', 'other:read'],
        audiences: [API],
        redirectUris: [REDIRECT_URI],
        postLogoutRedirectUris: ['https://app.example/bye?from=logout'],
        ...given,
      }),
    )
  const client = await makeClient()
  return {
    services,
    ada,
    bob,
    client,
    makeClient,
    newBrowser: (visitorOptions) => new FormBrowser(services, services.realm, visitorOptions),
    request: (changes = {}) => {
      const all: Record<string, string | null> = {
        response_type: 'code',
        client_id: client.clientId,
        redirect_uri: REDIRECT_URI,
        scope: 'openid email',
        state: 'a state',
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
        ...changes,
      }
      return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null))
    },
    codeBehind: async (location) => {
      const code = new URL(location ?? '').searchParams.get('code') ?? ''
      const hash = oneTimeKey(services.crypto, code)
      return (await context.read.oneTimeTokens.find<AuthorizationCode>('authorization_code', hash))?.payload
    },
    events: async (type) => (await context.read.events.list({ limit: 200, types: [type] })).data.reverse(),
    close: () => services.close(),
  }
}

async function makeResource(context: ReturnType<TestServices['contextFor']>, identifier: string, scopes: string[]) {
  const described = scopes.map((name) => ({ name, description: `Do ${name}` }))
  return createResource(context, parse(NewResource, { identifier, name: `Resource ${identifier}`, scopes: described }))
}

/** Signs in and consents wherever a page asks for it. @returns the redirect to the client, or an error page */
export async function authorizeInBrowser(
  browser: FormBrowser,
  request: Record<string, string>,
  person: { readonly email: string } = { email: 'ada@example.com' },
) {
  let visit = await browser.follow(await browser.get('/oauth/authorize', request))
  for (let step = 0; step < 3 && visit.status === 200; step++) {
    const values = /name="password"/.test(visit.text)
      ? { email: person.email, password: PASSWORD }
      : { decision: 'allow' }
    visit = await browser.submit(visit, values)
  }
  return visit
}

/** What a redirect to the client says. */
export function answerOf({ location }: { readonly location: string | undefined }): Record<string, string> {
  return Object.fromEntries(new URL(location ?? '').searchParams)
}
