// A small web around a test server: the server behind a TLS-terminating proxy under a name of its own, a client's site
// and an attacker's, all on this machine, and a browser that finds them by name.
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'
import { launchBrowser } from './browser.ts'
import { TEST_CERTIFICATE } from './certificate.ts'
import { startServer, type TestServer } from './server.ts'

export const ISSUER = 'https://id.example.test'
export const APP = 'https://app.tidewater.test'
export const ATTACKER = 'https://www.evil.test'

/** A request that a client's or the attacker's site got. */
export interface SiteRequest {
  readonly url: URL
  readonly headers: IncomingMessage['headers']
}

export interface BrowserNetwork {
  /** The server itself, for its admin API. */
  readonly server: TestServer
  /** What came to the client's site, oldest first. */
  readonly arrivals: readonly SiteRequest[]
  /** Pages of the attacker's site by path. */
  readonly attacks: Map<string, string>
  /** Opens a browser of its own. */
  open(options?: BrowserContextOptions): Promise<BrowserContext>
  close(): Promise<void>
}

/** Starts everything. @param env what else the server is told */
export async function openBrowserNetwork(env: Readonly<Record<string, string>> = {}): Promise<BrowserNetwork> {
  const server = await startServer({ env: { COUNTERSIGN_PUBLIC_URL: ISSUER, ...env } })
  const arrivals: SiteRequest[] = []
  const attacks = new Map<string, string>()
  const sites = await Promise.all([
    serve((request, response) => forward(server.ports.public, request, response)),
    serve(({ url = '/', headers }, response) => {
      // A client that sends people on to a site of another origin.
      if (url.startsWith('/onward')) return void response.writeHead(302, { location: `${ATTACKER}/elsewhere` }).end()
      if (!url.startsWith('/favicon')) arrivals.push({ url: new URL(url, APP), headers })
      answer(response, '<!doctype html><html lang="en"><title>Tidewater</title><h1>Back at the app</h1></html>')
    }),
    serve(({ url = '/' }, response) => answer(response, attacks.get(url) ?? '')),
  ])
  const names = [ISSUER, APP, ATTACKER].map((origin) => new URL(origin).host)
  const rules = sites.map((site, index) => `MAP ${names[index]} ${addressOf(site)}`)
  const browser: Browser = await launchBrowser([`--host-resolver-rules=${rules.join(', ')}`])
  return {
    server,
    arrivals,
    attacks,
    open: (options) => browser.newContext({ ignoreHTTPSErrors: true, ...options }),
    async close() {
      await browser.close()
      for (const site of sites) {
        site.closeAllConnections()
        site.close()
      }
      await server.stop()
    },
  }
}

function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const site = createServer({ cert: TEST_CERTIFICATE.cert, key: TEST_CERTIFICATE.key }, handler)
  return new Promise((resolve) => site.listen(0, '127.0.0.1', () => resolve(site)))
}

function addressOf(site: Server): string {
  return `127.0.0.1:${(site.address() as AddressInfo).port}`
}

function answer(response: ServerResponse, html: string): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html)
}

function forward(port: number, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request
  const onward = httpRequest({ port, host: '127.0.0.1', method, path: url, headers }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.headers)
    reply.pipe(response)
  })
  onward.on('error', () => response.writeHead(502).end())
  request.pipe(onward)
}
