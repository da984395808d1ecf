// Checks the paths at which surfaces are served.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nonEmpty } from '#testing/non-empty.ts'
import { lazySurfaces } from './surfaces.ts'

test('a surface is where it is looked for, and all of it is there', async () => {
  for (const { name, under, load } of lazySurfaces) {
    const surface = await load()
    assert.equal(surface.name, name)
    assert.deepEqual([surface.prefix, ...(surface.furtherPrefixes ?? [])], under)
    for (const { path } of nonEmpty(surface.routes, `the routes of ${surface.name}`)) {
      assert.ok(
        under.some((prefix) => path.startsWith(`${prefix}/`)),
        path,
      )
    }
  }
})
