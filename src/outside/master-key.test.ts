// Checks the file and the setting of the master key.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { ConfigurationError } from './configuration-error.ts'
import { loadMasterKey, parseMasterKey } from './master-key.ts'

const root = mkdtempSync(join(tmpdir(), 'countersign-key-'))
after(() => rmSync(root, { recursive: true }))

test('the first start makes a private key file, and the next one reads it', () => {
  const dataDir = join(root, 'first/data')
  const key = loadMasterKey({ configured: undefined, dataDir })
  assert.equal(key.length, 32)
  assert.equal(statSync(join(dataDir, 'master.key')).mode & 0o777, 0o600)
  assert.equal(statSync(dataDir).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(dataDir), ['master.key'])
  assert.deepEqual(loadMasterKey({ configured: undefined, dataDir, mayCreate: false }), key)
})

test('a configured key leaves the data directory alone', () => {
  const dataDir = join(root, 'untouched')
  const configured = Buffer.alloc(32, 7)
  assert.equal(loadMasterKey({ configured, dataDir }), configured)
  assert.throws(() => statSync(dataDir))
})

test('a key file that others may read is refused with the command that mends it', () => {
  const dataDir = join(root, 'open')
  const key = loadMasterKey({ configured: undefined, dataDir })
  const path = join(dataDir, 'master.key')
  for (const mode of [0o644, 0o640, 0o604, 0o660]) {
    chmodSync(path, mode)
    assert.throws(
      () => loadMasterKey({ configured: undefined, dataDir }),
      (error) =>
        error instanceof ConfigurationError &&
        error.message.includes(`chmod 600 '${path}'`) &&
        !error.message.includes(readFileSync(path, 'utf8').trim()),
    )
  }
  chmodSync(path, 0o400)
  assert.deepEqual(loadMasterKey({ configured: undefined, dataDir }), key)
})

test('KM-09 a file that holds no key is neither used nor replaced', () => {
  const dataDir = join(root, 'broken')
  mkdirSync(dataDir)
  for (const text of ['', 'nonsense', 'ab'.repeat(31)]) {
    writeFileSync(join(dataDir, 'master.key'), text, { mode: 0o600 })
    assert.throws(() => loadMasterKey({ configured: undefined, dataDir }), /does not contain a master key/)
    assert.equal(readFileSync(join(dataDir, 'master.key'), 'utf8'), text)
  }
  rmSync(join(dataDir, 'master.key'))
  mkdirSync(join(dataDir, 'master.key'), { mode: 0o700 })
  assert.throws(() => loadMasterKey({ configured: undefined, dataDir }), /cannot be read \(EISDIR\)/)
})

test('a lost key of a set-up installation is not silently replaced', () => {
  const dataDir = join(root, 'lost')
  assert.throws(() => loadMasterKey({ configured: undefined, dataDir, mayCreate: false }), /is missing/)
  assert.throws(() => statSync(join(dataDir, 'master.key')))
})

test('a data directory that cannot be made is told', () => {
  writeFileSync(join(root, 'file'), '')
  assert.throws(() => loadMasterKey({ configured: undefined, dataDir: join(root, 'file/data') }), ConfigurationError)
})

test('processes that start at the same time agree on one key', async () => {
  const dataDir = join(root, 'race')
  const script = `
    import { loadMasterKey } from ${JSON.stringify(join(import.meta.dirname, 'master-key.ts'))}
    process.stdout.write(Buffer.from(loadMasterKey({ configured: undefined, dataDir: process.argv[1] })).toString('hex'))`
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, dataDir])
  const keys = await Promise.all([run(), run(), run(), run()])
  assert.equal(new Set(keys.map(({ stdout }) => stdout)).size, 1)
  assert.match(keys[0]?.stdout ?? '', /^[0-9a-f]{64}$/)
  assert.deepEqual(readdirSync(dataDir), ['master.key'])
})

test('keys are read from hexadecimal, base64 and base64url', () => {
  const bytes = Buffer.from('fbeffe0123456789'.repeat(4), 'hex')
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    assert.deepEqual(parseMasterKey(` ${bytes.toString(encoding)}\n`), bytes)
  }
  for (const text of ['', 'a', 'ab'.repeat(33), `${'a'.repeat(42)}!`, '0'.repeat(64), 'A'.repeat(43), 'ab'.repeat(32)])
    assert.equal(parseMasterKey(text), undefined)
})
