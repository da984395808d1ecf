import type { Kysely, Selectable } from 'kysely'
import type { Schema } from '#database/schema.ts'
import type { UserTable } from '#database/tables/people.ts'
import { emailKey, NO_PROFILE, nameKey, type User, usernameKey, type WorkProfile } from './user.ts'

/** Every column but the password’s hash, which only a sign-in reads. */
export const PROFILE = [
  'id',
  'tenant_id',
  'directory_id',
  'email',
  'email_verified',
  'name',
  'given_name',
  'family_name',
  'status',
  'admin_role',
  'admin_partner_id',
  'password_set_at',
  'attributes',
  'last_sign_in_at',
  'username',
  'profile',
  'external_id',
  'version',
  'created_at',
  'updated_at',
] as const
export type Profile = Pick<Selectable<UserTable>, (typeof PROFILE)[number]>

/** A directory and the tenant that it has to be of. */
export type Place = Pick<UserTable, 'tenant_id' | 'directory_id'>

/** The users of a directory that were not deleted. */
export function livingUsers(kysely: Kysely<Schema>, place: Place) {
  return kysely
    .selectFrom('user')
    .select(PROFILE)
    .where('tenant_id', '=', place.tenant_id)
    .where('directory_id', '=', place.directory_id)
    .where('deleted_at', 'is', null)
}

/** Which of these users a directory has; nobody deletes them until the write is done. */
export async function holdUsers(kysely: Kysely<Schema>, place: Place, ids: readonly string[]): Promise<Set<string>> {
  const rows = await livingUsers(kysely, place).where('id', 'in', ids).orderBy('id').forShare().execute()
  return new Set(rows.map(({ id }) => id))
}

/** How many living users a tenant has. */
export async function countUsers(kysely: Kysely<Schema>, tenantId: string): Promise<number> {
  const { count } = await kysely
    .selectFrom('user')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('directory_id', 'in', (row) => row.selectFrom('directory').select('id').where('tenant_id', '=', tenantId))
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** An update of one user who was not deleted, whatever the directory. */
export function changeUser(kysely: Kysely<Schema>, tenantId: string, id: string) {
  return kysely
    .updateTable('user')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
}

/** @param passwordHash a PHC string; null where the user has no password */
export function toNewRow(user: User, passwordHash: string | null) {
  return {
    ...toRow(user),
    id: user.id,
    tenant_id: user.tenantId,
    directory_id: user.directoryId,
    admin_role: user.adminRole,
    admin_partner_id: user.adminPartnerId,
    password_hash: passwordHash,
    password_set_at: user.passwordSetAt,
    last_sign_in_at: user.lastSignInAt,
    created_at: user.createdAt,
  } satisfies Partial<Selectable<UserTable>>
}

/** The columns that an administrator may change, and those that follow from them. */
export function toRow(user: User) {
  return {
    email: user.email,
    email_key: emailKey(user.email),
    email_verified: user.emailVerified ? 1 : 0,
    name: user.name,
    given_name: user.givenName,
    family_name: user.familyName,
    name_key: nameKey(user),
    username: user.username,
    username_key: usernameKey(user),
    profile: profileOf(user),
    external_id: user.externalId,
    status: user.status,
    admin_role: user.adminRole,
    admin_partner_id: user.adminPartnerId,
    attributes: JSON.stringify(user.attributes),
    version: user.version,
    updated_at: user.updatedAt,
  } as const satisfies Partial<Selectable<UserTable>>
}

// Null where nothing is known, as of most users.
function profileOf({ title, department, reportsTo, phone, employeeId }: WorkProfile): string | null {
  const known = Object.entries({ title, department, reportsTo, phone, employeeId }).filter(
    ([, value]) => value !== null,
  )
  return known.length === 0 ? null : JSON.stringify(Object.fromEntries(known))
}

/** A user as the domain knows one. */
export function toUser(row: Profile): User {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    directoryId: row.directory_id,
    email: row.email,
    emailVerified: row.email_verified === 1,
    name: row.name,
    givenName: row.given_name,
    familyName: row.family_name,
    username: row.username,
    externalId: row.external_id,
    ...NO_PROFILE,
    ...(row.profile !== null && (JSON.parse(row.profile) as Partial<WorkProfile>)),
    status: row.status as User['status'],
    adminRole: row.admin_role,
    adminPartnerId: row.admin_partner_id,
    passwordSetAt: row.password_set_at,
    attributes: JSON.parse(row.attributes),
    lastSignInAt: row.last_sign_in_at,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
