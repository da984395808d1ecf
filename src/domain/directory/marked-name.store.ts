// Reads the rows that have a name which another row has, since before names were told apart.
import { type Kysely, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { Schema } from '#database/schema.ts'

/** A row that is to be renamed, and the older one that keeps the name. */
export interface MarkedName {
  readonly kind: 'user' | 'group' | 'role'
  readonly id: string
  readonly tenantId: string
  readonly keptId: string
}

const KEYS = {
  user: ['email_key', 'email_lookalike', 'username_key', 'username_lookalike'],
  group: ['name_key', 'name_lookalike'],
  role: ['name_key', 'name_lookalike'],
} as const

/** The rows that were not renamed since, at most a number of each kind. */
export async function markedNames({ kysely }: Pick<Connection, 'kysely'>, most: number): Promise<MarkedName[]> {
  const kinds = Object.keys(KEYS) as (keyof typeof KEYS)[]
  return (await Promise.all(kinds.map((kind) => markedIn(kysely, kind, most)))).flat()
}

async function markedIn(kysely: Kysely<Schema>, kind: keyof typeof KEYS, most: number): Promise<MarkedName[]> {
  const isStill = sql.join(
    KEYS[kind].map((column) => sql`named.${sql.ref(column)} = marked.key`),
    sql` or `,
  )
  const { rows } = await sql<MarkedName>`
    select marked.kind, marked.id, marked.tenant_id as "tenantId", min(marked.kept_id) as "keptId"
      from marked_name as marked join ${sql.table(kind)} as named on named.id = marked.id
      where marked.kind = ${kind} and named.deleted_at is null and (${isStill})
      group by marked.kind, marked.id, marked.tenant_id order by marked.id limit ${most}`.execute(kysely)
  return rows
}
