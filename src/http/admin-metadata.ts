// Says where to get tokens for the admin API, so that a program which knows only its address finds the way.
import { adminRealmOfSlug } from '#domain/admin-realm/admin-realm.store.ts'
import type { House } from '#domain/open-context.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { ADMIN_SCOPE } from '#domain/resource/platform-api.ts'
import { DEFAULT_TENANT } from '#domain/tenant/tenant.ts'
import { parametersOf } from './form.ts'
import { type Listener, queryOf } from './listener.ts'

/**
 * Mounts the metadata of the admin API as a protected resource (RFC 9728 §3). Whoever names a tenant with
 * `?tenant={slug}` gets that one’s admin realm, others the first one’s.
 */
export function mountAdminMetadata(app: Listener, { registry, database }: House): void {
  app.get('/.well-known/oauth-protected-resource', async (request, reply) => {
    const slug = parametersOf(queryOf(request)).get('tenant') ?? DEFAULT_TENANT
    const id = await adminRealmOfSlug(database.read, slug)
    const found = id === undefined ? undefined : await registry.realmById(id)
    if (!found) {
      return reply.code(404).send({ error: 'not_found', error_description: 'There is no such tenant.' })
    }
    const { adminUrl } = registry.settings
    return reply.header('cache-control', 'no-store').send({
      resource: adminUrl,
      resource_name: 'Countersign Admin API',
      authorization_servers: [issuerOf(found.realm, registry.settings)],
      scopes_supported: [ADMIN_SCOPE],
      bearer_methods_supported: ['header'],
      resource_documentation: `${adminUrl}/docs`,
    })
  })
}
