import { ACCOUNTS } from './columns/accounts.ts'
import { APPLICATIONS } from './columns/applications.ts'
import type { Columns } from './columns/columns.ts'
import { LOG } from './columns/log.ts'
import { PEOPLE } from './columns/people.ts'
import { TOKENS } from './columns/tokens.ts'

/** The columns of every table, as tests expect them. */
export const COLUMNS: Columns = {
  ...ACCOUNTS,
  ...PEOPLE,
  ...APPLICATIONS,
  ...TOKENS,
  ...LOG,
}
