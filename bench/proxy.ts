// Measures the reverse proxy beside @fastify/reply-from, http-proxy and nginx with auth_request, in front of one small upstream.
// node bench/proxy.ts [seconds per run] [rounds]
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { freePort, startServer, type TestServer } from '#testing/server.ts'

const [seconds = 4, rounds = 3] = process.argv.slice(2).map(Number)
const CONNECTIONS = 16
const API = '/v1/realms/default'

const children: ChildProcess[] = []
const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))

/** Runs a program of Node in a process of its own, until it listens at the port. */
async function run(program: string, port: number): Promise<string> {
  const file = join(import.meta.dirname, `.proxy-bench-${port}.mjs`)
  writeFileSync(file, program)
  children.push(spawn(process.execPath, [file], { stdio: 'inherit' }))
  const url = `http://127.0.0.1:${port}`
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  )
    await new Promise((resolve) => setTimeout(resolve, 50))
  rmSync(file)
  return url
}

interface Target {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

async function load({ url, headers }: Target): Promise<{ rate: number; p50: number; p99: number }> {
  const pool = new Pool(url, { connections: CONNECTIONS })
  const times: number[] = []
  const end = performance.now() + seconds * 1000
  const one = async () => {
    while (performance.now() < end) {
      const began = performance.now()
      const { statusCode, body } = await pool.request({ path: '/x', method: 'GET', headers })
      await body.dump()
      if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`)
      times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one))
  await pool.close()
  times.sort((left, right) => left - right)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
  return { rate: times.length / seconds, p50: at(0.5), p99: at(0.99) }
}

const median = (values: number[]) => values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0

async function tokenFor(server: TestServer): Promise<string> {
  const client = await server.api<{ client_id: string; client_secret: string }>('POST', `${API}/clients`, {
    ...{ label: 'Bench', grant_types: ['client_credentials'], scopes: ['read'], audiences: ['https://bench.example/'] },
  })
  const response = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'https://bench.example/' }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

async function targets(server: TestServer, port: number): Promise<Target[]> {
  const [upPort, fromPort, proxyPort, nginxPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const upstream = await run(
    `import { createServer } from 'node:http'
const body = Buffer.alloc(1024, 'x')
createServer((request, response) => response.writeHead(200, { 'content-length': 1024 }).end(body)).listen(${upPort}, '127.0.0.1')`,
    upPort,
  )
  const replyFrom = await run(
    `import Fastify from 'fastify'
import replyFrom from '@fastify/reply-from'
const app = Fastify()
app.register(replyFrom, { base: '${upstream}' })
app.get('/*', (request, reply) => reply.from(request.url))
await app.listen({ port: ${fromPort}, host: '127.0.0.1' })`,
    fromPort,
  )
  const httpProxy = await run(
    `import { Agent, createServer } from 'node:http'
import httpProxy from 'http-proxy'
const proxy = httpProxy.createProxyServer({ target: '${upstream}', agent: new Agent({ keepAlive: true }) })
createServer((request, response) => proxy.web(request, response)).listen(${proxyPort}, '127.0.0.1')`,
    proxyPort,
  )
  const { id } = await server.api<{ id: string }>('POST', `${API}/applications`, { name: 'Bench' })
  await server.api('POST', '/v1/resources', {
    identifier: 'https://bench.example/',
    name: 'Bench',
    scopes: [{ name: 'read' }],
  })
  const site = { application_id: id, upstream, audience: 'https://bench.example/' }
  await server.api('POST', `${API}/proxy-sites`, { ...site, public_url: `http://127.0.0.1:${port}` })
  await server.api('POST', `${API}/proxy-sites`, { ...site, public_url: `http://127.0.0.1:${nginxPort}` })
  await server.api('POST', `${API}/proxy-rules`, { application_id: id, name: 'All', path: '/*', require: 'scope:read' })
  const headers = { authorization: `Bearer ${await tokenFor(server)}` }
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr; events {} http { access_log off;
upstream app { server 127.0.0.1:${upPort}; keepalive 32; } upstream auth { server 127.0.0.1:${port}; keepalive 32; }
server { listen 127.0.0.1:${nginxPort};
location = /_auth { internal; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://auth/.countersign/auth/nginx;
proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
proxy_set_header X-Original-Method $request_method; }
location / { auth_request /_auth; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://app; } } }`,
  )
  children.push(spawn('/usr/sbin/nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'inherit' }))
  await new Promise((resolve) => setTimeout(resolve, 500))
  return [
    { name: 'upstream alone', url: upstream, headers },
    { name: '@fastify/reply-from, without any check', url: replyFrom, headers },
    { name: 'http-proxy, without any check', url: httpProxy, headers },
    { name: 'Countersign, token and scope checked', url: `http://127.0.0.1:${port}`, headers },
    { name: 'nginx with auth_request to Countersign', url: `http://127.0.0.1:${nginxPort}`, headers },
  ]
}

const port = await freePort()
const server = await startServer({
  env: {
    COUNTERSIGN_PROXY_ADDRESS: `127.0.0.1:${port}`,
    COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1',
    COUNTERSIGN_LOG_LEVEL: 'error',
  },
})
try {
  const all = await targets(server, port)
  const results = new Map(all.map(({ name }) => [name, [] as Awaited<ReturnType<typeof load>>[]]))
  for (let round = 0; round <= rounds; round++) {
    for (const target of all) {
      const result = await load(target)
      // The first round warms up.
      if (round > 0) results.get(target.name)?.push(result)
    }
  }
  console.log('| proxy | requests/s | p50 ms | p99 ms |\n| --- | ---: | ---: | ---: |')
  for (const [name, each] of results) {
    const of = (key: 'rate' | 'p50' | 'p99') => median(each.map((result) => result[key]))
    console.log(`| ${name} | ${of('rate').toFixed(0)} | ${of('p50').toFixed(2)} | ${of('p99').toFixed(2)} |`)
  }
} finally {
  for (const child of children) child.kill()
  await server.stop()
  rmSync(folder, { recursive: true })
}
