// Checks how the commands of a page are run.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { assertPrints, DocumentationRun, stepsOf } from './documentation-run.ts'

const PAGE = `# One

\`\`\`sh
echo hello
\`\`\`

It prints

\`\`\`text
hello
\`\`\`

## Two

\`\`\`json
{}
\`\`\`

\`\`\`sh terminal=server
sleep 60
\`\`\`
`

test('the steps of a page are its shell blocks, each with the text that follows', () => {
  assert.deepEqual(stepsOf(PAGE), [
    { section: 'One', line: 3, terminal: undefined, script: 'echo hello', output: 'hello' },
    { section: 'Two', line: 19, terminal: 'server', script: 'sleep 60', output: undefined },
  ])
})

test('ids, times and secrets may differ, everything else may not', () => {
  const id = (last: string) => `usr_01m7xrcd57exvvkyawcvwvw63${last}`
  assertPrints(`${id('3')}  2026-11-21T00:34:10Z  yes\n`, `${id('4')}  2027-01-02T03:04:05Z  yes`, 1)
  assert.throws(() => assertPrints(`${id('3')}  yes`, `${id('3')}  no`, 7), /line 7/)
  assert.throws(() => assertPrints(`cli_${id('3').slice(4)}`, id('3'), 1))
  assert.throws(() => assertPrints('one\ntwo', 'one', 1))
})

test('an ellipsis is any text, alone on a line any lines or none', () => {
  assertPrints('{"a":1,"b":2}', '{"a":1,…}', 1)
  assertPrints('first\nsecond\nthird', 'first\n…', 1)
  assertPrints('first\nsecond\nthird', 'first\n…\nthird', 1)
  assertPrints('first', 'first\n…', 1)
  assertPrints('ID  NAME  MORE', 'ID  NAME …', 1)
  assert.throws(() => assertPrints('first\nsecond', 'first\n…\nthird', 1))
  assert.throws(() => assertPrints('{"a":1,\n"b":2}', '{"a":1,…}', 1))
})

let scratch: string
let walkthrough: DocumentationRun
before(() => {
  scratch = mkdtempSync(join(tmpdir(), 'countersign-walk-'))
  walkthrough = new DocumentationRun({ cwd: scratch, scratch, env: {} })
})
after(async () => {
  await walkthrough.close()
  rmSync(scratch, { recursive: true, force: true })
})

const step = { section: '', line: 1, terminal: undefined, output: undefined }

test('steps share a shell; programs of a terminal run beside it until they are interrupted', async () => {
  await walkthrough.take({ ...step, script: 'NAME=Ada', output: '' })
  await walkthrough.take({ ...step, script: 'echo "I am $NAME"', output: 'I am Ada' })
  const script = 'trap "echo over > over; exit" INT; echo ready; while :; do sleep 0.1; done'
  await walkthrough.take({ ...step, script, terminal: 'server', output: 'ready' })
  await walkthrough.interrupt('server')
  await walkthrough.take({ ...step, script: 'cat over', output: 'over' })
})

test('a program that prints something else, and a command that fails, are faults', async () => {
  await assert.rejects(walkthrough.take({ ...step, script: 'echo other', terminal: 'one', output: 'ready' }), /other/)
  await assert.rejects(walkthrough.take({ ...step, script: 'echo before\nfalse' }), /before/)
})
