// Checks how distinguished names are read and compared.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalName } from './distinguished-name.ts'

test('names that differ in escapes, spaces and the case of types are the same', () => {
  const name = canonicalName('CN=orders,OU=Back office,O=Acme\\, Inc.,C=DE')
  assert.ok(name)
  for (const same of [
    'cn=orders, ou=Back office, o=Acme\\2c Inc., c=DE',
    'CN=\\6frders,OU=Back office,O=Acme\\, Inc.,C=DE',
  ]) {
    assert.equal(canonicalName(same), name, same)
  }
  assert.equal(canonicalName('E=a@b.example'), canonicalName('emailAddress=a@b.example'))
  assert.equal(canonicalName('UID=1+CN=a'), canonicalName('CN=a + UID=1'))
  assert.equal(canonicalName('CN=Zo\\c3\\ab'), canonicalName('CN=Zo\u00eb'))
  assert.equal(canonicalName('CN=a\\ '), canonicalName('CN=a\\20'))
})

test('another order, another case of a value and one attribute more are another name', () => {
  const name = canonicalName('CN=orders,O=Acme')
  for (const other of [
    'O=Acme,CN=orders',
    'CN=Orders,O=Acme',
    'CN=orders,O=Acme,C=DE',
    'CN=orders+O=Acme',
    'CN=orders',
  ]) {
    assert.notEqual(canonicalName(other), name, other)
  }
})

test('what is no distinguished name is not read', () => {
  for (const text of ['', 'orders', 'CN=', '=x', 'CN=a,', 'CN=#0403', 'CN=a\\', 'CN=a\\zz', '/C=DE/CN=x y,z']) {
    assert.equal(canonicalName(text), undefined, text)
  }
})
