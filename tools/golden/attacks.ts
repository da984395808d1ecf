// Writes the page of attacks: which test covers which.
import { ATTACKS, NO_TEST, testsByAttack } from '#testing/attack-cases.ts'
import { page, table } from './markdown.ts'

/** docs/reference/attacks.md */
export function attacksPage(): string {
  const tests = testsByAttack()
  const groups = ATTACKS.flatMap(({ title, cases }) => [
    `## ${title}`,
    table(
      ['Id', 'What is tried', 'Tests'],
      Object.entries(cases).map(([id, tried]) => [id, tried, linksTo(tests.get(id) ?? [])]),
    ),
  ])
  return page('Attacks', [
    'What is tried against the server, and the files with the tests that are named after it. A test fails if a case has no test. Each ' +
      'link leads to a file; its tests begin with the id.',
    ...groups,
    '## Without a test',
    table(['Id', 'Why'], Object.entries(NO_TEST)),
  ])
}

function linksTo(tests: readonly { readonly file: string }[]): string {
  const files = [...new Set(tests.map(({ file }) => file))]
  return files.map((file) => `[${file.replace(/^.*\//, '').replace('.test.ts', '')}](../../${file})`).join(', ')
}
