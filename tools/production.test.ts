// The server runs with the packages of production alone.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '#testing/server.ts'

const ROOT = join(import.meta.dirname, '..')

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>>
}

/** A copy of the checkout that has no package of developers, and no test. */
function productionCheckout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-production-'))
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock
  // What is inside a package comes with it, and the Node that runs this test runs the server.
  const needed = Object.entries(packages).filter(
    ([path, { dev }]) => /^node_modules\/(?!node-)(@[^/]+\/)?[^/]+$/.test(path) && !dev && existsSync(join(ROOT, path)),
  )
  const byFolder = Map.groupBy(needed, ([path]) => dirname(path))
  for (const [parent, paths] of byFolder) {
    mkdirSync(join(folder, parent), { recursive: true })
    const from = paths.map(([path]) => join(ROOT, path))
    // Links cost less, where both are on one disk.
    const link = spawnSync('cp', ['-al', ...from, join(folder, parent)], { stdio: 'ignore' })
    if (link.status !== 0) execFileSync('cp', ['-a', ...from, join(folder, parent)])
  }
  cpSync(join(ROOT, 'src'), join(folder, 'src'), {
    recursive: true,
    filter: (path) => !path.endsWith('.test.ts') && !path.includes('/testing'),
  })
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  return folder
}

test('the server starts, serves and stops without the packages and files of developers', async (t) => {
  const folder = productionCheckout()
  const data = mkdtempSync(join(tmpdir(), 'countersign-production-'))
  const port = await freePort()
  const child = spawn(process.execPath, [join(folder, 'src/main.ts')], {
    cwd: data,
    env: { COUNTERSIGN_PUBLIC_ADDRESS: `127.0.0.1:${port}`, COUNTERSIGN_ADMIN_ADDRESS: `127.0.0.1:${port}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => {
    child.kill('SIGKILL')
    for (const path of [folder, data]) rmSync(path, { recursive: true, force: true })
  })
  let noted = ''
  child.stderr.on('data', (piece) => (noted += piece))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const paths = ['/healthz', '/docs', '/openapi.json', '/admin/get-started', '/.well-known/openid-configuration']
  for (let attempt = 0; ; attempt++) {
    const reply = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined)
    await reply?.text()
    if (reply?.ok) break
    assert.ok(attempt < 400 && child.exitCode === null, noted)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  for (const path of paths) {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`)
    await reply.text()
    assert.ok(reply.status < 500, path)
  }
  child.kill('SIGTERM')
  assert.equal(await ended, 0, noted)
})
