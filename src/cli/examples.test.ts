// Runs every example that the help shows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordedExamples } from '#surfaces/examples.ts'
import { runExamples } from '#testing/cli-examples.ts'
import { isAlike } from '#testing/example-values.ts'

test('every example of the help runs as it is written, and the OpenAPI document shows what it sends and gets', async () => {
  const { failed, recorded } = await runExamples()
  assert.deepEqual(failed, [])
  const shown = await recordedExamples([{ name: 'native' }])
  for (const [operation, example] of Object.entries(recorded)) {
    assert.ok(isAlike(shown[operation], example), `${operation} differs: run node tools/record-examples.ts`)
  }
})
