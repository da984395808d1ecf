// Owns the inputs of SCIM operations.
import { groupMembers } from '#domain/group/group.operations.ts'
import { byId, type Fixture, type Fixtures, type Maker } from './maker.ts'

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

const PLACE = { base: '/scim/v2' }
const OF_USERS = { ...PLACE, withGroups: true }
const OF_GROUPS = { ...PLACE, withMembers: true }
const WINDOW = { startIndex: 1, count: 10 }

const place: Fixture = () => ({ input: PLACE })

function user(maker: Maker) {
  const email = maker.email()
  return { schemas: [USER], userName: email, emails: [{ value: email, primary: true }], name: { givenName: 'Ada' } }
}

/** A group of a user and another group. */
async function group(maker: Maker) {
  const members = [{ value: (await maker.user()).id }, { value: (await maker.group()).id, type: 'Group' }]
  return { schemas: [GROUP], displayName: maker.word(), members }
}

/** Somebody comes and somebody goes. */
async function changeOfMembers(maker: Maker) {
  const { id } = await maker.group()
  const { data } = await maker.run(groupMembers, { id })
  const operations = [
    { op: 'replace', path: 'displayName', value: maker.word() },
    { op: 'add', path: 'members', value: [{ value: (await maker.user()).id }] },
    { op: 'remove', path: 'members', value: [{ value: data[0]?.userId }] },
  ]
  return { ...OF_GROUPS, id, patch: { schemas: [PATCH], Operations: operations } }
}

async function bulk(maker: Maker) {
  const operations = [
    { method: 'POST', path: '/Users', bulkId: 'ada', data: user(maker) },
    {
      method: 'POST',
      path: '/Groups',
      bulkId: 'crew',
      data: { schemas: [GROUP], displayName: maker.word(), members: [{ value: 'bulkId:ada' }] },
    },
    { method: 'DELETE', path: `/Users/${(await maker.user()).id}` },
  ]
  return { ...PLACE, body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations: operations } }
}

/** Calls of what SCIM does in its own words. */
export const SCIM: Fixtures = {
  'scim.config': place,
  'scim.resource_types': place,
  'scim.resource_type': () => ({ input: { ...PLACE, id: 'User' } }),
  'scim.schemas': place,
  'scim.schema': () => ({ input: { ...PLACE, id: USER } }),
  'scim.bulk': async (maker) => ({ input: await bulk(maker) }),

  'scim_user.list': () => ({ input: { ...OF_USERS, ...WINDOW } }),
  'scim_user.get': byId((maker) => maker.busyUser(), undefined, OF_USERS),
  'scim_user.create': (maker) => ({ input: { ...OF_USERS, resource: user(maker) } }),
  'scim_user.replace': async (maker) => ({
    input: { ...OF_USERS, id: (await maker.busyUser()).id, resource: { ...user(maker), password: maker.word() } },
  }),
  'scim_user.patch': async (maker) => ({
    input: {
      ...OF_USERS,
      id: (await maker.busyUser()).id,
      patch: { schemas: [PATCH], Operations: [{ op: 'replace', path: 'active', value: false }] },
    },
  }),

  'scim_group.list': () => ({ input: { ...OF_GROUPS, ...WINDOW } }),
  'scim_group.get': byId((maker) => maker.group(), undefined, OF_GROUPS),
  'scim_group.create': async (maker) => ({ input: { ...OF_GROUPS, resource: await group(maker) } }),
  'scim_group.replace': async (maker) => ({
    input: { ...OF_GROUPS, id: (await maker.group()).id, resource: await group(maker) },
  }),
  'scim_group.patch': async (maker) => ({ input: await changeOfMembers(maker) }),
}
