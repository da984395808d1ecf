// Owns a fetch that reaches a local server under another host name.
import { request } from 'node:http'

/**
 * A fetch that reaches one port of this machine whatever name it asks for, as DNS and a proxy would lead there: fetch
 * itself lets nobody choose the Host header.
 */
export function hostFetch(port: number): typeof fetch {
  return async (input, init) => {
    const asked = new Request(input, init)
    const url = new URL(asked.url)
    const body = Buffer.from(await asked.arrayBuffer())
    const options = {
      host: '127.0.0.1',
      port,
      method: asked.method,
      path: url.pathname + url.search,
      headers: { ...Object.fromEntries(asked.headers), host: url.host, 'content-length': body.length },
    }
    return new Promise<Response>((resolve, reject) => {
      const sent = request(options, async (reply) => {
        const headers = new Headers()
        for (let at = 0; at < reply.rawHeaders.length; at += 2) {
          headers.append(reply.rawHeaders[at] ?? '', reply.rawHeaders[at + 1] ?? '')
        }
        const status = reply.statusCode ?? 500
        const chunks: Buffer[] = []
        for await (const chunk of reply) chunks.push(chunk)
        const empty = status === 204 || status === 304
        resolve(new Response(empty ? null : Buffer.concat(chunks), { status, headers }))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }
}
