// Where ids stand in SCIM’s filters and bodies, whose schemas are no JSON Schema.
import type { Route } from '#surfaces/surface.ts'
import type { IdPlace, Sent } from './id-place.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

type Noun = 'user' | 'group'

/** A place in a body that is refused if no object has the id, by default. */
function inBody(name: string, noun: Noun, members: (id: string) => object, isPassedOver = false): IdPlace {
  const put = ({ query, body }: Sent, id: string) => ({ query, body: { ...body, ...members(id) } })
  return { name, in: 'body', noun, isFilter: isPassedOver, put }
}

function inFilter({ method }: Route, attribute: string, noun: Noun): IdPlace {
  const filter = (id: string) => ({ filter: `${attribute} eq "${id}"` })
  if (method !== 'GET') return inBody(attribute, noun, filter, true)
  const put = ({ query, body }: Sent, id: string) => ({ query: { ...query, ...filter(id) }, body })
  return { name: `filter: ${attribute}`, in: 'query', noun, isFilter: true, put }
}

function inPatch(name: string, noun: Noun, operation: (id: string) => object, isPassedOver = false): IdPlace {
  return inBody(name, noun, (id) => ({ Operations: [operation(id)] }), isPassedOver)
}

/** In a bulk request each operation fails alone, and the whole succeeds. */
function inBulk(name: string, noun: Noun, operation: (id: string) => object): IdPlace {
  return inBody(name, noun, (id) => ({ Operations: [operation(id)] }), true)
}

const superior = inBody('manager', 'user', (id) => ({ [ENTERPRISE]: { manager: { value: id } } }))
const members = [
  inBody('members: a user', 'user', (id) => ({ members: [{ value: id }] })),
  inBody('members: a group', 'group', (id) => ({ members: [{ value: id, type: 'Group' }] })),
]
const replaced = { op: 'replace', path: 'displayName', value: 'Other' }

/** By operation. */
const PLACES: Readonly<Record<string, (route: Route) => readonly IdPlace[]>> = {
  'scim_user.list': (route) => [inFilter(route, 'id', 'user'), inFilter(route, 'groups.value', 'group')],
  'scim_user.create': () => [superior],
  'scim_user.replace': () => [superior],
  'scim_user.patch': () => [
    inPatch('manager', 'user', (id) => ({ op: 'add', path: `${ENTERPRISE}:manager.value`, value: id })),
  ],
  'scim_group.list': (route) => [inFilter(route, 'id', 'group'), inFilter(route, 'members.value', 'user')],
  'scim_group.create': () => members,
  'scim_group.replace': () => members,
  'scim_group.patch': () => [
    inPatch('added user', 'user', (id) => ({ op: 'add', path: 'members', value: [{ value: id }] })),
    inPatch('added group', 'group', (id) => ({ op: 'add', path: 'members', value: [{ value: id }] })),
    inPatch('replaced members', 'user', (id) => ({ op: 'replace', path: 'members', value: [{ value: id }] })),
    inPatch('removed user', 'user', (id) => ({ op: 'remove', path: `members[value eq "${id}"]` }), true),
  ],
  'scim.bulk': () => [
    inBulk('a user’s path', 'user', (id) => bulk('PATCH', `/Users/${id}`, { Operations: [replaced] })),
    inBulk('a deleted user’s path', 'user', (id) => ({ method: 'DELETE', path: `/Users/${id}` })),
    inBulk('a group’s path', 'group', (id) => bulk('PUT', `/Groups/${id}`, { displayName: 'Other' })),
    inBulk('a member', 'user', (id) => ({
      ...bulk('POST', '/Groups', { displayName: 'New', members: [{ value: id }] }),
      bulkId: 'a',
    })),
  ],
}

function bulk(method: string, path: string, data: object): object {
  return { method, path, data }
}

/** Every place for an id in a SCIM row; none in rows of other surfaces. @throws Error for a body that nothing is known of */
export function scimPlaces(route: Route): readonly IdPlace[] {
  if (!route.path.includes('/scim/v2/')) return []
  const places = PLACES[route.operation.name]
  if (!places && route.describe().requestBody) {
    throw new Error(`Say in src/testing/scim-ids.ts where ids stand in ${route.operation.name}.`)
  }
  return places?.(route) ?? []
}
