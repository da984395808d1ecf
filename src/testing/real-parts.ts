// Owns which optional programs of the machine tests can use, and how a test reports that one is missing.
import { existsSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'

/** The files of programs and the Debian packages that bring them, as `.ci/packages` lists them. */
const PACKAGES = new Map(
  readFileSync(new URL('../../.ci/packages', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('/'))
    .map((line) => line.split(/\s+/) as [file: string, packageName: string]),
)

/** The packages whose files are not all on this machine. */
function missingOf(packages: readonly string[]): string[] {
  const known = new Set(PACKAGES.values())
  const unknown = packages.filter((name) => !known.has(name))
  if (unknown.length > 0) throw new Error(`.ci/packages does not list ${unknown.join(', ')}.`)
  return packages.filter((name) => [...PACKAGES].some(([file, owner]) => owner === name && !existsSync(file)))
}

/** Whether the files of a Debian package are on this machine. @throws Error for one that `.ci/packages` does not list */
export function isInstalled(packageName: string): boolean {
  return missingOf([packageName]).length === 0
}

/** The line that a test prints where a part is missing. `.ci/run` counts these lines. */
export function notInstalled(part: string, test: string): string {
  return `not installed: ${part}. Not tested: ${test}`
}

/**
 * Declares a test that needs programs of the machine. Where one is missing, no test is declared and a line says so.
 * @param packages the names of their Debian packages
 * @throws Error for a package that `.ci/packages` does not list
 */
export function testWith(
  packages: readonly string[],
  name: string,
  run: (t: TestContext) => Promise<void> | void,
): void {
  testWhere(missingOf(packages).join(', '), name, run)
}

/**
 * Declares a test that needs something of the machine. Where it is missing, no test is declared and a line says so.
 * @param missing what is missing; empty where nothing is
 */
export function testWhere(missing: string, name: string, run: (t: TestContext) => Promise<void> | void): void {
  if (missing === '') test(name, run)
  else console.log(notInstalled(missing, name))
}
