// Checks the list of permissions.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PERMISSION_PATTERN, PERMISSIONS } from '#kernel/permission.ts'
import { nativeRoutes } from '#surfaces/native/native.routes.ts'
import { nonEmpty } from '#testing/non-empty.ts'
import { permissionList } from './permission.operations.ts'

test('every permission that an operation needs is listed with what it lets its holder do', async () => {
  const { data } = await permissionList.run({} as never, {})
  const listed = new Set<string>(data.map(({ name }) => name))
  for (const { operation } of nonEmpty(nativeRoutes, 'the native routes'))
    assert.ok(listed.has(operation.permission), operation.name)
  for (const { name, description } of data) {
    assert.match(name, PERMISSION_PATTERN)
    assert.match(description, /^[A-Z].+\.$/)
  }
  assert.equal(data.length, Object.keys(PERMISSIONS).length)
})
