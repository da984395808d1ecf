// Checks the tables that the command line prints.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeTerminal } from '#testing/terminal.ts'
import type { Command } from './catalog.ts'
import { cellOf, columnsOf, renderDetails, renderTable, rowPrinter } from './table.ts'
import { cut, harmless, json, pad, widthOf } from './text.ts'

const plain = fakeTerminal()
const narrow = (width: number) => fakeTerminal({ width })

test('what a terminal would obey is made harmless', () => {
  assert.equal(harmless('a\u001b[31mred\u0007\u009b2J'), 'a\ufffd[31mred\ufffd\ufffd2J')
  assert.equal(harmless('two\r\nlines'), 'two lines')
  assert.equal(harmless('abc\u202edef'), 'abc\ufffddef')
  const text = 'x\u009b31m\u202e'
  assert.ok(!/[\u009b\u202e]/.test(json({ text })))
  assert.deepEqual(JSON.parse(json({ text })), { text })
})

test('widths are columns, not characters', () => {
  assert.equal(widthOf('日本'), 4)
  assert.equal(widthOf('e\u0301'), 1)
  assert.equal(cut('日本語', 5), '日本…')
  assert.equal(cut('abc', 3), 'abc')
  assert.equal(widthOf(pad('日本', 6)), 6)
})

test('cells', () => {
  assert.equal(cellOf(true), 'yes')
  assert.equal(cellOf(null), '')
  assert.equal(cellOf('2026-01-31T12:00:00.123Z'), '2026-01-31T12:00:00Z')
  assert.equal(cellOf({ kind: 'api_key', id: 'apk_1', label: 'CI' }), 'api_key CI')
  assert.equal(cellOf({ type: 'client', id: '1' }), 'client 1')
  assert.equal(cellOf({ id: 'app_1', name: 'Shop' }), 'Shop')
  assert.equal(cellOf(['a', 'b']), 'a, b')
})

test('columns are aligned, the key first, and empty ones left out', () => {
  const command = { columns: ['name', 'note', 'id'], key: 'id' } as unknown as Command
  const rows = [
    { id: '1', name: 'Ada', note: null },
    { id: '22', name: 'Béla', note: '' },
  ]
  const columns = columnsOf(command, rows, false)
  assert.equal(renderTable(columns, rows, plain), 'ID  NAME\n1   Ada\n22  Béla\n')
})

test('a narrow terminal cuts what is long and never the key', () => {
  const rows = [{ id: 'x'.repeat(30), text: 'y'.repeat(60), more: 'z'.repeat(40) }]
  const lines = renderTable(['id', 'text', 'more'], rows, narrow(60)).split('\n')
  assert.ok(lines.every((line) => widthOf(line) <= 60))
  assert.ok(lines[1]?.startsWith('x'.repeat(30)))
  assert.ok(lines[1]?.endsWith('…'))
  assert.ok(!lines[0]?.includes('MORE'))
  assert.ok(renderTable(['id', 'text', 'more'], rows, plain).includes('z'.repeat(40)))
})

test('one thing is a line for each member', () => {
  const thing = {
    name: 'Acme',
    empty: null,
    policy: { lifetime: 900, nested: { on: true } },
    settings: {},
    scopes: [
      { name: 'a', description: 'First' },
      { name: 'b', description: '' },
    ],
  }
  assert.equal(
    renderDetails(thing, plain),
    [
      'name:              Acme',
      'empty:             -',
      'policy.lifetime:   900',
      'policy.nested.on:  yes',
      'settings:          -',
      'scopes:            a  First',
      '                   b',
      '',
    ].join('\n'),
  )
})

test('rows that come one by one keep the width of the widest so far', () => {
  const print = rowPrinter(['a', 'b'], plain)
  assert.deepEqual([print({ a: 'long', b: 1 }), print({ a: 'x', b: 2 })], ['long  1\n', 'x     2\n'])
})

test('colours are for terminals that want them', () => {
  const rows = [{ id: '1', status: 'active' }]
  assert.ok(!renderTable(['id', 'status'], rows, plain).includes('\u001b'))
  assert.ok(renderTable(['id', 'status'], rows, fakeTerminal({ colors: true })).includes('\u001b[32mactive'))
})
