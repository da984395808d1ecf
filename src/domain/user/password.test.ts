// Checks the rules for passwords.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flawOfPassword, normalPassword } from './password.ts'

const ANN = 'Ann.Example@Example.com'

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
    assert.equal(flawOfPassword(good, ANN), undefined, good)
  }
  for (const short of ['', 'abc', 'xq7plov', '🔑🗝🔒🔓', 'e\u0301'.repeat(7)])
    assert.match(flawOfPassword(short, ANN) ?? '', /fewer/)
  assert.match(flawOfPassword('xy'.repeat(129), ANN) ?? '', /more/)
})

test('what is tried first is refused, in any case', () => {
  for (const bad of [
    'password',
    'PassWord1',
    'QWERTYUIOP',
    'iloveyou',
    'aaaaaaaa',
    '12345678',
    '87654321',
    'abcdefgh',
    'zyxwvuts',
  ]) {
    assert.match(flawOfPassword(bad, ANN) ?? '', /first/, bad)
  }
})

test('the address is refused, whole and without its domain', () => {
  assert.match(flawOfPassword('ann.example@example.COM', ANN) ?? '', /address/)
  assert.match(flawOfPassword('ANN.EXAMPLE', ANN) ?? '', /address/)
})

test('what is not text is refused', () => {
  assert.match(flawOfPassword('a lone \ud83d surrogate', ANN) ?? '', /text/)
})

test('a password is one however its letters were composed', () => {
  assert.equal(normalPassword('u\u0308nderbar'), normalPassword('ünderbar'))
  assert.notEqual(normalPassword('Wunderbar'), normalPassword('wunderbar'))
})
