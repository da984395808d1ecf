// How each operation is called once so that it does something, for tests that are generated from all of them. An
// operation that takes nothing needs nothing here.
import { ACCESS } from './operation-fixtures/access.ts'
import { APPLICATIONS } from './operation-fixtures/applications.ts'
import { MAILS } from './operation-fixtures/mails.ts'
import type { Fixture, Fixtures } from './operation-fixtures/maker.ts'
import { PEOPLE } from './operation-fixtures/people.ts'
import { PROXY } from './operation-fixtures/proxy.ts'
import { SCIM } from './operation-fixtures/scim.ts'
import { TENANCY } from './operation-fixtures/tenancy.ts'

const FIXTURES: Fixtures = { ...PEOPLE, ...APPLICATIONS, ...TENANCY, ...ACCESS, ...MAILS, ...SCIM, ...PROXY }

/** The names of the operations that have fixtures. */
export const FIXED: readonly string[] = Object.keys(FIXTURES)

/** The ways in which an operation is called; as it is called with nothing, where there are none. */
export function fixturesOf(operation: string): readonly Fixture[] {
  return [FIXTURES[operation] ?? (() => ({ input: {} }))].flat()
}
