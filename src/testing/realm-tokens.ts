// People and clients of a tenant’s realm, and the tokens that they get there.
import { post } from './admin-realm.ts'
import { enrolInBrowser } from './authenticator.ts'
import { proofKey, REDIRECT_URI } from './realm.ts'
import type { TestServer } from './server.ts'
import { UserAgent } from './user-agent.ts'

const PASSWORD = 'correct horse battery staple'
let made = 0

/** Somebody’s tokens, and who it is. */
export interface PersonTokens {
  readonly userId: string
  /** The client’s, as the admin API has it. */
  readonly clientId: string
  readonly access: string
  readonly refresh: string
  readonly id: string
}

/** Where a realm’s endpoints are. */
export function issuerAt(server: TestServer, issuerId: string): string {
  return issuerId === 'default' ? server.url : `${server.url}/realms/${issuerId}`
}

/** Makes a person and a client of a realm, and signs the one in to the other, with consent. */
export async function getTokens(server: TestServer, issuerId: string): Promise<PersonTokens> {
  const { user, client, person } = await makePersonAndClient(server, issuerId)
  const { verifier, challenge } = proofKey()
  const url = requestUrl(server, issuerId, client.client_id, challenge)
  const away = await new UserAgent(server.url).authorize(url, person)
  const { status, body } = await post(`${issuerAt(server, issuerId)}/oauth/token`, {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    code: away.searchParams.get('code') ?? '',
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
  })
  if (status !== 200) throw new Error(`the token endpoint answered ${status}: ${JSON.stringify(body)}`)
  const { access_token, refresh_token, id_token } = body
  const tokens = { access: String(access_token), refresh: String(refresh_token), id: String(id_token) }
  return { userId: user.id, clientId: client.id, ...tokens }
}

/**
 * Makes a person of a realm who sets up an authenticator app.
 * @param remember whether the person chooses that the browser is remembered
 * @returns the id of the user
 */
export async function getEnrolled(server: TestServer, issuerId: string, remember = false): Promise<string> {
  const { user, client, person } = await makePersonAndClient(server, issuerId)
  const url = requestUrl(server, issuerId, client.client_id, proofKey().challenge, { acr_values: 'aal2' })
  await enrolInBrowser(new UserAgent(server.url), url, person, remember)
  return user.id
}

async function makePersonAndClient(server: TestServer, issuerId: string) {
  const realm = `/v1/realms/${issuerId}`
  const person = { email: `person-${++made}@${issuerId}.example`, password: PASSWORD }
  const user = await server.api<{ id: string }>('POST', `${realm}/users`, person)
  const client = await server.api<{ id: string; client_id: string }>('POST', `${realm}/clients`, {
    label: `App ${made}`,
    auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    scopes: ['openid', 'email', 'offline_access'],
    redirect_uris: [REDIRECT_URI],
  })
  return { person, user, client }
}

function requestUrl(
  server: TestServer,
  issuerId: string,
  clientId: string,
  challenge: string,
  more: Readonly<Record<string, string>> = {},
): string {
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    scope: 'openid email offline_access',
    state: 's',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  })
  return `${issuerAt(server, issuerId)}/oauth/authorize?${request}`
}

/** A token that a client of a realm got for itself. */
export async function getProgramToken(server: TestServer, issuerId: string): Promise<string> {
  const client = await server.api<{ client_id: string; client_secret: string }>(
    'POST',
    `/v1/realms/${issuerId}/clients`,
    { label: 'Program', grant_types: ['client_credentials'], scopes: ['read'] },
  )
  const authorization = `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}`
  const endpoint = `${issuerAt(server, issuerId)}/oauth/token`
  const { status, body } = await post(endpoint, { grant_type: 'client_credentials' }, authorization)
  if (status !== 200) throw new Error(`the token endpoint answered ${status}: ${JSON.stringify(body)}`)
  return String(body.access_token)
}
