// A server that takes the certificates of clients, at a listener of its own and from a trusted proxy, and clients of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { Agent, type AgentOptions, type RequestOptions, request as tlsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { TEST_CERTIFICATE } from './certificate.ts'
import type { TestCertificate } from './certificate-authority.ts'
import { freePort, startServer, type TestServer } from './server.ts'

/** The address of the proxy that the server trusts. The tests have 127.0.0.1, and are trusted only if they say this one. */
export const PROXY_ADDRESS = '127.0.0.2'

/** A running server with a listener for certificates. */
export interface MutualTlsServer {
  readonly server: TestServer
  /** The address of the listener for certificates. */
  readonly url: string
  stop(): Promise<void>
}

/** Starts it. @param env more settings */
export async function startMutualTlsServer(env: Readonly<Record<string, string>> = {}): Promise<MutualTlsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-mtls-'))
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  for (const part of ['cert', 'key'] as const) writeFileSync(files[part], TEST_CERTIFICATE[part], { mode: 0o600 })
  const port = await freePort()
  const server = await startServer({
    env: {
      COUNTERSIGN_MTLS_ADDRESS: `127.0.0.1:${port}`,
      COUNTERSIGN_MTLS_URL: `https://127.0.0.1:${port}`,
      COUNTERSIGN_MTLS_CERTIFICATE: files.cert,
      COUNTERSIGN_MTLS_KEY: files.key,
      COUNTERSIGN_TRUSTED_PROXIES: PROXY_ADDRESS,
      COUNTERSIGN_CLIENT_CERTIFICATE_HEADER: 'true',
      ...env,
    },
  })
  const stop = async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  }
  return { server, url: `https://127.0.0.1:${port}`, stop }
}

/** What an endpoint answered. */
export interface TlsAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readonly<Record<string, unknown>>
}

/** How a request is sent besides its fields. */
export interface Sending {
  readonly certificate?: TestCertificate | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** The address that it comes from. */
  readonly from?: string
  readonly method?: 'GET' | 'POST'
}

/** Sends a form over a connection of its own, with TLS and the certificate where the address is https. */
export async function sendForm(
  url: string,
  fields: Record<string, string>,
  { certificate, headers = {}, from, method = 'POST' }: Sending = {},
): Promise<TlsAnswer> {
  const body = method === 'POST' ? new URLSearchParams(fields).toString() : undefined
  const answered = await send(url, {
    method,
    body,
    headers: { ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }), ...headers },
    options: { agent: false, ...identityOf(certificate), ...(from !== undefined && { localAddress: from }) },
  })
  const read = await text(answered)
  return { status: answered.statusCode ?? 0, headers: answered.headers, body: read === '' ? {} : JSON.parse(read) }
}

/** A fetch that connects with a certificate, one connection for each request; later ones resume the session of the first. */
export function fetchWith(certificate: TestCertificate): typeof fetch {
  const agent = new Agent({ ...identityOf(certificate), keepAlive: false })
  return async (input, init = {}) => {
    const url = String(input)
    const headers = Object.fromEntries(new Headers(init.headers).entries())
    const body = init.body === undefined || init.body === null ? undefined : String(init.body)
    const options = url.startsWith('https:') ? { agent } : {}
    const answered = await send(url, { method: init.method ?? 'GET', body, headers, options })
    const given = Object.entries(answered.headersDistinct).map(([name, values]): [string, string] => [
      name,
      String(values),
    ])
    return new Response(await text(answered), { status: answered.statusCode ?? 0, headers: given })
  }
}

function identityOf(certificate: TestCertificate | undefined): AgentOptions {
  if (!certificate) return { ca: TEST_CERTIFICATE.cert }
  const presented = [certificate, ...(certificate.chain ?? [])]
  return { ca: TEST_CERTIFICATE.cert, cert: presented.map(({ cert }) => cert).join(''), key: certificate.key }
}

interface Sent {
  readonly method: string
  readonly body: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly options: RequestOptions
}

function send(url: string, { method, body, headers, options }: Sent): Promise<IncomingMessage> {
  const all = { ...options, method, headers }
  const request = url.startsWith('https:') ? tlsRequest(url, all) : plainRequest(url, all)
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
    request.end(body)
  })
}
