// Checks what sets of proven methods are worth.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_POLICY } from '../realm/realm.ts'
import { assuranceOf, firstMethodsOf, METHOD_NAMES, METHODS, reachableAal } from './methods.ts'

test('one kind of factor is level 1, two kinds are level 2', () => {
  assert.deepEqual(assuranceOf(['password']), { aal: 1, amr: ['pwd'] })
  assert.deepEqual(assuranceOf(['totp', 'password']), { aal: 2, amr: ['pwd', 'otp', 'mfa'] })
  assert.deepEqual(assuranceOf(['password', 'recovery_code']), { aal: 2, amr: ['pwd', 'otp', 'mfa'] })
  assert.deepEqual(assuranceOf(['password', 'password']), { aal: 1, amr: ['pwd'] })
  assert.deepEqual(assuranceOf(['totp', 'recovery_code']), { aal: 1, amr: ['otp'] }, 'two of one kind are one factor')
  assert.deepEqual(assuranceOf([]), { aal: 1, amr: [] })
})

test('a mail stands for the password that it can replace: beside it, it is no second factor', () => {
  assert.deepEqual(assuranceOf(['email']), { aal: 1, amr: ['mca'] })
  assert.deepEqual(assuranceOf(['password', 'email']), { aal: 1, amr: ['pwd', 'mca'] })
  assert.deepEqual(assuranceOf(['email', 'totp']), { aal: 2, amr: ['mca', 'otp', 'mfa'] })
  assert.deepEqual(firstMethodsOf(['mca', 'otp', 'mfa']), ['email'])
})

test('a method that proves two kinds of factors is level 2 alone', () => {
  assert.deepEqual(assuranceOf(['passkey']), { aal: 2, amr: ['swk', 'user', 'mfa'] })
  assert.deepEqual(assuranceOf(['device_passkey', 'password']), { aal: 2, amr: ['pwd', 'hwk', 'user', 'mfa'] })
})

test('a text message is a second factor, beside an app none more', () => {
  assert.deepEqual(assuranceOf(['password', 'sms']), { aal: 2, amr: ['pwd', 'sms', 'mfa'] })
  assert.deepEqual(assuranceOf(['totp', 'sms']), { aal: 1, amr: ['otp', 'sms'] })
})

test('a realm reaches what its methods reach', () => {
  const off = { ...DEFAULT_POLICY, totpEnabled: false }
  assert.equal(reachableAal({ policy: DEFAULT_POLICY, passkeyEnabled: false, magicLinkEnabled: false }), 2)
  assert.equal(reachableAal({ policy: off, passkeyEnabled: true, magicLinkEnabled: false }), 2)
  assert.equal(reachableAal({ policy: off, passkeyEnabled: false, magicLinkEnabled: true }), 1)
})

test('every method begins a sign-in or goes on with one, and sessions tell with which they began', () => {
  for (const name of METHOD_NAMES) assert.ok(METHODS[name].isFirst || METHODS[name].isSecond, name)
  assert.deepEqual(firstMethodsOf(['pwd', 'otp', 'mfa']), ['password'])
  assert.deepEqual(firstMethodsOf(['swk', 'user', 'mfa']), ['passkey'])
  assert.deepEqual(firstMethodsOf(['otp']), [])
})
