// The recursive queries of nested groups.
import { type Selectable, sql } from 'kysely'
import { type Connection, longReadsOf } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { GroupTable } from '#database/tables/people.ts'
import { decodeCursor, type ListQuery, type Page, toPage } from '#kernel/page.ts'
import { type Group, GroupFields, type GroupMemberView, NESTING_DEPTH_MAX } from './group.ts'

// `union` instead of `union all` removes duplicates, so that no group is visited twice. `cross join` forces SQLite,
// which has no statistics, to use the written join order.

interface UserPlace {
  tenant_id: string
  user_id: string
}
interface Place extends UserPlace {
  directory_id: string
}
type Membership = Selectable<GroupTable> & { direct: number }

/** The groups of a user, as the first part of a statement: `effective(id)`. */
export function effectiveGroups({ tenant_id, user_id }: UserPlace) {
  return sql`effective(id) as (
    select group_id from group_member where user_id = ${user_id} and tenant_id = ${tenant_id}
    union
    select nesting.parent_id from effective
      cross join group_nesting as nesting where nesting.child_id = effective.id and nesting.tenant_id = ${tenant_id}
  )`
}

const findNames = prepared<Place & { most: number }, { name: string }>('group_names_of_user', (kysely, value) => {
  const of = { tenant_id: value('tenant_id'), user_id: value('user_id') }
  return {
    compile: () =>
      sql<{ name: string }>`with recursive ${effectiveGroups(of)}
        select g.name from effective cross join "group" as g where g.id = effective.id
          and g.tenant_id = ${value('tenant_id')} and g.directory_id = ${value('directory_id')} and g.deleted_at is null
        order by g.name_key limit ${value('most')}`.compile(kysely),
  }
})

const listOfUser = prepared<Place & { after: string; most: number }, Membership>('groups_of_user', (kysely, value) => {
  const of = { tenant_id: value('tenant_id'), user_id: value('user_id') }
  return {
    compile: () =>
      sql<Membership>`with recursive ${effectiveGroups(of)}
        select g.*, (select count(*) from group_member as m where m.group_id = g.id and m.user_id = ${of.user_id}) as direct
        from effective cross join "group" as g where g.id = effective.id and g.id > ${value('after')}
          and g.tenant_id = ${value('tenant_id')} and g.directory_id = ${value('directory_id')} and g.deleted_at is null
        order by g.id limit ${value('most')}`.compile(kysely),
  }
})

/** The queries of nested groups of one tenant. */
export function groupClosureStore(connection: Connection, tenantId: string) {
  const { kysely } = connection

  async function levels(from: string, direction: 'up' | 'down'): Promise<{ id: string; depth: number }[]> {
    const [near, far] = direction === 'up' ? ['child_id', 'parent_id'] : ['parent_id', 'child_id']
    const { rows } = await sql<{ id: string; depth: number }>`
      with recursive walk(id, depth) as (
        select ${sql.ref(far)}, 1 from group_nesting where ${sql.ref(near)} = ${from} and tenant_id = ${tenantId}
        union
        select nesting.${sql.ref(far)}, walk.depth + 1 from walk
          cross join group_nesting as nesting
          where nesting.${sql.ref(near)} = walk.id and nesting.tenant_id = ${tenantId} and walk.depth < ${sql.lit(NESTING_DEPTH_MAX)}
      )
      select id, max(depth) as depth from walk group by id`.execute(kysely)
    return rows
  }

  return {
    /**
     * The groups around a group, with their maximum distance.
     * @param way `up` for the groups that contain it, `down` for the groups that it contains
     */
    levels,

    /** One page of the groups of a user, direct or through a nested group, oldest first. */
    async ofUser(
      directoryId: string,
      userId: string,
      { limit, cursor }: ListQuery,
    ): Promise<Page<Group & { membership: 'direct' | 'inherited' }>> {
      const rows = await connection.run(listOfUser, {
        tenant_id: tenantId,
        directory_id: directoryId,
        user_id: userId,
        after: cursor ? decodeCursor(cursor) : '',
        most: limit + 1,
      })
      const page = toPage(rows, limit, (row) => row.id)
      const data = page.data.map((row) => ({
        ...GroupFields.fromRow(row),
        membership: Number(row.direct) > 0 ? ('direct' as const) : ('inherited' as const),
      }))
      return { ...page, data }
    },

    /** The names of a user's groups in alphabetical order, at most `most`. */
    async namesOfUser(directoryId: string, userId: string, most: number): Promise<string[]> {
      const of = { tenant_id: tenantId, directory_id: directoryId, user_id: userId, most }
      return (await connection.run(findNames, of)).map(({ name }) => name)
    },

    /**
     * One page of the users of a group and its nested groups, each once, oldest first. It reads at most one page of
     * each group.
     */
    async effectiveMembers(groupId: string, { limit, cursor }: ListQuery): Promise<Page<GroupMemberView>> {
      const after = cursor ? decodeCursor(cursor) : ''
      const { rows } = await sql<GroupMemberView>`
        with recursive inside(id) as (
          select id from "group" where id = ${groupId} and tenant_id = ${tenantId}
          union
          select nesting.child_id from inside
            cross join group_nesting as nesting where nesting.parent_id = inside.id and nesting.tenant_id = ${tenantId}
        ), member(id) as (
          select distinct m.user_id from inside cross join group_member as m
            where m.group_id = inside.id and m.user_id > ${after} and m.user_id <= coalesce((
              select last.user_id from group_member as last where last.group_id = inside.id and last.user_id > ${after}
                order by last.user_id limit 1 offset ${limit}
            ), '~')
            order by m.user_id limit ${limit + 1}
        )
        select u.id as "userId", u.email, u.name, u.status from member cross join "user" as u
          where u.id = member.id and u.tenant_id = ${tenantId} and u.deleted_at is null order by u.id`.execute(
        longReadsOf(connection),
      )
      return toPage(rows, limit, ({ userId }) => userId)
    },
  }
}
