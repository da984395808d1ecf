// Makes sites of the reverse proxy unique by their host.
import { type Kysely, type Migration, sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import type { Schema } from '../schema.ts'
import { Definer, UNIQUE_UNDELETED } from './tables.ts'

/**
 * Requests name only a host, so two sites that differ by the scheme were one to them. Of such sites, the oldest stays and the
 * others are deleted.
 */
export function proxyHosts(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<Schema>) => {
      const definer = new Definer(kysely, dialect)
      await definer.filledColumns('proxy_site', { host: '' })
      const ordered = kysely.selectFrom('proxy_site').select(['id', 'public_url', 'deleted_at', 'updated_at'])
      const taken = new Set<string>()
      for (const site of await ordered.orderBy('created_at').orderBy('id').execute()) {
        const host = new URL(site.public_url).host.replace(/:(?:80|443)$/, '')
        const isSecond = site.deleted_at === null && taken.has(host)
        if (site.deleted_at === null) taken.add(host)
        const change = { host, ...(isSecond && { deleted_at: site.updated_at }) }
        await kysely.updateTable('proxy_site').set(change).where('id', '=', site.id).execute()
      }
      await sql`drop index proxy_site_public_url`.execute(kysely)
      await definer.index('proxy_site', ['host'], UNIQUE_UNDELETED)
    },
  }
}
