// Checks that everything that is encrypted with the master key is listed, so that a new master key finds it.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { nonEmpty } from '#testing/non-empty.ts'
import { PASSING_PURPOSES, SEALED_COLUMNS } from './sealed-columns.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const CALL = /\b(?:\w+\.)*(?:crypto|sealer)\.seal\(\s*([^,\n]+),/g

const listed = new Set([...SEALED_COLUMNS.flatMap(({ purposes }) => purposes), ...PASSING_PURPOSES])

/** What a call encrypts for: the text, that of the constant, or what the function `purposeOf` of the file begins with. */
function purposeIn(source: string, argument: string): string | undefined {
  const literal = /^['"`]([^'"`$]+)/.exec(argument)
  if (literal) return literal[1]?.trim()
  if (argument.startsWith('purposeOf(')) {
    const template = /function purposeOf\([^)]*\)[^{]*\{\s*return `([^`]*)`/.exec(source)?.[1] ?? ''
    return /^\$\{kind\}/.test(template) ? 'carried-request' : template.replace(/\s*\$\{.*/, '')
  }
  const declared = new RegExp(`const ${argument}\\b[^=]*= '([^']+)'`).exec(source)
  if (declared) return declared[1]
  return undefined
}

/** The file that a constant is imported from, and its name there. */
function importOf(source: string, name: string): { path: string; name: string } | undefined {
  for (const [, names = '', path = ''] of source.matchAll(/import (?:type )?\{([^}]*)\} from '([^']+)'/g)) {
    for (const each of names.split(',')) {
      const [exported = '', own = exported] = each.trim().split(' as ')
      if (own.trim() === name) return { path, name: exported.trim() }
    }
  }
  return undefined
}

test('every text that is encrypted with the master key is encrypted for something that is listed', () => {
  const files = globSync('**/*.ts', { cwd: ROOT }).filter((file) => !/\.test\.ts$|^testing\/|^outside\//.test(file))
  const calls = files.flatMap((file) => {
    const source = readFileSync(join(ROOT, file), 'utf8')
    return [...source.matchAll(CALL)].map(([, argument = '']) => ({ file, source, argument: argument.trim() }))
  })
  assert.ok(nonEmpty(calls, 'calls of seal').length >= 15)
  const strangers = calls.flatMap(({ file, source, argument }) => {
    const from = importOf(source, argument)
    const path =
      from && (from.path.startsWith('#') ? join(ROOT, from.path.slice(1)) : join(ROOT, file, '..', from.path))
    const purpose = from && path ? purposeIn(readFileSync(path, 'utf8'), from.name) : purposeIn(source, argument)
    return purpose !== undefined && listed.has(purpose) ? [] : [`${file}: ${argument} (${purpose ?? 'unknown'})`]
  })
  assert.deepEqual(strangers, [], 'list these in src/domain/master-key/sealed-columns.ts')
})
