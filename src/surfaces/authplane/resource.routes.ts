// The rows for resources.
import * as resources from '#domain/resource/resource.operations.ts'
import { ResourceView } from '#domain/resource/resource.ts'
import type { Route } from '../surface.ts'
import { created, list, noContent, ok, representation, row } from './dialect.ts'

const resource = representation(ResourceView, {
  pick: ['id', 'slug', 'identifier', 'name', 'backend', 'scopes', 'createdAt', 'updatedAt'],
  names: { identifier: 'uri', name: 'display_name', backend: 'backend_kind' },
})

/** Resources (AuthPlane, “Register a resource”). */
export const resourceRoutes: readonly Route[] = [
  row('POST /admin/resources', resources.resourceCreate, created(resource)),
  row('GET /admin/resources', resources.resourceList, list(resource)),
  row('GET /admin/resources/{id}', resources.resourceGet, ok(resource)),
  row('PATCH /admin/resources/{id}', resources.resourceUpdate, ok(resource)),
  row('DELETE /admin/resources/{id}', resources.resourceDelete, noContent),
]
