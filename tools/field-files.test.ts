// Tests that a field of a noun is declared once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesOfField } from './field-files.ts'

// The declaration, the table type and the migration; with a test, a new field touches four files. A field that has rules of
// its own (who may set it, what a document may say of it) stands where these are, too.
const DECLARED_MAX = 3

test(`a client's field is declared and stored in ${DECLARED_MAX} files`, () => {
  for (const field of ['access_token_lifetime', 'refresh_token_lifetime']) {
    const { declared } = filesOfField('client', field)
    assert.ok(declared.includes('src/domain/client/client.ts'), field)
    assert.ok(declared.length <= DECLARED_MAX, `${field} stands in ${declared.join(', ')}`)
  }
})

test('besides, a field stands only where it is used', () => {
  assert.deepEqual(filesOfField('client', 'token_exchange_allowed').used, [
    'src/domain/application/registration.ts',
    'src/domain/delegation-grant/delegation-grant.service.ts',
    'src/protocol/token/exchange-actor.ts',
    'src/protocol/token/exchange-grant.ts',
    'src/surfaces/authplane/client.routes.ts',
    'tools/golden/permission-pairs.ts',
  ])
})
