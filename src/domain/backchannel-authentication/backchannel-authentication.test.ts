// Checks what a person still has to prove to approve a request.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assuranceOf, type MethodName } from '../sign-in/methods.ts'
import { proofMissing } from './backchannel-authentication.ts'

test('the clock of an identity provider may be a minute behind, and that of this server is its own', () => {
  const missing = (method: MethodName, before: number) => {
    const createdAt = 1_000_000
    const session = { authenticatedAt: createdAt - before, ...assuranceOf([method]) }
    return proofMissing({ createdAt }, session, { aal: 1, now: createdAt })
  }
  assert.deepEqual([missing('external', 60_000), missing('external', 60_001)], [undefined, 'sign_in'])
  assert.deepEqual([missing('password', 0), missing('password', 1)], [undefined, 'sign_in'])
})
