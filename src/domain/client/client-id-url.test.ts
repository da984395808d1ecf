// Checks which URLs can be a client ID.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_POLICY, type RealmPolicy } from '../realm/realm.ts'
import { acceptsDocumentAt, acceptsDocuments, flawOfDocumentAddress } from './client-id-url.ts'

for (const address of [
  'https://claude.ai/oauth/mcp-oauth-client-metadata',
  'https://client.example/',
  'https://client.example:8443/client.json',
  'https://xn--bcher-kva.example/client',
  'https://client.example/a/..b/.well-known/%7Eclient.json?version=2',
  'https://localhost:4000/client.json',
]) {
  test(`${address} is an address of a metadata document`, () => assert.equal(flawOfDocumentAddress(address), undefined))
}

for (const [address, flaw] of [
  ['http://client.example/client.json', 'is not an https URL'],
  ['HTTPS://client.example/client.json', 'is not an https URL'],
  ['https:/client.example/client.json', 'is not an https URL'],
  ['https://', 'is not an https URL'],
  ['https://client.example', 'has no path'],
  ['https://client.example?/x', 'is not in its normal form'],
  ['https://client.example/client.json#', 'has a fragment'],
  ['https://client.example/client.json#part', 'has a fragment'],
  ['https://client.example/./client.json', 'has a dot segment'],
  ['https://client.example/a/../client.json', 'has a dot segment'],
  ['https://client.example/a/%2e%2E/client.json', 'has a dot segment'],
  ['https://client.example/a/.%2e', 'has a dot segment'],
  ['https://client.example/a/..?x', 'has a dot segment'],
  ['https://user@client.example/client.json', 'has user information'],
  ['https://user:password@client.example/client.json', 'has user information'],
  ['https://127.0.0.1/client.json', 'has no host name'],
  ['https://2130706433/client.json', 'has no host name'],
  ['https://[::1]/client.json', 'has no host name'],
  ['https://client.example./client.json', 'has no host name'],
  ['https://CLIENT.example/client.json', 'is not in its normal form'],
  ['https://client.example:443/client.json', 'is not in its normal form'],
  ['https://client.example/client id', 'is not in its normal form'],
  ['https://client.example\\client.json', 'has no path'],
  ['https://client.example/\tclient.json', 'is not in its normal form'],
  ['https://bücher.example/client.json', 'is not in its normal form'],
  [`https://client.example/${'x'.repeat(500)}`, 'is longer than 500 characters'],
] as const) {
  test(`MC-03: ${address.slice(0, 80)} ${flaw}`, () => assert.equal(flawOfDocumentAddress(address), flaw))
}

test('MC-03: a realm accepts documents only as its policy says', () => {
  const accepts = (policy: Partial<RealmPolicy>, address = 'https://client.example/client.json') =>
    acceptsDocumentAt({ ...DEFAULT_POLICY, ...policy }, address)
  assert.equal(accepts({}), false)
  assert.equal(accepts({ clientIdMetadataHosts: ['client.example'] }), false)
  assert.equal(accepts({ clientIdMetadata: 'any_https' }), true)
  assert.equal(accepts({ clientIdMetadata: 'any_https' }, 'https://client.example/../x'), false)
  const listed: Partial<RealmPolicy> = {
    clientIdMetadata: 'allow_list',
    clientIdMetadataHosts: ['client.example', 'other.example:8443'],
  }
  assert.equal(accepts(listed), true)
  assert.equal(accepts(listed, 'https://other.example:8443/client.json'), true)
  for (const other of ['client.example:8443', 'other.example', 'sub.client.example', 'evil-client.example']) {
    assert.equal(accepts(listed, `https://${other}/client.json`), false, other)
  }
  assert.equal(acceptsDocuments(DEFAULT_POLICY), false)
  assert.equal(acceptsDocuments({ ...DEFAULT_POLICY, clientIdMetadata: 'allow_list' }), false)
  assert.equal(acceptsDocuments({ ...DEFAULT_POLICY, ...listed }), true)
})
