// Checks that the commands and the table of files in CONTRIBUTING.md are correct.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const FILES_MAX = 3
const QUESTIONS_MIN = 10

const root = join(import.meta.dirname, '..')
const page = read('CONTRIBUTING.md')

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

test('the npm scripts exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const names = [...page.matchAll(/^ {4}npm (?:run )?([\w:]+)/gm)].map(([, name = '']) => name)
  assert.ok(names.length >= 5)
  for (const name of names) {
    const command = scripts[name]
    assert.ok(command, `package.json has no script ${name}`)
    for (const [path] of command.matchAll(/\b(?:src|tools|bench)\/[\w./-]+\.[jt]s\b/g)) {
      assert.ok(existsSync(join(root, path)), path)
    }
  }
})

test('the command for one test file runs', async () => {
  const [command = ''] = /^ {4}PATH=.*node --test .*$/m.exec(page) ?? []
  assert.notEqual(command, '')
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = await promisify(execFile)('sh', ['-c', command.trim()], { cwd: root, env })
  assert.match(stdout, /pass [1-9]/)
  assert.match(stdout, /fail 0/)
})

test('each question of the table is answered by at most three files that contain the symbol', () => {
  const [, section = ''] = page.split('## Where does X happen?')
  const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| (.*\?) \| (.*) \|$/gm)]
  assert.ok(rows.length >= QUESTIONS_MIN, `${rows.length} questions`)
  for (const [, question = '', answer = ''] of rows) {
    const files = [...answer.matchAll(/`([\w./-]+)` \(`(\w+)`\)/g)]
    assert.ok(files.length >= 1 && files.length <= FILES_MAX, question)
    for (const [, path = '', symbol = ''] of files) {
      assert.ok(existsSync(join(root, path)), `${question} ${path} does not exist`)
      assert.match(read(path), new RegExp(`\\b${symbol}\\b`), `${question} ${path} does not contain ${symbol}`)
    }
  }
})
