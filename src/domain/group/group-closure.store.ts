import { type Selectable, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { GroupTable } from '#database/tables/people.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { type Group, type GroupMemberView, NESTING_DEPTH_MAX } from './group.ts'
import { toGroup } from './group-row.store.ts'

// What follows from groups inside groups. `union` instead of `union all` is the visited set: no group is walked twice,
// so that diamonds cost nothing. `cross join` keeps SQLite, which has no statistics, to the order that is written.

interface Of {
  tenant_id: string
  user_id: string
}
interface Place extends Of {
  directory_id: string
}
type Membership = Selectable<GroupTable> & { direct: number }

/** The groups of a user, as the first part of a statement: `effective(id)`. */
export function effectiveGroups({ tenant_id, user_id }: Of) {
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

/** What the nesting of one tenant’s groups leads to. */
export function groupClosureStore(connection: Connection, tenantId: string) {
  const { kysely } = connection

  async function levels(from: string, way: 'up' | 'down'): Promise<{ id: string; depth: number }[]> {
    const [near, far] = way === 'up' ? ['child_id', 'parent_id'] : ['parent_id', 'child_id']
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
     * What lies around a group, and how far away at most.
     * @param way `up` for the groups that it is in, `down` for those that are in it
     */
    levels,

    /** One page of the groups that a user belongs to, directly or through a group inside, oldest first. */
    async ofUser(
      directoryId: string,
      userId: string,
      { limit, cursor }: PageQuery,
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
        ...toGroup(row),
        membership: Number(row.direct) > 0 ? ('direct' as const) : ('inherited' as const),
      }))
      return { ...page, data }
    },

    /** The names of the groups that a user belongs to, in the order of the names, the first `most` of them. */
    async namesOfUser(directoryId: string, userId: string, most: number): Promise<string[]> {
      const of = { tenant_id: tenantId, directory_id: directoryId, user_id: userId, most }
      return (await connection.run(findNames, of)).map(({ name }) => name)
    },

    /**
     * One page of the users who belong to a group or to a group inside it, each once, oldest first. Of each group no more
     * are read than a page has.
     */
    async effectiveMembers(groupId: string, { limit, cursor }: PageQuery): Promise<Page<GroupMemberView>> {
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
          where u.id = member.id and u.tenant_id = ${tenantId} and u.deleted_at is null order by u.id`.execute(kysely)
      return toPage(rows, limit, ({ userId }) => userId)
    },
  }
}
