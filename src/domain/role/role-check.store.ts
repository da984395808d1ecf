import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import { effectiveGroups } from '../group/group-closure.store.ts'

// What a user has, in one statement: who the user is, what the membership gives, and the roles of the user, of the
// user’s groups and of the membership.

/** A user, asked about in a realm; the organization is empty where none is meant. */
interface About {
  tenant_id: string
  directory_id: string
  realm_id: string
  user_id: string
  organization_id: string
}

interface Asked extends About {
  exact: string
  every_verb: string
  every_noun: string
}

/** One row of the answer. Of the user itself `permission` is the status; of a membership, a JSON list. */
interface Found {
  kind: 'itself' | 'membership' | 'user' | 'group' | 'organization_member'
  permission: string
  role_id: string | null
  role: string | null
  subject_id: string
}

function statementOf(value: (name: keyof About) => string, narrowed: ReturnType<typeof sql>) {
  const tenant_id = value('tenant_id')
  const user_id = value('user_id')
  const organization_id = value('organization_id')
  return sql<Found>`with recursive ${effectiveGroups({ tenant_id, user_id })}, subject(id, place) as (
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
        and role.deleted_at is null and granted.role_id = role.id ${narrowed}`
}

const checkPermission = prepared<Asked, Found>('permission_check', (kysely, value) => ({
  compile: () =>
    statementOf(
      value,
      sql`and granted.permission in (${value('exact')}, ${value('every_verb')}, ${value('every_noun')}, '*')`,
    ).compile(kysely),
}))

const listPermissions = prepared<About, Found>('permission_list', (kysely, value) => ({
  compile: () => statementOf(value, sql``).compile(kysely),
}))

/** A permission that somebody has, and where from. */
export interface Source {
  readonly permission: string
  readonly kind: 'membership' | 'user' | 'group' | 'organization_member'
  readonly roleId: string | null
  readonly role: string | null
  readonly subjectId: string
}

/** Where a permission is asked for. */
export interface Place {
  readonly directoryId: string
  readonly realmId: string
  readonly organizationId: string | undefined
}

/** What users of one tenant may do. */
export function roleCheckStore(connection: Connection, tenantId: string) {
  const about = (place: Place, userId: string): About => ({
    tenant_id: tenantId,
    directory_id: place.directoryId,
    realm_id: place.realmId,
    user_id: userId,
    organization_id: place.organizationId ?? '',
  })
  return {
    /**
     * What of a user covers a permission; nothing for one who is suspended.
     * @param covering the permission, `noun:*` and `*:verb`; `*` goes without saying
     * @returns undefined where there is no such user
     */
    async covering(
      place: Place,
      userId: string,
      [exact, everyVerb, everyNoun]: readonly [string, string, string, ...string[]],
    ): Promise<Source[] | undefined> {
      const values = { ...about(place, userId), exact, every_verb: everyVerb, every_noun: everyNoun }
      const sources = sourcesOf(await connection.run(checkPermission, values))
      return sources?.filter(({ permission }) => [exact, everyVerb, everyNoun, '*'].includes(permission))
    },

    /** All that a user has; nothing for one who is suspended. @returns undefined where there is no such user */
    async allOf(place: Place, userId: string): Promise<Source[] | undefined> {
      return sourcesOf(await connection.run(listPermissions, about(place, userId)))
    },
  }
}

function sourcesOf(rows: readonly Found[]): Source[] | undefined {
  const itself = rows.find(({ kind }) => kind === 'itself')
  if (!itself) return undefined
  if (itself.permission !== 'active') return []
  return rows.flatMap<Source>(({ kind, permission, role_id: roleId, role, subject_id: subjectId }) => {
    if (kind === 'itself') return []
    if (kind !== 'membership') return [{ kind, permission, roleId, role, subjectId }]
    const given: string[] = JSON.parse(permission)
    return given.map((one) => ({ kind, permission: one, roleId, role, subjectId }))
  })
}
