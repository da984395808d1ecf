// Checks the lengths, the names and the comments of files.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'

// What no formatter or linter checks; the length of functions is biome's (biome.json).
const LINES_MAX = 500
const LINES_P90 = 320
const SCREENSHOTS_MAX = 40
const BANNED = new Set(['manager', 'helper', 'helpers', 'util', 'utils', 'impl', 'ctx'])
const BANNED_FILES = BANNED.union(new Set(['common', 'misc']))
const IMPURE = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.env\b|\bperformance\.now\b/g
const MAY_BE_IMPURE = /^src\/(outside|testing)\/|\.test\.ts$|^(tools|packages|bench|examples|docs\/clients)\//

const root = join(import.meta.dirname, '..')
const sources = ['src', 'packages', 'tools', 'bench', 'docs', 'examples'].flatMap((folder) =>
  filesOf(`${folder}/**/*.{ts,js}`),
)
const product = sources.filter((path) => /^(src|packages)\//.test(path) && !path.endsWith('.test.ts'))
const pages = [
  '*.md',
  ...['docs', 'decisions', 'examples', 'bench', 'packages'].map((folder) => `${folder}/**/*.md`),
].flatMap(filesOf)

/** The files of a glob. @throws Error where there is none: no test passes because it looked at nothing */
function filesOf(glob: string): string[] {
  const files = globSync(glob, { cwd: root, exclude: ['**/node_modules'] })
  if (files.length === 0) throw new Error(`No file matches ${glob}.`)
  return files
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** A file's text without its comments, each replaced by as many line ends as it had. */
function codeOf(path: string): string {
  return read(path).replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) => comment.replaceAll(/[^\n]/g, ''))
}

/** `path:line: found` for each match of a pattern in each of the files. */
function found(paths: readonly string[], pattern: RegExp, textOf: (path: string) => string = read): string[] {
  return paths.flatMap((path) => {
    const text = textOf(path)
    return [...text.matchAll(pattern)].map((match) => {
      const line = text.slice(0, match.index).split('\n').length
      return `${path}:${line}: ${match[1] ?? match[0]}`
    })
  })
}

function words(name: string): string[] {
  return name.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase())
}

test('a file opens with a sentence that says what it owns', () => {
  const opened = /^(#!.*\n)?(\/\/ \S|\/\*\*\s+(\* )?\S)/
  assert.deepEqual(
    sources.filter((path) => !path.startsWith('docs/clients/') && !opened.test(read(path))),
    [],
  )
})

test(`files are short: nine in ten at most ${LINES_P90} lines, none over ${LINES_MAX}`, () => {
  const lengths = sources.map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
  assert.deepEqual(
    lengths.filter(({ lines }) => lines > LINES_MAX),
    [],
  )
  const ordered = lengths.map(({ lines }) => lines).sort((left, right) => left - right)
  const p90 = ordered[Math.ceil(ordered.length * 0.9) - 1] ?? 0
  assert.ok(p90 <= LINES_P90, `the 90th percentile is ${p90} lines`)
})

test('names say what a thing is', () => {
  const files = sources.filter((path) => words(basename(path)).some((word) => BANNED_FILES.has(word)))
  const declared = /(?:\b(?:const|let|function\*?|class|interface|type)\s+|[(,] *)([A-Za-z_$][\w$]*)/g
  const names = found(sources, declared, codeOf).filter((line) =>
    words(line.slice(line.lastIndexOf(' '))).some((word) => BANNED.has(word)),
  )
  assert.deepEqual([...files, ...names], [])
})

test('nothing is left for later', () => {
  const marks = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`, 'g')
  assert.deepEqual(found([...sources, ...pages], marks), [])
})

test('no test is skipped, singled out or only planned', () => {
  const tests = sources.filter((path) => path.endsWith('.test.ts'))
  assert.deepEqual(
    found(
      tests,
      /\b(?:test|it|describe|suite)\.(?:skip|only|todo)\b|\b(?:skip|only|todo): *true\b|\bt\.(?:skip|todo)\(/g,
      codeOf,
    ),
    [],
  )
})

test('time, chance and the environment come through the context', () => {
  const pure = sources.filter((path) => !MAY_BE_IMPURE.test(path))
  assert.deepEqual(found(pure, IMPURE, codeOf), [])
})

test('what a file exports says what it is for', () => {
  // An interface may leave it to its members, to its table or to the function whose properties or options it names.
  const bare = /(?<!\*\/\n)^export (?:async |abstract )*(?:function\*?|class) (\w+)/gm
  const dumb = /(?<!\*\/\n)^export interface (\w+(?<!Table|Props|Options))\b[^{]*\{\n(?:(?!\}| *\/\*\*).*\n)*\}/gm
  assert.deepEqual([...found(product, bare), ...found(product, dumb)], [])
})

/** What a heading is linked to by, as GitHub makes it. */
function anchorsOf(page: string): Set<string> {
  const plain = read(page).replaceAll(/^```[\s\S]*?^```/gm, '')
  const headings = [...plain.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.trim().toLowerCase())
  return new Set(headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-')))
}

test('links between the pages lead somewhere', () => {
  const dead = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s#]*)(?:#([^)]*))?\)/g)]
      .filter(([, target = '', anchor]) => {
        if (/^[a-z]+:/.test(target)) return false
        const path = target === '' ? page : join(dirname(page), target)
        if (!existsSync(join(root, path))) return true
        return anchor !== undefined && path.endsWith('.md') && !anchorsOf(path).has(anchor)
      })
      .map(([link]) => `${page}: ${link}`),
  )
  assert.deepEqual(dead, [])
})

test('each decision record has a number, a date and a line in the index', () => {
  const records = globSync('decisions/[0-9]*.md', { cwd: root }).toSorted()
  const lines = records.map((path) => {
    const [, number, title, date] = /^# (\d{4})\. (.+)\n\nAccepted, (\d{4}-\d\d-\d\d)\./.exec(read(path)) ?? []
    return `| [${number}](${basename(path)}) | ${date} | ${title} |`
  })
  const index = read('decisions/README.md')
  assert.ok(records.length > 0)
  assert.deepEqual(index.match(/^\| \[.*$/gm), lines)
  const numbers = records.map((path) => Number(basename(path).slice(0, 4)))
  assert.deepEqual(
    numbers.filter((number, at) => at > 0 && number <= (numbers[at - 1] ?? 0)),
    [],
  )
})

test('the lock file names no host and holds the packages of every platform', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { resolved?: string; link?: boolean; optionalDependencies?: Record<string, string> }>
  }
  const faults = Object.entries(packages).flatMap(([path, { resolved, link, optionalDependencies = {} }]) => [
    ...(resolved === undefined || link ? [] : [`${path} names ${resolved}`]),
    ...Object.keys(optionalDependencies)
      .filter((name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages))
      .map((name) => `${path} lacks ${name}`),
  ])
  assert.deepEqual(faults, [])
})

test('at most forty screenshots are kept', () => {
  const images = globSync('docs/images/*', { cwd: root })
  assert.ok(images.length > 0 && images.length <= SCREENSHOTS_MAX, `${images.length} screenshots`)
})

test('a test that takes too long for every change stands in *.deep.test.ts, and only npm run test:deep runs it', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const [deep = '', usual = ''] = ['test:deep', 'test'].map((name) => /"(.*)"/.exec(scripts[name] ?? '')?.[1])
  const [deepFiles, usualFiles] = [globSync(deep, { cwd: root }), globSync(usual, { cwd: root })]
  assert.ok(deepFiles.length > 0 && deepFiles.every((path) => path.endsWith('.deep.test.ts')))
  assert.deepEqual([...deepFiles, ...usualFiles].sort(), sources.filter((path) => path.endsWith('.test.ts')).sort())
})
