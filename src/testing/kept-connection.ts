// A connection of a user at a provider, in the default realm of a running server.
import type { TestServer } from './server.ts'

/** Keeps a key of a user at a new provider. @returns the ids of both */
export async function connectionOf(server: TestServer, userId: string): Promise<{ id: string; providerId: string }> {
  const { id: providerId } = await server.api<{ id: string }>('POST', '/v1/realms/default/broker-providers', {
    slug: 'weather',
    protocol: 'api_key',
  })
  const given = { user_id: userId, provider_id: providerId, access_token: 'a-key' }
  const { id } = await server.api<{ id: string }>('POST', '/v1/realms/default/connections', given)
  return { id, providerId }
}
