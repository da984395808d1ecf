// Checks the rules for passwords.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sayPasswordFlaw } from '#kernel/password-flaw.ts'
import { COMMON_PASSWORDS } from './frequent-passwords.ts'
import { flawOfPassword, normalPassword } from './password.ts'

const ANN = 'Ann.Example@Example.com'
const flaw = (password: string) => {
  const found = flawOfPassword(password, ANN, { common: COMMON_PASSWORDS })
  return found && sayPasswordFlaw(found)
}

test('length is what counts, in characters as people see them', () => {
  for (const good of [
    'correct horse',
    'xq7 plov',
    '密碼密碼很長很長',
    'ünïcödé!',
    '🔑🗝🔒🔓🛡⚔🏰🐉',
    'aaaaaaab',
    'x'.repeat(8) + 'y'.repeat(248),
  ]) {
    assert.equal(flaw(good), undefined, good)
  }
  for (const short of ['', 'abc', 'xq7plov', '🔑🗝🔒🔓', 'e\u0301'.repeat(7)]) assert.match(flaw(short) ?? '', /fewer/)
  assert.match(flaw('xy'.repeat(129)) ?? '', /more/)
})

test('what is tried first is refused, in any case', () => {
  for (const bad of [
    'password',
    'PassWord1',
    'trustno1',
    'Schalke04',
    'QWERTYUIOP',
    'iloveyou',
    'aaaaaaaa',
    '12345678',
    '87654321',
    'abcdefgh',
    'zyxwvuts',
  ]) {
    assert.match(flaw(bad) ?? '', /first/, bad)
  }
})

test('the address is refused, whole and without its domain', () => {
  assert.match(flaw('ann.example@example.COM') ?? '', /address/)
  assert.match(flaw('ANN.EXAMPLE') ?? '', /address/)
})

test('what is not text is refused', () => {
  assert.match(flaw('a lone \ud83d surrogate') ?? '', /text/)
})

test('a password is one however its letters were composed', () => {
  assert.equal(normalPassword('u\u0308nderbar'), normalPassword('ünderbar'))
  assert.notEqual(normalPassword('Wunderbar'), normalPassword('wunderbar'))
})
