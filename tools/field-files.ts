// Counts the source files that contain a field's name: node tools/field-files.ts <noun> <field>. The name counts in any
// case: fieldName, field_name, field-name. Generated files do not count. Without arguments it prints a figure for each
// field of a client, and fails if even the least used field is in too many files.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClientFields } from '#domain/client/client.ts'

/** A field without a rule of its own: its declaration, the table's type, its migration and a test. */
const FILES_MAX = 4

const root = join(import.meta.dirname, '..')
const sources = globSync('{src,packages,examples,docs,bench,tools}/**/*.ts', { cwd: root })
  .filter((path) => !path.startsWith('tools/field-files'))
  .sort()
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

/**
 * The files that contain a field: those that declare and store it, those that use it, and tests. Paths from the root.
 */
export interface FieldFiles {
  readonly declared: readonly string[]
  readonly used: readonly string[]
  readonly tests: readonly string[]
}

/** The source files that a noun's field stands in. @param field its name in any case */
export function filesOfField(noun: string, field: string): FieldFiles {
  const words = field.replaceAll(/[A-Z]/g, '_$&').toLowerCase().split(/[_-]/)
  const name = new RegExp(`(?<![a-z0-9])${words.join('[_-]?')}(?![a-z0-9])`, 'i')
  const files = sources.filter(({ text }) => name.test(text)).map(({ path }) => path)
  const isTest = (path: string) => path.endsWith('.test.ts') || path.startsWith('src/testing/')
  const isDeclaration = (path: string) => path.startsWith('src/database/') || path.startsWith(`src/domain/${noun}/`)
  const code = files.filter((path) => !isTest(path))
  return {
    declared: code.filter(isDeclaration),
    used: code.filter((path) => !isDeclaration(path)),
    tests: files.filter(isTest),
  }
}

function printField(noun: string, field: string): void {
  const files = filesOfField(noun, field)
  for (const [kind, paths] of Object.entries(files)) {
    console.log(`${kind}: ${paths.length}`)
    for (const path of paths) console.log(`  ${path}`)
  }
  console.log(`files: ${Object.values(files).flat().length}`)
}

function printClientFields(): void {
  const counts = Object.keys(ClientFields.patch)
    .map((field) => ({ field, ...filesOfField('client', field) }))
    .map(({ field, declared, used }) => ({ field, touched: declared.length + 1, used: used.length }))
    .sort((left, right) => left.touched - right.touched || left.used - right.used)
  const [least = { field: '', touched: 0 }] = counts
  console.log(
    `files that a client field touches, with its test: ${least.touched} for ${least.field} (at most ${FILES_MAX})`,
  )
  console.log(
    `  all fields, and files that use each: ${counts.map((one) => `${one.field} ${one.touched}+${one.used}`).join(', ')}`,
  )
  if (least.touched > FILES_MAX) process.exitCode = 1
}

const [, script = '', noun, field] = process.argv
if (import.meta.filename === script) {
  if (noun !== undefined && field !== undefined) printField(noun, field)
  else printClientFields()
}
