// The rows of groups.
import type { Kysely } from 'kysely'
import type { Schema } from '#database/schema.ts'
import { lookalike, nameKey } from '#kernel/identity-text.ts'
import { versionedRows } from '../versioned.store.ts'
import { GroupFields } from './group.ts'

/** The groups of a directory that are not deleted. */
export function groupsNotDeleted(kysely: Kysely<Schema>, tenantId: string, directoryId: string) {
  return kysely
    .selectFrom('group')
    .selectAll('group')
    .where('group.tenant_id', '=', tenantId)
    .where('group.directory_id', '=', directoryId)
    .where('group.deleted_at', 'is', null)
}

/** The statements on groups. Each row also stores the form of the name for comparison, which must be unique. */
export const GROUP_ROWS = versionedRows(
  'group',
  GroupFields,
  ({ name }) => ({ name_key: nameKey(name), name_lookalike: lookalike(name, nameKey) }),
  'name',
)
