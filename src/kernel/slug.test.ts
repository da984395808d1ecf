// Checks the slugs made of names.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slugFrom } from './slug.ts'

test('a slug is what a name has of Latin letters and digits', () => {
  assert.equal(slugFrom('  Straße & Söhne (2)  '), 'strasse-sohne-2')
  assert.equal(slugFrom('x'.repeat(80)), 'x'.repeat(63))
  assert.equal(slugFrom(`${'x'.repeat(62)} y`), 'x'.repeat(62))
  for (const name of ['A', '日本', '---', 'Self', 'API', 'Admin']) assert.equal(slugFrom(name), undefined)
})
