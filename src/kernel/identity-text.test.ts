// Checks the keys by which names are compared.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comparedName, emailAddress, username } from './field.ts'
import { domainKey, emailKey, lookalike, nameKey, usernameKey } from './identity-text.ts'

const CYRILLIC_A = '\u0430'

test('UN-01 UN-02 all forms of one mailbox have one key', () => {
  const forms = [
    'max@müller.example',
    'MAX@MÜLLER.example',
    'max@mu\u0308ller.example',
    'max@xn--mller-kva.example',
    'Max@XN--MLLER-KVA.Example',
    '\uff4dax\uff20m\u00fcller\u3002example',
  ]
  for (const form of forms) {
    assert.equal(emailKey(form), 'max@xn--mller-kva.example', form)
    assert.equal(emailAddress.safeParse(form).success, true, form)
  }
  assert.equal(emailAddress.parse('\uff2dax@MÜLLER.example'), 'Max@MÜLLER.example')
})

test('the sharp s of a domain stays one (UTS 46, non-transitional)', () => {
  assert.equal(domainKey('faß.de'), 'xn--fa-hia.de')
  assert.notEqual(domainKey('faß.de'), domainKey('fass.de'))
})

test('what is no host name has no key', () => {
  const bad = ['', 'a..b', 'a.b.', '-a.example', 'ab--cd.example', 'xn--a.example', 'xn--.example', '1.2', 'a.0x7f']
  bad.push('a%41.example', 'a/b', 'a:1', 'u@a.example', 'a_b.example', 'a\u200db.example', `${'a'.repeat(64)}.example`)
  for (const domain of bad) assert.equal(domainKey(domain), undefined, domain)
})

test('UN-03 addresses that a mail system or a person would read otherwise are refused', () => {
  const bad = [
    '=?utf-8?q?x=40evil?=@corp.example',
    'a..b@c.example',
    '.a@c.example',
    'a.@c.example',
    'a\ufe6bb@c.example',
  ]
  bad.push('a\uff20b@c.example', 'a\u00adb@c.example', 'a\u3164@c.example', 'a\u034fb@c.example', '\ufb00@c.example')
  bad.push('\u{1d41a}nn@c.example', 'ann\u202e@c.example', '<a@b>c@d.example', 'a(b)@c.example', 'a@xn--a.example')
  for (const address of bad) assert.equal(emailAddress.safeParse(address).success, false, JSON.stringify(address))
})

test('UN-04 user names are of letters, digits and ASCII signs; invisible ones and doubles are none of them', () => {
  for (const good of ['ann.lee', 'jörg', 'Ann Lee', 'u#EXT#@t.example', '李雷', 'דנה', "o'hara", 'パ\u30fbリ']) {
    assert.equal(username.safeParse(good).success, true, good)
  }
  assert.equal(username.parse(' \uff41nn '), 'ann')
  const bad = [
    'ad\u200bmin',
    'admin\u3164',
    '\u202enimda',
    '\u24d0dmin',
    'admin\ufe6b',
    '=?utf-8?q?admin?=',
    'דaנ',
    'x\u0000',
  ]
  for (const name of bad) assert.equal(username.safeParse(name).success, false, JSON.stringify(name))
  assert.equal(usernameKey('\uff21dmin'), usernameKey('admin'))
  assert.equal(usernameKey('Max@Müller.example'), emailKey('max@xn--mller-kva.example'))
})

test('names of groups and roles keep what people write, but nothing invisible', () => {
  const name = comparedName()
  for (const good of [
    'Vertrieb Süd',
    '\u{1f469}\u200d\u{1f4bb} Team',
    '\u2764\ufe0f',
    '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645',
    'R&D (2)',
  ]) {
    assert.equal(name.safeParse(good).success, true, good)
  }
  for (const bad of ['ad\u200bmin', 'admin\u2060', 'ad\u00admin', 'admin\ufe0f', 'a\u200db', '=?UTF-8?B?YWRtaW4=?=']) {
    assert.equal(name.safeParse(bad).success, false, JSON.stringify(bad))
  }
  for (const same of ['ADMIN', '\uff21dmin', ' Admin', 'ad\u200bmin']) assert.equal(nameKey(same), 'admin')
  assert.equal(nameKey('Ops\u00a0 Team'), nameKey('ops team'))
})

test('letters of another script look like those they are mistaken for', () => {
  for (const seen of [`${CYRILLIC_A}dmin`, '\u0410dmin', 'adm\u0456n', 'adm\u0131n']) {
    assert.equal(lookalike(seen, nameKey), 'admin', seen)
  }
  assert.equal(lookalike('\u0406van', nameKey), 'ivan')
  assert.equal(lookalike(`m${CYRILLIC_A}x@example.com`, emailKey), 'max@example.com')
  assert.equal(lookalike(`max@${CYRILLIC_A}pple.example`, emailKey), 'max@apple.example')
  assert.equal(lookalike('max@xn--pple-43d.example', emailKey), 'max@apple.example')
  for (const plain of ['adrnin', 'Q1', 'Ql', 'naïve', 'Łukasz']) {
    assert.notEqual(lookalike(plain, nameKey) ?? nameKey(plain), 'admin', plain)
  }
})
