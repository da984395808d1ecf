// A stream of Shared Signals, and whether its client still has it.

/**
 * Makes a stream of a client.
 * @param issuer of the realm
 * @param authorization of the client at the token endpoint
 * @returns whether the client gets a token and finds the stream
 */
export async function streamProbe(issuer: string, authorization: string): Promise<() => Promise<boolean>> {
  const ask = async (method: string, body?: object) => {
    const form = new URLSearchParams({ grant_type: 'client_credentials' })
    const got = await fetch(`${issuer}/oauth/token`, { method: 'POST', headers: { authorization }, body: form })
    const { access_token: token } = (await got.json()) as { access_token?: string }
    return fetch(`${issuer}/ssf/stream`, {
      ...{ method, ...(body && { body: JSON.stringify(body) }) },
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    })
  }
  const delivery = { method: 'urn:ietf:rfc:8935', endpoint_url: 'https://receiver.example.com/events' }
  await ask('POST', { delivery, events_requested: [] })
  return async () => {
    const found = await ask('GET')
    return found.ok && ((await found.json()) as unknown[]).length === 1
  }
}
