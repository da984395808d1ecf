// Writes the page of the conformance runner.
import { PLANS, rowsOf } from '#testing/certification/page.ts'
import { code, page, table } from './markdown.ts'

/** docs/reference/certification.md */
export function certificationPage(): string {
  return page('Certification', [
    'The tests play the plans of the OpenID Foundation’s conformance suite against a running server. Each module has the name that it has in the ' +
      'suite, and does the steps that the documentation of the suite describes; the suite itself is not run, and the server is not ' +
      'certified. A module that does not pass fails the tests. The modules of Basic run twice: with redirects, and with `response_mode=form_post`.',
    ...PLANS.flatMap((plan) => [
      `## ${plan.title}`,
      table(
        ['Module', 'Result', 'What is asserted'],
        rowsOf(plan).map(([name, result, asserts]) => [code(name), result, asserts]),
      ),
    ]),
  ])
}
