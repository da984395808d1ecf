import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wings } from './surfaces.ts'

test('a surface is where it is looked for, and all of it is there', async () => {
  for (const { name, under, load } of wings) {
    const surface = await load()
    assert.equal(surface.name, name)
    assert.deepEqual([surface.prefix, ...(surface.alsoUnder ?? [])], under)
    for (const { path } of surface.routes) {
      assert.ok(
        under.some((prefix) => path.startsWith(`${prefix}/`)),
        path,
      )
    }
  }
})
