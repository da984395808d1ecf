// Checks how tests ask for Debian packages.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInstalled, notInstalled, testWith } from './real-parts.ts'

test('only packages that .ci/packages lists can be asked for', () => {
  assert.throws(() => isInstalled('no-such-package'), /does not list no-such-package/)
  assert.throws(() => testWith(['nginx', 'no-such-package'], 'a test', () => {}), /does not list no-such-package/)
  assert.equal(typeof isInstalled('nginx'), 'boolean')
})

test('the line about a missing part names the part and the test', () => {
  assert.equal(notInstalled('nginx', 'forward auth'), 'not installed: nginx. Not tested: forward auth')
})
