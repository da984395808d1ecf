// What keeps a server from starting is told in plain words with what to do.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, test } from 'node:test'
import { checkNotices } from '#cli/doctor/server.ts'
import { openSqlite } from '#database/sqlite.ts'
import { listenProblem, prepareDataDir } from '#outside/start-problem.ts'
import { plainAppend } from '#testing/databases.ts'
import { freePort, startServer } from '#testing/server.ts'

const MAIN = new URL('../main.ts', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'countersign-start-'))
after(() => rmSync(folder, { recursive: true }))

const message = (problem: unknown) => (problem instanceof Error ? problem.message : String(problem))

describe('a start', () => {
  test('on a port that is taken says so, and gives nobody a link to a server that is not there', async (t) => {
    const port = await freePort()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    t.after(() => other.close())
    const child = spawn(process.execPath, [MAIN], {
      cwd: folder,
      env: {
        COUNTERSIGN_DATA_DIR: join(folder, 'taken'),
        COUNTERSIGN_PUBLIC_ADDRESS: `127.0.0.1:${port}`,
        COUNTERSIGN_ADMIN_ADDRESS: `127.0.0.1:${await freePort()}`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.after(() => child.kill('SIGKILL'))
    const [printed, noted] = await Promise.all([text(child.stdout), text(child.stderr)])
    assert.match(noted, new RegExp(`^Another program listens on 127\\.0\\.0\\.1:${port} already.*public_address`))
    assert.doesNotMatch(printed, /bootstrap=/)
    assert.deepEqual(existsSync(join(folder, 'taken')), false, 'nothing was written')
  })

  test('after one that failed prints the link of the first administrator, until it was used', async (t) => {
    const dataDir = join(folder, 'failed')
    mkdirSync(dataDir)
    const [port, admin] = [await freePort(), await freePort()]
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    t.after(() => other.close())
    await assert.rejects(startServer({ dataDir, ports: { public: port, admin } }), /listens on/)

    const ports = { public: await freePort(), admin }
    const linkOf = async () => {
      const server = await startServer({ dataDir, ports })
      t.after(() => server.kill())
      return { server, link: /http\S+bootstrap=\S+/.exec(server.output())?.[0] }
    }
    const { server: second, link } = await linkOf()
    assert.ok(link, second.output())
    assert.match(second.output(), /Admin API key: in .*admin\.key\.firstboot/)
    assert.doesNotMatch(second.output(), /public_url was changed/)
    const health = (await (await fetch(`${second.adminUrl}/health`)).json()) as { notices?: string[] }
    assert.equal(health.notices, undefined)
    await second.kill()

    const { server: third, link: again } = await linkOf()
    assert.equal(again, link)
    const page = await (await fetch(link)).text()
    const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? ''
    const body = new URLSearchParams({
      csrf: hidden('csrf'),
      token: hidden('token'),
      email: 'root@example.com',
      password: 'a long enough password',
    })
    assert.equal((await fetch(`${third.adminUrl}/admin/get-started`, { method: 'POST', body })).status, 200)
    await third.kill()
    const { link: used } = await linkOf()
    assert.equal(used, undefined)
  })

  test('on an address that it may not have says what to do', () => {
    const told = (code: string) =>
      message(listenProblem(Object.assign(new Error(code), { code }), 'admin_address', { host: '192.0.2.1', port: 80 }))
    assert.match(told('EACCES'), /ports below 1024.*admin_address/)
    assert.match(told('EADDRNOTAVAIL'), /no network interface with the address 192\.0\.2\.1.*admin_address/)
  })

  test('with a data directory that is a file or cannot be written says so', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    for (const place of [file, join(file, 'below')]) assert.throws(() => prepareDataDir(place), /is not a directory/)
  })

  test('with a data directory where none can be made says so instead of trying for ever', () => {
    for (const place of ['/proc/countersign', '/proc/countersign/below']) {
      assert.throws(() => prepareDataDir(place), /cannot be made|cannot be written/)
    }
    prepareDataDir(join(folder, 'several', 'levels'))
    prepareDataDir(join(folder, 'several', 'levels'))
  })

  test('with a database that cannot be written does not say that another process has it', async (t) => {
    const directory = join(folder, 'unwritable')
    mkdirSync(directory)
    writeFileSync(join(directory, 'a.sqlite'), '')
    // Root may write everywhere but where a directory stands in the file's place.
    mkdirSync(join(directory, 'a.sqlite.lock'))
    t.after(() => rmSync(directory, { recursive: true }))
    await assert.rejects(
      openSqlite({ path: join(directory, 'a.sqlite'), append: plainAppend }),
      (error) => /cannot be used/.test(message(error)) && !/in use/.test(message(error)),
    )
  })
})

test('a public URL that was changed is told of, and the first administrator gets a new link', async (t) => {
  const first = await startServer()
  t.after(() => first.stop())
  const { url: link } = await first.api<{ url: string }>('POST', '/v1/administrators/first/link')
  assert.equal((await fetch(link)).status, 200)
  assert.doesNotMatch(first.output(), /public_url was changed/)
  await first.kill()
  const env = { COUNTERSIGN_PUBLIC_URL: 'https://moved.example.com' }
  const second = await startServer({ dataDir: first.dataDir, ports: first.ports, env })
  t.after(() => second.kill())
  assert.match(second.output(), /"to":"https:\/\/moved\.example\.com"[^}]*"message":"public_url was changed\./)
  const { notices } = (await (await fetch(`${second.adminUrl}/health`)).json()) as { notices: string[] }
  assert.deepEqual(notices, ['public_url_changed'])
  assert.match(JSON.stringify(await checkNotices(second.adminUrl)), /"warn".*public URL.*was changed/)
  const { data } = await second.api<{ data: { type: string }[] }>('GET', '/v1/events?tenant_id=platform')
  assert.equal(data[0]?.type, 'instance.public_url_changed')
})

test('a key of the database that is configured too stays revoked', async (t) => {
  const first = await startServer()
  t.after(() => first.stop())
  await first.kill()
  const start = async () => {
    const env = { COUNTERSIGN_ADMIN_API_KEY: first.adminKey }
    const server = await startServer({ dataDir: first.dataDir, ports: first.ports, env })
    t.after(() => server.kill())
    return server
  }
  const second = await start()
  const { data } = await second.api<{ data: { id: string }[] }>('GET', '/v1/api-keys')
  await second.api('DELETE', `/v1/api-keys/${data[0]?.id}`)
  assert.equal((await second.call('GET', '/v1/realms')).status, 401)
  await second.kill()

  const third = await start()
  assert.equal((await third.call('GET', '/v1/realms')).status, 401)
  assert.match(third.output(), /"level":"warn".*The configured admin key is an API key that was revoked/)
})
