// Checks which files name another product.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesWithProductNames, misplacedProductNames } from './product-names.ts'

test('no file outside the surfaces names another product', () => {
  const files = filesWithProductNames()
  for (const file of ['kernel/product-words.ts', 'surfaces/scaikey/scaikey.surface.ts'])
    assert.ok(files.includes(file), file)
  assert.deepEqual(misplacedProductNames(), [])
})
