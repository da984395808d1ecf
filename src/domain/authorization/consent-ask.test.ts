// Checks when a person is asked for consent, and for what.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resource } from '../resource/resource.ts'
import { areGranted, consentRequestsOf } from './consent-ask.ts'

const resource = (identifier: string, ...names: string[]): [string, Resource] => [
  identifier,
  {
    identifier,
    scopes: names.map((name) => ({ name, description: '' })),
    authorizationDetailsTypes: [{ type: `order_of_${identifier}` }],
  } as unknown as Resource,
]
const known = new Map([resource('a', 'read', 'write', 'openid'), resource('b', 'read')])

test('what is asked is told apart by resource', () => {
  assert.deepEqual(consentRequestsOf({ scopes: ['openid', 'read', 'write', 'own'], resources: ['a', 'b'] }, known), [
    { resource: '', scopes: ['openid', 'own'], details: [] },
    { resource: 'a', scopes: ['read', 'write'], details: [] },
    { resource: 'b', scopes: ['read'], details: [] },
  ])
  assert.deepEqual(consentRequestsOf({ scopes: ['read'], resources: ['a'] }, known), [
    { resource: 'a', scopes: ['read'], details: [] },
  ])
  assert.deepEqual(consentRequestsOf({ scopes: [], resources: [] }, known), [{ resource: '', scopes: [], details: [] }])
})

test('a grant covers what it names, and only where there is one for each resource', () => {
  const asks = [
    { resource: '', scopes: ['openid'], details: [] },
    { resource: 'a', scopes: [], details: [] },
  ]
  assert.equal(
    areGranted(
      [
        { scopes: ['openid', 'email'], details: [] },
        { scopes: [], details: [] },
      ],
      asks,
    ),
    true,
  )
  assert.equal(
    areGranted(
      [
        { scopes: ['email'], details: [] },
        { scopes: [], details: [] },
      ],
      asks,
    ),
    false,
  )
  assert.equal(areGranted([{ scopes: ['openid'], details: [] }, undefined], asks), false)
})

test('a detail belongs to the resource that declares its type, and only the same detail was consented to', () => {
  const details = [{ type: 'order_of_a', amount: { value: '10', currency: 'EUR' } }]
  const asks = consentRequestsOf({ scopes: ['openid'], resources: ['a', 'b'], details }, known)
  assert.deepEqual(
    asks.map((ask) => ask.details),
    [[], details, []],
  )
  const granted = (amount: object) => [
    { scopes: ['openid'], details: [] },
    { scopes: [], details: [{ type: 'order_of_a', amount }] },
    { scopes: [], details: [] },
  ]
  assert.equal(areGranted(granted({ currency: 'EUR', value: '10' }), asks), true)
  assert.equal(areGranted(granted({ currency: 'EUR', value: '100' }), asks), false)
})
