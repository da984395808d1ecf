// Requests made from a row’s description: its path, and the least body that it takes.
import type { Route } from '#surfaces/surface.ts'
import { additionalMembers } from './row-bodies.ts'
import { idPlaces } from './row-ids.ts'
import { bodyOf, minimalValue } from './row-schema.ts'
import { createOfType, type Ids, type TestTenant } from './tenant-resources.ts'

/** A path with ids in the place of its parameters. */
export function pathOf({ path }: Route, issuerId: string, ids: Ids): string {
  const rest = [...ids]
  return path.replace(/\{(\w+)\}/g, (_, name: string) => (name === 'issuer_id' ? issuerId : (rest.shift() ?? name)))
}

/**
 * The least body that a row takes: what it requires, with ids of what is there.
 * @param site where it is about
 * @param ids what the path names
 * @param tried the member that is tried out with it
 */
export async function minimalBody(
  route: Route,
  site: TestTenant,
  ids: Ids,
  tried?: string,
): Promise<Record<string, unknown> | undefined> {
  const schema = bodyOf(route)
  if (!schema) return undefined
  const required: Record<string, unknown> = { ...(minimalValue(schema, 'body') as object) }
  for (const place of idPlaces(route)) {
    if (place.in === 'body' && place.name in required) {
      Object.assign(required, place.put({ query: {}, body: {} }, await createOfType(site, place.noun)).body)
    }
  }
  // Who reaches several tenants has to say which one.
  if (route.method === 'POST' && schema.properties?.tenant_id) required.tenant_id = site.id
  const further = await additionalMembers(route.operation.name, { site, ids, tried })
  const taken = Object.entries(further).filter(([name]) => !schema.properties || name in schema.properties)
  return { ...required, ...Object.fromEntries(taken) }
}
