// The steps that find out who asks and where the answer goes. Until all of them are done there is nowhere to redirect
// to: whatever fails here is told to the person (RFC 6749 §4.1.2.1, RFC 9700 §4.1).
import type { Client } from '#domain/client/client.ts'
import { isWithin, matchesRedirectUri } from '#domain/client/redirect-uri.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { Parameters } from '#domain/realm-request.ts'
import { Failure } from '#kernel/error.ts'

/** Who asks, and where the answer goes. */
export interface Caller {
  readonly client: Client
  readonly redirectUri: string
  readonly redirectUriGiven: boolean
}

/**
 * Finds the caller of an authorization request.
 * @throws Failure `invalid_request`, `invalid_client`, `invalid_redirect_uri`: for a page, never for a redirect
 */
export async function callerOf(context: Context, parameters: Parameters): Promise<Caller> {
  parameters.refuseRepeated()
  const client = await findClient(context, parameters)
  const matched = matchRedirectUri(client, parameters)
  if (isWithin(realmOf(context.scope), matched.redirectUri)) return { client, ...matched }
  throw new Failure('invalid_redirect_uri', 'The realm does not allow people to be sent there.')
}

async function findClient({ registry, scope }: Context, parameters: Parameters): Promise<Client> {
  const clientId = parameters.need('client_id')
  const realm = realmOf(scope)
  const client = await registry.client(realm.tenantId, realm.id, clientId)
  if (!client) throw new Failure('invalid_client', 'There is no client of this id.')
  if (client.status !== 'active') throw new Failure('invalid_client', 'The client is suspended.')
  return client
}

function matchRedirectUri({ redirectUris }: Client, parameters: Parameters): Omit<Caller, 'client'> {
  const given = parameters.get('redirect_uri')
  if (given !== undefined) {
    if (matchesRedirectUri(redirectUris, given)) return { redirectUri: given, redirectUriGiven: true }
    throw new Failure('invalid_redirect_uri', 'redirect_uri matches none of the URIs registered for this client.')
  }
  const [only, ...others] = redirectUris
  if (only !== undefined && others.length === 0) return { redirectUri: only, redirectUriGiven: false }
  throw new Failure('invalid_redirect_uri', 'redirect_uri is missing, and the client has not exactly one.')
}
