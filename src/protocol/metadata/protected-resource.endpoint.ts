// The metadata of the resources of a realm (RFC 9728), at the realm's own address.
import {
  issuerAsResource,
  metadataOfResource,
  RESOURCE_METADATA_PATH,
  resourceAt,
} from '#domain/resource/protected-resource.ts'
import { Failure } from '#kernel/error.ts'
import { PLATFORM } from '#kernel/id.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { refuseAsJson } from '#web/reply.ts'
import { cacheable } from './metadata.endpoint.ts'
import { withSignedMetadata } from './signed-metadata.ts'

/**
 * RFC 9728 §3. The path names a resource by its slug or by the path of its identifier; without one, it is the resource of the
 * host that was asked, else the issuer itself.
 */
export const protectedResourceEndpoint: Endpoint = {
  name: 'protected_resource_metadata',
  methods: ['GET'],
  paths: [RESOURCE_METADATA_PATH, `${RESOURCE_METADATA_PATH}/*`],
  crossOrigin: true,
  refuse: refuseAsJson,
  async respond(services, request) {
    const context = contextOf(services, request)
    const { realm, issuer, host = '', rest = '' } = request
    const resources = [...(await context.registry.resources(realm.tenantId)).values()]
    const own = resources.filter(({ id }) => (id === PLATFORM) === (realm.kind === 'admin'))
    const named = resourceAt(own, rest, host) ?? (rest === '' ? issuerAsResource(issuer, realm.name) : undefined)
    if (!named) throw new Failure('not_found', 'No resource of this realm has this path or slug.')
    return cacheable(await withSignedMetadata(context, issuer, metadataOfResource(named, issuer)))
  },
}
