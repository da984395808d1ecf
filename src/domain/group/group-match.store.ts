// Finds groups by conditions.
import { type Kysely, type Selectable, type SelectQueryBuilder, sql } from 'kysely'
import { type Connection, longReadsOf } from '#database/database.ts'
import { countOf } from '#database/offset-page.ts'
import type { Schema } from '#database/schema.ts'
import type { GroupTable } from '#database/tables/people.ts'
import { nameKey } from '#kernel/identity-text.ts'
import type { GroupOfUser, Matches, Window } from '../user/user-match.ts'
import { type Group, GroupFields } from './group.ts'
import type { DirectMember, GroupCondition } from './group-match.ts'
import { groupsNotDeleted } from './group-row.store.ts'

type Groups = SelectQueryBuilder<Schema, 'group', Selectable<GroupTable>>

const ORDERS = { updatedAt: 'updated_at', name: 'name_key' } as const

/** How many groups with the same member, or the same name in other directories, are distinguished. */
const MATCHES_MAX = 10_000

const COMPARED = { after: '>', from: '>=', before: '<', until: '<=' } as const

/** Finds a tenant’s groups by conditions, and the members of several groups at once. */
export function groupMatchStore(connection: Connection, tenantId: string) {
  const kysely = longReadsOf(connection)
  return {
    /**
     * The groups of a directory that match all conditions. Each condition uses an index of its own.
     * @param known their number, if it is known
     */
    async match(
      directoryId: string,
      conditions: readonly GroupCondition[],
      { offset, limit }: Window,
      known?: number,
    ): Promise<Matches<Group>> {
      // PostgreSQL does not accept NUL in a text, and no name contains one.
      if (conditions.some((condition) => 'value' in condition && condition.value.includes('\0')))
        return { data: [], total: 0 }
      let groups: Groups = groupsNotDeleted(kysely, tenantId, directoryId)
      for (const condition of conditions) {
        if (condition.of === 'externalId' || condition.of === 'member') {
          const ids = await idsOf(kysely, { tenantId, directoryId }, condition)
          if (ids.length === 0) return { data: [], total: 0 }
          groups = groups.where('group.id', 'in', ids)
        } else groups = narrowed(groups, condition)
      }
      const lead = conditions.find(({ of }) => of in ORDERS)?.of as keyof typeof ORDERS | undefined
      const ordered = (lead ? groups.orderBy(`group.${ORDERS[lead]}`) : groups).orderBy('group.id')
      const rows = limit === 0 ? [] : await ordered.limit(limit).offset(offset).execute()
      const isLast = rows.length < limit && (rows.length > 0 || offset === 0)
      return {
        data: rows.map(GroupFields.fromRow),
        total: isLast ? offset + rows.length : (known ?? (await countOf(connection, groups))),
      }
    },

    /** The groups of users, direct or through a nested group, in the order of their names. */
    async ofUsers(directoryId: string, userIds: readonly string[]): Promise<GroupOfUser[]> {
      if (userIds.length === 0) return []
      const { rows } = await sql<{ user_id: string; id: string; name: string; direct: number }>`
        with recursive effective(user_id, id, direct) as (
          select user_id, group_id, 1 from group_member where user_id in (${sql.join([...userIds])}) and tenant_id = ${tenantId}
          union
          select effective.user_id, nesting.parent_id, 0 from effective
            cross join group_nesting as nesting where nesting.child_id = effective.id and nesting.tenant_id = ${tenantId}
        )
        select effective.user_id, g.id, g.name, max(effective.direct) as direct from effective cross join "group" as g
          where g.id = effective.id and g.tenant_id = ${tenantId} and g.directory_id = ${directoryId} and g.deleted_at is null
          group by effective.user_id, g.id, g.name, g.name_key order by effective.user_id, g.name_key`.execute(kysely)
      return rows.map((row) => ({
        userId: row.user_id,
        id: row.id,
        name: row.name,
        isDirect: Number(row.direct) === 1,
      }))
    },
  }
}

/** The direct members of some of a tenant’s groups. */
export function directMemberStore({ kysely }: Connection, tenantId: string) {
  return {
    /** How many groups are directly inside each of some groups, by its id; none for those that have none. */
    async childCounts(groupIds: readonly string[]): Promise<Map<string, number>> {
      if (groupIds.length === 0) return new Map()
      const rows = await kysely
        .selectFrom('group_nesting')
        .select(({ fn }) => ['parent_id', fn.countAll<number>().as('count')])
        .where('parent_id', 'in', groupIds)
        .where('tenant_id', '=', tenantId)
        .groupBy('parent_id')
        .execute()
      return new Map(rows.map(({ parent_id: id, count }) => [id, Number(count)]))
    },

    /** The direct members of some groups: users first, oldest first, then groups. */
    async directMembers(groupIds: readonly string[]): Promise<DirectMember[]> {
      if (groupIds.length === 0) return []
      const users = await kysely
        .selectFrom('group_member as member')
        .innerJoin('user', 'user.id', 'member.user_id')
        .select([
          'member.group_id as groupId',
          'user.id',
          'user.name',
          'user.given_name',
          'user.family_name',
          'user.email',
        ])
        .where('member.group_id', 'in', groupIds)
        .where('member.tenant_id', '=', tenantId)
        .orderBy('member.group_id')
        .orderBy('member.user_id')
        .execute()
      const groups = await kysely
        .selectFrom('group_nesting as nesting')
        .innerJoin('group', 'group.id', 'nesting.child_id')
        .select(['nesting.parent_id as groupId', 'group.id', 'group.name'])
        .where('nesting.parent_id', 'in', groupIds)
        .where('nesting.tenant_id', '=', tenantId)
        .orderBy('nesting.parent_id')
        .orderBy('nesting.child_id')
        .execute()
      const members = users.map(({ groupId, id, name, given_name, family_name, email }): DirectMember => {
        const parts = [given_name, family_name].filter(Boolean).join(' ')
        return { groupId, id, noun: 'user', name: name ?? (parts || email) }
      })
      return members.concat(groups.map((group) => ({ ...group, noun: 'group' })))
    },
  }
}

type Place = Pick<Group, 'tenantId' | 'directoryId'>

type Named = Extract<GroupCondition, { of: 'externalId' | 'member' }>

function narrowed(groups: Groups, condition: Exclude<GroupCondition, Named>): Groups {
  switch (condition.of) {
    case 'id':
      return groups.where('group.id', '=', condition.value)
    case 'name': {
      const from = nameKey(condition.value)
      if (condition.as === 'equal') return groups.where('group.name_key', '=', from)
      return groups.where('group.name_key', '>=', from).where('group.name_key', '<', `${from}\u{10ffff}`)
    }
    case 'updatedAt':
      return groups.where('group.updated_at', COMPARED[condition.as], condition.time)
  }
}

// This query runs separately, before the list. A database without statistics, for example after many groups were
// created, would otherwise scan the whole list for each row.
async function idsOf(
  kysely: Kysely<Schema>,
  { tenantId, directoryId }: Place,
  { of, value }: Named,
): Promise<string[]> {
  if (of === 'externalId') {
    const named = groupsNotDeleted(kysely, tenantId, directoryId).where('group.external_id', '=', value)
    return (await named.limit(MATCHES_MAX).execute()).map(({ id }) => id)
  }
  const memberships = kysely
    .selectFrom('group_member')
    .select('group_id as id')
    .where('user_id', '=', value)
    .where('tenant_id', '=', tenantId)
  const nestings = kysely
    .selectFrom('group_nesting')
    .select('parent_id as id')
    .where('child_id', '=', value)
    .where('tenant_id', '=', tenantId)
  const rows = [...(await memberships.limit(MATCHES_MAX).execute()), ...(await nestings.limit(MATCHES_MAX).execute())]
  return rows.map(({ id }) => id)
}
