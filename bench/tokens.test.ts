// Runs the bench of the token log with a handful of tokens.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

test('the bench of the token log measures what it is asked for, and writes what it found', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-bench-test-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const results = join(directory, 'tokens.md')
  const numbers = {
    databases: 'sqlite',
    sizes: '64',
    descendants: 40,
    purged: 64,
    seconds: 0.1,
    rounds: 1,
    connections: 2,
    repeats: 0,
  }
  const flags = Object.entries({ ...numbers, directory, results }).flatMap(([name, value]) => [`--${name}`, `${value}`])
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'tokens.ts'), ...flags])
  const page = readFileSync(results, 'utf8')
  for (const title of ['more and more tokens', '40 descendants revoked', '64 expired tokens purged']) {
    assert.ok(page.includes(`## sqlite: ${title}`), page)
  }
  assert.match(page, /the chain verifies after it +\| it does /)
})
