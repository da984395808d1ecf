// Makes the first tables: partners, tenants, realms, users, clients, tokens and events.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE, UNIQUE_UNDELETED, VERSIONED } from './tables.ts'

// Indexes are what a write costs, so each is there for one question that is asked of a million rows. The append-only
// tables have no foreign keys: a look-up per row and key would buy nothing where rows are never changed or removed.

/** The model's first tables. */
export function model(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await tenancy(definer)
      await people(definer)
      await clients(definer)
      await keys(definer)
      await sessions(definer)
      await tokens(definer)
      await log(definer)
    },
  }
}

async function tenancy(definer: Definer): Promise<void> {
  await definer.table('partner', {
    id: 'text',
    name: 'text',
    slug: 'text',
    status: 'text',
    contact_email: 'text?',
    max_tenants: 'integer?',
    max_users_per_tenant: 'integer?',
    max_applications_per_tenant: 'integer?',
    ...VERSIONED,
  })
  await definer.index('partner', ['slug'], UNIQUE_UNDELETED)
  const tenant = {
    id: 'text',
    partner_id: 'text',
    name: 'text',
    slug: 'text',
    status: 'text',
    contact_email: 'text?',
    settings: 'text',
    branding: 'text',
    ...VERSIONED,
  } as const
  await definer.table('tenant', tenant, { references: { partner_id: 'partner' } })
  await definer.index('tenant', ['slug'], UNIQUE_UNDELETED)
  await definer.index('tenant', ['partner_id', 'id'])
  const directory = { id: 'text', tenant_id: 'text', name: 'text', created_at: 'integer' } as const
  await definer.table('directory', directory, { references: { tenant_id: 'tenant' } })
  await definer.index('directory', ['tenant_id', 'id'])
  const realm = {
    id: 'text',
    tenant_id: 'text',
    directory_id: 'text',
    issuer_id: 'text',
    kind: 'text',
    name: 'text',
    enabled: 'integer',
    magic_link_enabled: 'integer',
    passkey_enabled: 'integer',
    min_aal: 'integer',
    custom_domain: 'text?',
    algorithm: 'text',
    policy: 'text',
    ...VERSIONED,
  } as const
  await definer.table('realm', realm, { references: { tenant_id: 'tenant', directory_id: 'directory' } })
  // An issuer is trusted by its name, so a deleted realm's is never anyone else's.
  await definer.index('realm', ['issuer_id'], UNIQUE)
  await definer.index('realm', ['custom_domain'], UNIQUE_UNDELETED)
  await definer.index('realm', ['tenant_id', 'id'])
  await definer.index('realm', ['directory_id'])
}

async function people(definer: Definer): Promise<void> {
  const user = {
    id: 'text',
    tenant_id: 'text',
    directory_id: 'text',
    email: 'text',
    email_key: 'text',
    email_verified: 'integer',
    name: 'text?',
    given_name: 'text?',
    family_name: 'text?',
    name_key: 'text?',
    status: 'text',
    admin_role: 'text?',
    password_hash: 'text?',
    password_set_at: 'integer?',
    attributes: 'text',
    last_sign_in_at: 'integer?',
    ...VERSIONED,
  } as const
  await definer.table('user', user, { references: { directory_id: 'directory' } })
  await definer.index('user', ['directory_id', 'email_key'], UNIQUE_UNDELETED)
  await definer.index('user', ['directory_id', 'id'])
  await definer.index('user', ['directory_id', 'name_key', 'id'], { where: ['deleted_at', 'is', null] })
}

async function clients(definer: Definer): Promise<void> {
  const application = {
    id: 'text',
    tenant_id: 'text',
    realm_id: 'text',
    name: 'text',
    description: 'text?',
    terms_url: 'text?',
    privacy_url: 'text?',
    ...VERSIONED,
  } as const
  await definer.table('application', application, { references: { realm_id: 'realm' } })
  await definer.index('application', ['realm_id', 'name'], UNIQUE_UNDELETED)
  await definer.index('application', ['realm_id', 'id'])
  const client = {
    id: 'text',
    tenant_id: 'text',
    realm_id: 'text',
    application_id: 'text',
    client_id: 'text',
    label: 'text',
    auth_method: 'text',
    secret_hash: 'text?',
    jwks_uri: 'text?',
    jwks: 'text?',
    grant_types: 'text',
    scopes: 'text',
    audiences: 'text',
    redirect_uris: 'text',
    post_logout_redirect_uris: 'text',
    first_party: 'integer',
    access_token_lifetime: 'integer?',
    status: 'text',
    ...VERSIONED,
  } as const
  await definer.table('client', client, { references: { realm_id: 'realm', application_id: 'application' } })
  // Never used again: what a deleted client was granted must not fall to its successor.
  await definer.index('client', ['realm_id', 'client_id'], UNIQUE)
  await definer.index('client', ['realm_id', 'id'])
  await definer.index('client', ['application_id'])
  const resource = {
    id: 'text',
    tenant_id: 'text',
    identifier: 'text',
    slug: 'text',
    name: 'text',
    backend: 'text',
    scopes: 'text',
    status: 'text',
    ...VERSIONED,
  } as const
  await definer.table('resource', resource, { references: { tenant_id: 'tenant' } })
  await definer.index('resource', ['tenant_id', 'identifier'], UNIQUE_UNDELETED)
  await definer.index('resource', ['tenant_id', 'slug'], UNIQUE_UNDELETED)
  await definer.index('resource', ['tenant_id', 'id'])
}

async function keys(definer: Definer): Promise<void> {
  const signingKey = {
    id: 'text',
    tenant_id: 'text',
    realm_id: 'text',
    kid: 'text',
    algorithm: 'text',
    state: 'text',
    public_jwk: 'text',
    private_key: 'text',
    published_at: 'integer',
    activates_at: 'integer?',
    activated_at: 'integer?',
    retires_at: 'integer?',
  } as const
  await definer.table('signing_key', signingKey, { references: { realm_id: 'realm' } })
  await definer.index('signing_key', ['realm_id', 'kid'], UNIQUE)
  await definer.index('signing_key', ['realm_id'], { unique: true, where: ['state', '=', 'active'] })
  await definer.table('api_key', {
    id: 'text',
    tenant_id: 'text',
    reach: 'text',
    realm_id: 'text?',
    name: 'text',
    prefix: 'text',
    secret_hash: 'text',
    permissions: 'text',
    created_at: 'integer',
    expires_at: 'integer?',
    last_used_at: 'integer?',
    revoked_at: 'integer?',
  })
  await definer.index('api_key', ['secret_hash'], UNIQUE)
  await definer.index('api_key', ['tenant_id', 'id'])
}

async function sessions(definer: Definer): Promise<void> {
  await definer.table('session', {
    id: 'text',
    tenant_id: 'text',
    realm_id: 'text',
    user_id: 'text',
    secret_hash: 'text',
    amr: 'text',
    aal: 'integer',
    ip: 'text?',
    user_agent: 'text?',
    authenticated_at: 'integer',
    created_at: 'integer',
    last_seen_at: 'integer',
    expires_at: 'integer',
    ended_at: 'integer?',
  })
  await definer.index('session', ['secret_hash'], UNIQUE)
  await definer.index('session', ['realm_id', 'id'])
  await definer.index('session', ['user_id', 'id'])
  await definer.table('consent_grant', {
    id: 'text',
    tenant_id: 'text',
    realm_id: 'text',
    user_id: 'text',
    client_id: 'text',
    resource: 'text',
    scopes: 'text',
    created_at: 'integer',
    updated_at: 'integer',
    revoked_at: 'integer?',
  })
  const unrevoked = { unique: true, where: ['revoked_at', 'is', null] } as const
  await definer.index('consent_grant', ['user_id', 'client_id', 'resource'], unrevoked)
  await definer.index('consent_grant', ['realm_id', 'id'])
  await definer.index('consent_grant', ['user_id', 'id'])
  await definer.index('consent_grant', ['client_id', 'id'])
  await definer.index('consent_grant', ['resource'])
}

async function tokens(definer: Definer): Promise<void> {
  const issuance = {
    id: 'text',
    tenant_id: 'text',
    realm_id: 'text',
    client_id: 'text',
    user_id: 'text?',
    session_id: 'text?',
    family_id: 'text?',
    grant_type: 'text',
    audience: 'text',
    scopes: 'text',
    kid: 'text',
    token_hash: 'text',
    issued_at: 'integer',
    expires_at: 'integer',
    revoked_at: 'integer?',
  } as const
  await definer.table('issuance', issuance, { clustered: true })
  await definer.index('issuance', ['realm_id', 'id'])
  await definer.index('issuance', ['client_id', 'id'])
  await definer.index('issuance', ['realm_id', 'audience', 'id'])
  for (const column of ['user_id', 'session_id', 'family_id']) {
    await definer.index('issuance', [column, 'id'], { where: [column, 'is not', null] })
  }
  await definer.table('token_family', {
    id: 'text',
    tenant_id: 'text',
    realm_id: 'text',
    client_id: 'text',
    user_id: 'text',
    session_id: 'text?',
    scopes: 'text',
    resources: 'text',
    nonce: 'text?',
    acr: 'text',
    amr: 'text',
    authenticated_at: 'integer',
    created_at: 'integer',
    expires_at: 'integer',
    revoked_at: 'integer?',
  })
  for (const column of ['session_id', 'user_id', 'client_id']) await definer.index('token_family', [column])
  const refreshToken = {
    token_hash: 'text',
    tenant_id: 'text',
    family_id: 'text',
    issued_at: 'integer',
    expires_at: 'integer',
    consumed_at: 'integer?',
  } as const
  await definer.table('refresh_token', refreshToken, { key: ['token_hash'], clustered: true })
  await definer.index('refresh_token', ['family_id'])
  const oneTimeToken = {
    kind: 'text',
    tenant_id: 'text',
    hash: 'text',
    payload: 'text',
    created_at: 'integer',
    expires_at: 'integer',
    consumed_at: 'integer?',
  } as const
  await definer.table('one_time_token', oneTimeToken, { key: ['kind', 'tenant_id', 'hash'], clustered: true })
  await definer.index('one_time_token', ['expires_at'])
}

async function log(definer: Definer): Promise<void> {
  const event = {
    id: 'text',
    tenant_id: 'text',
    seq: 'integer',
    type: 'text',
    occurred_at: 'integer',
    actor_kind: 'text',
    actor_id: 'text',
    actor_label: 'text?',
    subject_type: 'text',
    subject_id: 'text',
    realm_id: 'text?',
    result: 'text',
    ip: 'text?',
    user_agent: 'text?',
    request_id: 'text?',
    surface: 'text',
    data: 'text',
    hash: 'text',
  } as const
  // An event is found by its id, too: the id carries the seq.
  await definer.table('event', event, { key: ['tenant_id', 'seq'] })
  await definer.index('event', ['tenant_id', 'type', 'seq'])
  // Most events say that a token was issued, which the issuances are listed for. These indexes spare them.
  for (const column of ['actor_id', 'subject_id', 'realm_id']) {
    await definer.index('event', ['tenant_id', column, 'seq'], { where: ['type', '<>', 'token.issued'] })
  }
  await definer.index('event', ['tenant_id', 'result', 'seq'], { where: ['result', '=', 'failure'] })
  const head = { tenant_id: 'text', seq: 'integer', hash: 'text' } as const
  await definer.table('event_head', head, { key: ['tenant_id'], clustered: true })
  const idempotencyKey = {
    actor_id: 'text',
    key: 'text',
    fingerprint: 'text',
    reply: 'text?',
    created_at: 'integer',
  } as const
  await definer.table('idempotency_key', idempotencyKey, { key: ['actor_id', 'key'] })
  await definer.index('idempotency_key', ['created_at'])
  await definer.table('setting', { name: 'text', value: 'text' }, { key: ['name'], clustered: true })
}
