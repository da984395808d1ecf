// Checks the comparison of texts without case.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldCase } from './fold-case.ts'

test('texts that differ in case or composition only are the same', () => {
  const same = [
    ['Ann', 'aNN'],
    ['Straße', 'STRASSE'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
    ['Ångström', 'Ångström'],
    ['ſeven', 'Seven'],
    ['\u212Aelvin', 'kelvin'],
  ] as const
  for (const [left, right] of same) assert.equal(foldCase(left), foldCase(right), `${left} ${right}`)
})

test('letters that are not the same stay apart', () => {
  assert.notEqual(foldCase('ı'), foldCase('i'))
  assert.notEqual(foldCase('ann'), foldCase('anne'))
  assert.notEqual(foldCase('ö'), foldCase('o'))
})

test('folding twice changes nothing more', () => {
  for (let point = 0; point < 0x20000; point++) {
    const once = foldCase(String.fromCodePoint(point))
    assert.equal(foldCase(once), once, point.toString(16))
  }
})
