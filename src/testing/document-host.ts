// Owns an https server that publishes the metadata documents of clients.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TEST_CERTIFICATE } from './certificate.ts'

/** How a path is answered: with a document, or by code. */
export type Published =
  | { readonly document: unknown; readonly headers?: Readonly<Record<string, string>>; readonly status?: number }
  | ((request: IncomingMessage, response: ServerResponse) => void)

/** An https server on this machine; what it has not published is 404. */
export interface DocumentHost extends AsyncDisposable {
  /** `https://localhost:port`. */
  readonly origin: string
  /** The paths that were asked for, in order. */
  readonly asked: string[]
  /** Publishes at a path. @returns the address */
  publish(path: string, published: Published): string
  /** Publishes the metadata of a client at its client id. @returns the client id */
  client(path: string, metadata?: Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>): string
}

/** Starts a host on a free port, with the test certificate. */
export async function startDocumentHost(): Promise<DocumentHost> {
  const asked: string[] = []
  const paths = new Map<string, Published>()
  const server = createServer(TEST_CERTIFICATE, (request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const published = paths.get(path)
    if (typeof published === 'function') return published(request, response)
    const { document, headers, status = 200 } = published ?? { document: {}, status: 404 }
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(document))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`
  const publish: DocumentHost['publish'] = (path, published) => {
    paths.set(path, published)
    return `${origin}${path}`
  }
  return {
    origin,
    asked,
    publish,
    client: (path, metadata = {}, headers = {}) => {
      const document = {
        client_id: `${origin}${path}`,
        client_name: 'Tidewater Desktop',
        redirect_uris: ['https://app.example/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        ...metadata,
      }
      return publish(path, { document, headers })
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
}
