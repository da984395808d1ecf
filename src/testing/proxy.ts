// Starts a server with the reverse proxy, and applications behind it.
import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  request,
  type Server,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { freePort, type ServerOptions, startServer, type TestServer } from './server.ts'

/** A server of node:http at a free port. */
export interface TestUpstream {
  readonly url: string
  readonly server: Server
  /** What it answers next. */
  answer: RequestListener
  /** The requests that arrived. */
  readonly seen: IncomingMessage[]
  close(): Promise<void>
}

/** Starts an application that answers with what it got. */
export async function startUpstream(port = 0): Promise<TestUpstream> {
  const server = createServer((received, response) => {
    upstream.seen.push(received)
    upstream.answer(received, response)
  })
  const upstream: TestUpstream = {
    url: '',
    server,
    seen: [],
    answer: echo,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(upstream, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

const echo: RequestListener = async (received, response) => {
  const body = await text(received)
  const { method, url, headers } = received
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ method, url, headers, body }))
}

/** What came back. */
export interface ProxyReply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** The body as JSON; undefined for another one. */
  readonly json: Record<string, unknown> & { readonly headers: Record<string, string>; readonly url: string }
}

/** A server with the proxy, and one application behind it. */
export interface ProxyStage {
  readonly server: TestServer
  readonly upstream: TestUpstream
  readonly port: number
  /** The public URL of the application. */
  readonly site: string
  readonly applicationId: string
  /** Sends a request to the proxy as a client of the site does. */
  ask(path: string, options?: AskOptions): Promise<ProxyReply>
  /** Adds a rule for the application. */
  rule(path: string, given?: object): Promise<{ readonly id: string }>
  stop(): Promise<void>
}

export interface AskOptions {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
  /** Default: that of the site. */
  readonly host?: string
}

const API = '/v1/realms/default'

/** Starts a server, its proxy at a port that tests know, and an application behind it. */
export async function startProxyStage(options: ServerOptions = {}): Promise<ProxyStage> {
  const port = await freePort()
  const server = await startServer({
    ...options,
    env: { COUNTERSIGN_PROXY_ADDRESS: `127.0.0.1:${port}`, COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.9', ...options.env },
  })
  const upstream = await startUpstream()
  const site = `http://app.localhost:${port}`
  const application = await server.api<{ id: string }>('POST', `${API}/applications`, { name: 'App' })
  const given = { application_id: application.id, public_url: site, upstream: upstream.url }
  await server.api('POST', `${API}/proxy-sites`, given)
  const ask: ProxyStage['ask'] = (path, asked = {}) => askAt(port, path, { host: `app.localhost:${port}`, ...asked })
  return {
    ...{ server, upstream, port, site, ask, applicationId: application.id },
    rule: (path, more) =>
      server.api('POST', `${API}/proxy-rules`, { application_id: application.id, name: path, path, ...more }),
    stop: async () => {
      await server.stop()
      await upstream.close()
    },
  }
}

/** Sends a request to a port of this machine. */
export async function askAt(
  port: number,
  path: string,
  { method = 'GET', headers, body, host }: AskOptions,
): Promise<ProxyReply> {
  const asked = request({ host: '127.0.0.1', port, path, method, headers: { host, ...headers }, agent: false })
  asked.end(body)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const got = await text(response)
  const isJson = response.headers['content-type']?.includes('json') && got !== ''
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: got,
    json: isJson ? JSON.parse(got) : undefined,
  }
}
