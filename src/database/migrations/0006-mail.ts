// Makes the table of mails.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Mails: what is to be sent, and what became of it. */
export function mail(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      const columns = {
        id: 'text',
        tenant_id: 'text',
        realm_id: 'text',
        kind: 'text',
        about_id: 'text?',
        recipient: 'text',
        subject: 'text',
        body: 'text?',
        status: 'text',
        attempts: 'integer',
        error: 'text?',
        response_code: 'integer?',
        expires_at: 'integer',
        created_at: 'integer',
        attempted_at: 'integer?',
        next_attempt_at: 'integer?',
        settled_at: 'integer?',
      } as const
      await definer.table('mail', columns, { references: { realm_id: 'realm' } })
      await definer.index('mail', ['realm_id', 'id'])
      await definer.index('mail', ['realm_id', 'status', 'id'])
      await definer.index('mail', ['about_id'], { where: ['settled_at', 'is', null] })
      await definer.index('mail', ['next_attempt_at'], { where: ['next_attempt_at', 'is not', null] })
      await definer.index('mail', ['settled_at'], { where: ['settled_at', 'is not', null] })
    },
  }
}
