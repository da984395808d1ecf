import type { Kysely, Selectable } from 'kysely'
import type { Schema } from '#database/schema.ts'
import type { GroupTable } from '#database/tables/people.ts'
import { foldCase } from '#kernel/fold-case.ts'
import type { Group } from './group.ts'

/** The groups of a directory that were not deleted. */
export function livingGroups(kysely: Kysely<Schema>, tenantId: string, directoryId: string) {
  return kysely
    .selectFrom('group')
    .selectAll('group')
    .where('group.tenant_id', '=', tenantId)
    .where('group.directory_id', '=', directoryId)
    .where('group.deleted_at', 'is', null)
}

/** A group as it is stored. */
export function toRow(group: Group): Omit<Selectable<GroupTable>, 'deleted_at'> {
  return {
    id: group.id,
    tenant_id: group.tenantId,
    directory_id: group.directoryId,
    name: group.name,
    name_key: foldCase(group.name),
    description: group.description,
    group_type: group.groupType,
    external_id: group.externalId,
    member_count: group.memberCount,
    version: group.version,
    created_at: group.createdAt,
    updated_at: group.updatedAt,
  }
}

/** A group as the domain knows one. */
export function toGroup(row: Selectable<GroupTable>): Group {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    directoryId: row.directory_id,
    name: row.name,
    description: row.description,
    groupType: row.group_type as Group['groupType'],
    externalId: row.external_id,
    memberCount: row.member_count,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
