// Checks what is refused of a body, besides malformed ones.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readJson, readJsonBody } from './body.ts'
import { formOf } from './form.ts'

const invalid = { code: 'invalid_request' }

test('a member that an object has twice is refused, however it is written', () => {
  const bodies = ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"x":{"b":[],"c":{},"b":0}}]', '{"":1,"":2}']
  for (const text of bodies) {
    assert.throws(() => readJson(Buffer.from(text)), invalid, text)
  }
  const right = '{"a":"b","b":{"a":["a","a",{"a":1}]},"c":"{\\"a\\":1,\\"a\\":2}","\\\\":1,"d":["x","x"]}'
  assert.deepEqual(readJson(Buffer.from(right)), JSON.parse(right))
})

test('text with a lone surrogate is refused', () => {
  for (const text of ['{"a":"\\ud800"}', '{"\\udc00":1}', '["\\ud83d x"]']) {
    assert.throws(() => readJson(Buffer.from(text)), invalid, text)
  }
  assert.deepEqual(readJson(Buffer.from('["\\ud83e\\udd8a"]')), ['🦊'])
})

test('a body that says another charset than UTF-8 is refused, JSON and forms alike', () => {
  const other = { code: 'unsupported_media_type' }
  for (const charset of ['utf-16', '"utf-16"', 'ISO-8859-1', 'UTF-7']) {
    assert.throws(() => readJsonBody(`application/json; charset=${charset}`, Buffer.from('{}')), other, charset)
    const headers = { 'content-type': `application/x-www-form-urlencoded; charset=${charset}` }
    assert.throws(() => formOf({ headers, body: Buffer.from('a=b') }), other, charset)
  }
  assert.deepEqual(readJsonBody('application/json;charset=UTF-8', Buffer.from('{}')), {})
})

test('a member that is repeated under an escaped spelling is repeated, and a colon in a text is no member', () => {
  for (const text of ['{"a":1,"\\u0061":2}', '[{"a":{"b":1,"c":[{"d":1,"d":1}]}}]', '{"__proto__":1,"__proto__":2}']) {
    assert.throws(() => readJson(Buffer.from(text)), /two members of one name/, text)
  }
  for (const text of ['{"a:b":"c:d","e":[":",{"f":":"}]}', '{"a":{"a":{"a":1}}}', '[":::"]']) {
    assert.deepEqual(readJson(Buffer.from(text)), JSON.parse(text))
  }
  assert.deepEqual(readJson(Buffer.from('{"__proto__":{"x":1},"a":1}')), { a: 1 })
  assert.deepEqual(readJson(Buffer.from('{"\\u005f_proto__":{"x":1},"a":1}')), { a: 1 })
})
