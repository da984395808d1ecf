// Checks the formats of fields.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emailAddress, freeObject, label, slug } from './field.ts'

test('display texts keep joined emoji and letters, and have nothing invisible', () => {
  for (const good of [
    'Acme',
    '\u{1f469}\u200d\u{1f4bb} Team',
    '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645',
    'R&D \u2764\ufe0f',
  ]) {
    assert.equal(label().safeParse(good).success, true, good)
  }
  for (const bad of [
    'x\u200bPayPal',
    'Pay\u2060Pal',
    'Pay\u00adPal',
    '\ufeffAcme\u3164',
    'a\u200db',
    'Acme\u202e',
    'a\nb',
  ]) {
    assert.equal(label().safeParse(bad).success, false, JSON.stringify(bad))
  }
})

test('e-mail addresses of every script, and nothing that a mail system could read otherwise', () => {
  for (const good of [
    'a@b.co',
    'Ann.Lee+x@example.com',
    "o'hara@mail.example.org",
    'josé@müller.example',
    '用户@例子.中国',
    'root@localhost',
  ]) {
    assert.equal(emailAddress.safeParse(good).success, true, good)
  }
  const bad = [
    '',
    'a',
    '@b.co',
    'a@',
    'a@b@c.co',
    'a b@c.co',
    'a@-b.co',
    'a@b..co',
    'a@b.co.',
    '"a"@b.co',
    'a@[127.0.0.1]',
    'a,b@c.co',
  ]
  bad.push(
    'a\u0000@b.co',
    'a\u200b@b.co',
    'a@b.co\r\nBcc: c@d.co',
    'a\ud800@b.co',
    `${'a'.repeat(65)}@b.co`,
    `a@${'b.'.repeat(130)}co`,
  )
  for (const text of bad) assert.equal(emailAddress.safeParse(text).success, false, JSON.stringify(text))
})

test('slugs', () => {
  for (const good of ['ab', 'a1', 'acme-corp', 'a'.repeat(63)]) assert.equal(slug.safeParse(good).success, true, good)
  for (const bad of ['', 'a', '-ab', 'ab-', 'Ab', 'a_b', 'a b', 'a'.repeat(64), 'self', 'é1']) {
    assert.equal(slug.safeParse(bad).success, false, bad)
  }
})

test('a free object comes back as it was, within bounds', () => {
  const value = {
    text: 'ø\u0000\ud800',
    list: [1, [2, { three: null }]],
    'odd key': true,
    camelCase: { snake_case: -1.5e-7 },
  }
  assert.deepEqual(freeObject().parse(structuredClone(value)), value)
  assert.equal(freeObject(10).safeParse({ a: 'too long' }).success, false)
  assert.equal(freeObject().safeParse({ infinite: Number.POSITIVE_INFINITY }).success, false)
  let deep: unknown = 1
  for (let level = 0; level < 100_000; level++) deep = { deep }
  assert.equal(freeObject().safeParse({ deep }).success, false)
})
