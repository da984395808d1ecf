// Reads the permissions of users.
import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import { effectiveGroups } from '../group/group-closure.store.ts'

// One statement reads the user, the membership in the organization, and the roles of the user, of the user’s groups and
// of the membership.

/** A user in a realm, and optionally in an organization; the organization is empty if there is none. */
interface CheckedUser {
  tenant_id: string
  directory_id: string
  realm_id: string
  user_id: string
  organization_id: string
}

interface CheckedPermission extends CheckedUser {
  exact: string
  every_verb: string
  every_noun: string
}

/**
 * One row of the result. `permission` contains the status in the user's row, and a JSON list in the membership's row.
 */
interface PermissionRow {
  kind: 'itself' | 'membership' | 'user' | 'group' | 'organization_member'
  permission: string
  role_id: string | null
  role: string | null
  subject_id: string
}

function statementOf(value: (name: keyof CheckedUser) => string, narrowed: ReturnType<typeof sql>) {
  const tenant_id = value('tenant_id')
  const user_id = value('user_id')
  const organization_id = value('organization_id')
  return sql<PermissionRow>`with recursive ${effectiveGroups({ tenant_id, user_id })}, subject(id, place) as (
      select id, '' from "user" where id = ${user_id}
      union all
      select id, '' from effective
      union all
      select user_id, organization_id from organization_member
        where organization_id = ${organization_id} and user_id = ${user_id} and tenant_id = ${tenant_id}
    )
    select 'itself' as kind, status as permission, null as role_id, null as role, id as subject_id from "user"
      where id = ${user_id} and tenant_id = ${tenant_id} and directory_id = ${value('directory_id')}
        and deleted_at is null
    union all
    select 'membership', permissions, null, role, user_id from organization_member
      where organization_id = ${organization_id} and user_id = ${user_id} and tenant_id = ${tenant_id}
    union all
    select given.subject_type, granted.permission, role.id, role.name, given.subject_id
      from subject cross join role_assignment as given cross join role cross join role_permission as granted
      where given.subject_id = subject.id and given.organization_id = subject.place and given.tenant_id = ${tenant_id}
        and role.id = given.role_id and role.realm_id = ${value('realm_id')} and role.tenant_id = ${tenant_id}
        and role.deleted_at is null and (role.organization_id is null or role.organization_id = given.organization_id)
        and granted.role_id = role.id ${narrowed}`
}

const checkPermission = prepared<CheckedPermission, PermissionRow>('permission_check', (kysely, value) => ({
  compile: () =>
    statementOf(
      value,
      sql`and granted.permission in (${value('exact')}, ${value('every_verb')}, ${value('every_noun')}, '*')`,
    ).compile(kysely),
}))

const listPermissions = prepared<CheckedUser, PermissionRow>('permission_list', (kysely, value) => ({
  compile: () => statementOf(value, sql``).compile(kysely),
}))

// In an organization, only what is assigned to the member counts; else what is assigned to the user and its groups.
const listNames = prepared<Omit<CheckedUser, 'directory_id'>, { name: string }>('role_names', (kysely, value) => {
  const [tenant_id, user_id, organization_id] = [value('tenant_id'), value('user_id'), value('organization_id')]
  return {
    compile: () =>
      sql<{ name: string }>`with recursive ${effectiveGroups({ tenant_id, user_id })}, subject(id) as (
          select id from "user" where id = ${user_id}
          union all
          select id from effective where ${organization_id} = ''
        )
        select distinct role.name as name
          from subject cross join role_assignment as given cross join role
          where given.subject_id = subject.id and given.organization_id = ${organization_id}
            and given.tenant_id = ${tenant_id} and role.id = given.role_id and role.realm_id = ${value('realm_id')}
            and role.tenant_id = ${tenant_id} and role.deleted_at is null
            and (role.organization_id is null or role.organization_id = given.organization_id)
          order by role.name`.compile(kysely),
  }
})

/** A permission of a user, and its source. */
export interface Source {
  readonly permission: string
  readonly kind: 'membership' | 'user' | 'group' | 'organization_member'
  readonly roleId: string | null
  readonly role: string | null
  readonly subjectId: string
}

/** The realm and the organization of a query. */
export interface Place {
  readonly directoryId: string
  readonly realmId: string
  readonly organizationId: string | undefined
}

/** The permissions of the users of one tenant. */
export function roleCheckStore(connection: Connection, tenantId: string) {
  const checkedUser = (place: Place, userId: string): CheckedUser => ({
    tenant_id: tenantId,
    directory_id: place.directoryId,
    realm_id: place.realmId,
    user_id: userId,
    organization_id: place.organizationId ?? '',
  })
  return {
    /**
     * The user's permissions that cover a permission; none if the user is suspended.
     * @param covering the permission, `noun:*` and `*:verb`; `*` is always included
     * @returns undefined if the user does not exist
     */
    async covering(
      place: Place,
      userId: string,
      [exact, everyVerb, everyNoun]: readonly [string, string, string, ...string[]],
    ): Promise<Source[] | undefined> {
      const values = { ...checkedUser(place, userId), exact, every_verb: everyVerb, every_noun: everyNoun }
      const sources = sourcesOf(await connection.run(checkPermission, values))
      return sources?.filter(({ permission }) => [exact, everyVerb, everyNoun, '*'].includes(permission))
    },

    /**
     * The names of the roles that a user has, directly and by groups, or as a member of an organization; in their order.
     * @param most how many
     */
    async namesOfUser(
      { realmId, organizationId }: Pick<Place, 'realmId' | 'organizationId'>,
      userId: string,
      most: number,
    ): Promise<string[]> {
      const values = { tenant_id: tenantId, realm_id: realmId, user_id: userId, organization_id: organizationId ?? '' }
      const rows = await connection.run(listNames, values)
      return rows.slice(0, most).map(({ name }) => name)
    },

    /** All permissions of a user; none if the user is suspended. @returns undefined if the user does not exist */
    async allOf(place: Place, userId: string): Promise<Source[] | undefined> {
      return sourcesOf(await connection.run(listPermissions, checkedUser(place, userId)))
    },
  }
}

function sourcesOf(rows: readonly PermissionRow[]): Source[] | undefined {
  const itself = rows.find(({ kind }) => kind === 'itself')
  if (!itself) return undefined
  if (itself.permission !== 'active') return []
  return rows.flatMap<Source>(({ kind, permission, role_id: roleId, role, subject_id: subjectId }) => {
    if (kind === 'itself') return []
    if (kind !== 'membership') return [{ kind, permission, roleId, role, subjectId }]
    const granted: string[] = JSON.parse(permission)
    return granted.map((each) => ({ kind, permission: each, roleId, role, subjectId }))
  })
}
