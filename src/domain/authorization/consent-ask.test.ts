// Checks when a person is asked for consent, and for what.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resource } from '../resource/resource.ts'
import { areGranted, consentRequestsOf } from './consent-ask.ts'

const resource = (identifier: string, ...names: string[]): [string, Resource] => [
  identifier,
  { identifier, scopes: names.map((name) => ({ name, description: '' })) } as unknown as Resource,
]
const known = new Map([resource('a', 'read', 'write', 'openid'), resource('b', 'read')])

test('what is asked is told apart by resource', () => {
  assert.deepEqual(consentRequestsOf({ scopes: ['openid', 'read', 'write', 'own'], resources: ['a', 'b'] }, known), [
    { resource: '', scopes: ['openid', 'own'] },
    { resource: 'a', scopes: ['read', 'write'] },
    { resource: 'b', scopes: ['read'] },
  ])
  assert.deepEqual(consentRequestsOf({ scopes: ['read'], resources: ['a'] }, known), [
    { resource: 'a', scopes: ['read'] },
  ])
  assert.deepEqual(consentRequestsOf({ scopes: [], resources: [] }, known), [{ resource: '', scopes: [] }])
})

test('a grant covers what it names, and only where there is one for each resource', () => {
  const asks = [
    { resource: '', scopes: ['openid'] },
    { resource: 'a', scopes: [] },
  ]
  assert.equal(areGranted([{ scopes: ['openid', 'email'] }, { scopes: [] }], asks), true)
  assert.equal(areGranted([{ scopes: ['email'] }, { scopes: [] }], asks), false)
  assert.equal(areGranted([{ scopes: ['openid'] }, undefined], asks), false)
})
