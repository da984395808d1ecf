// Makes the tables of groups, organizations and roles.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE_UNDELETED, VERSIONED } from './tables.ts'

// The tables between two things are read from both ends, so each has its key for one end and an index for the other;
// their rows go when either end does.

/** Groups that nest, organizations with members and invitations, and roles of applications’ users. */
export function groupsOrganizationsRoles(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await groups(definer)
      await organizations(definer)
      await roles(definer)
    },
  }
}

async function groups(definer: Definer): Promise<void> {
  const group = {
    id: 'text',
    tenant_id: 'text',
    directory_id: 'text',
    name: 'text',
    name_key: 'text',
    description: 'text?',
    group_type: 'text',
    member_count: 'integer',
    ...VERSIONED,
  } as const
  await definer.table('group', group, { references: { directory_id: 'directory' } })
  await definer.index('group', ['directory_id', 'name_key'], UNIQUE_UNDELETED)
  await definer.index('group', ['directory_id', 'id'])
  const member = { group_id: 'text', user_id: 'text', tenant_id: 'text', created_at: 'integer' } as const
  const memberOf = { group_id: 'group', user_id: 'user' }
  await definer.table('group_member', member, { key: ['group_id', 'user_id'], clustered: true, references: memberOf })
  await definer.index('group_member', ['user_id', 'group_id'])
  const nesting = { child_id: 'text', parent_id: 'text', tenant_id: 'text', created_at: 'integer' } as const
  const between = { child_id: 'group', parent_id: 'group' }
  await definer.table('group_nesting', nesting, {
    key: ['child_id', 'parent_id'],
    clustered: true,
    references: between,
  })
  await definer.index('group_nesting', ['parent_id', 'child_id'])
}

async function organizations(definer: Definer): Promise<void> {
  const organization = {
    id: 'text',
    tenant_id: 'text',
    directory_id: 'text',
    name: 'text',
    slug: 'text',
    logo_url: 'text?',
    settings: 'text',
    ...VERSIONED,
  } as const
  await definer.table('organization', organization, { references: { directory_id: 'directory' } })
  await definer.index('organization', ['tenant_id', 'slug'], UNIQUE_UNDELETED)
  await definer.index('organization', ['directory_id', 'id'])
  const member = {
    organization_id: 'text',
    user_id: 'text',
    tenant_id: 'text',
    role: 'text',
    permissions: 'text',
    joined_at: 'integer',
  } as const
  await definer.table('organization_member', member, {
    key: ['organization_id', 'user_id'],
    references: { organization_id: 'organization', user_id: 'user' },
  })
  await definer.index('organization_member', ['user_id', 'organization_id'])
  await definer.index('organization_member', ['organization_id', 'role'])
  const invitation = {
    id: 'text',
    tenant_id: 'text',
    organization_id: 'text',
    email: 'text',
    email_key: 'text',
    role: 'text',
    permissions: 'text',
    token_hash: 'text',
    status: 'text',
    expires_at: 'integer',
    created_at: 'integer',
    settled_at: 'integer?',
  } as const
  await definer.table('invitation', invitation, { references: { organization_id: 'organization' } })
  await definer.index('invitation', ['organization_id', 'email_key'], {
    unique: true,
    where: ['settled_at', 'is', null],
  })
  await definer.index('invitation', ['organization_id', 'id'])
}

async function roles(definer: Definer): Promise<void> {
  const role = {
    id: 'text',
    tenant_id: 'text',
    realm_id: 'text',
    name: 'text',
    description: 'text?',
    permissions: 'text',
    ...VERSIONED,
  } as const
  await definer.table('role', role, { references: { realm_id: 'realm' } })
  await definer.index('role', ['realm_id', 'name'], UNIQUE_UNDELETED)
  await definer.index('role', ['realm_id', 'id'])
  // A role's permissions once more, one row each: what a check looks for.
  const permission = { role_id: 'text', permission: 'text', tenant_id: 'text' } as const
  await definer.table('role_permission', permission, {
    key: ['role_id', 'permission'],
    clustered: true,
    references: { role_id: 'role' },
  })
  const assignment = {
    subject_id: 'text',
    organization_id: 'text',
    role_id: 'text',
    subject_type: 'text',
    tenant_id: 'text',
    created_at: 'integer',
  } as const
  await definer.table('role_assignment', assignment, {
    key: ['subject_id', 'organization_id', 'role_id'],
    clustered: true,
    references: { role_id: 'role' },
  })
  await definer.index('role_assignment', ['role_id', 'subject_id'])
}
