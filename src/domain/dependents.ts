// Owns the table of what depends on things that can be suspended or deleted, and of what becomes of it then.

/** The things that can be switched off, with the states that they can be in besides active. */
export const THINGS = {
  partner: { name: 'Partner', states: ['suspended', 'deleted'] },
  tenant: { name: 'Tenant', states: ['suspended', 'deleted'] },
  realm: { name: 'Realm', states: ['disabled', 'deleted'] },
  user: { name: 'User', states: ['suspended', 'deleted'] },
  group: { name: 'Group', states: ['deleted'] },
  project: { name: 'Project', states: ['deleted'] },
  organization: { name: 'Organization', states: ['deleted'] },
  invitation: { name: 'Invitation', states: ['revoked'] },
  role: { name: 'Role', states: ['deleted'] },
  application: { name: 'Application', states: ['suspended', 'deleted'] },
  client: { name: 'Client', states: ['suspended', 'deleted'] },
  agent: { name: 'Agent', states: ['suspended', 'deleted'] },
  resource: { name: 'Resource', states: ['suspended', 'deleted'] },
  session: { name: 'Session', states: ['ended'] },
  consent: { name: 'Consent', states: ['revoked'] },
  authorization: { name: 'Authorization (a refresh token and what came from it)', states: ['revoked'] },
  identity_provider: { name: 'Identity provider', states: ['disabled', 'deleted'] },
  broker_provider: { name: 'Provider whose tokens are kept', states: ['inactive', 'deleted'] },
  webhook: { name: 'Webhook', states: ['inactive', 'deleted'] },
  api_key: { name: 'API key', states: ['revoked'] },
} as const satisfies Record<string, { readonly name: string; readonly states: readonly string[] }>

export type Thing = keyof typeof THINGS

/** What becomes of a dependent. */
export const EFFECTS = {
  ends: 'It ends. It does not come back when the thing is active again.',
  rests: 'It does nothing while the thing is not active. It goes on when the thing is active again.',
  'goes on': 'It is not affected.',
  refused: 'The thing cannot get into this state while there is such a dependent.',
} as const

export type Effect = keyof typeof EFFECTS

/** One kind of dependent of a thing. */
export interface Dependent {
  readonly thing: Thing
  readonly dependent: string
  /** The columns that refer to the thing, as `table.column`. */
  readonly columns: readonly string[]
  /** What becomes of it, by the state of the thing. */
  readonly effects: Readonly<Record<string, Effect>>
  readonly note?: string
}

const BOTH_END = { suspended: 'ends', deleted: 'ends' } as const
const RESTS = { suspended: 'rests', deleted: 'ends' } as const
const STAYS = { suspended: 'goes on', deleted: 'ends' } as const

/** What depends on what, by a name that tests use. */
export const DEPENDENTS = {
  'partner: tenants': {
    thing: 'partner',
    dependent: 'Its tenants, with all that depends on a tenant',
    columns: ['tenant.partner_id'],
    effects: { suspended: 'rests', deleted: 'refused' },
  },
  'partner: applications': {
    thing: 'partner',
    dependent: 'The clients of its PARTNER applications and their tokens',
    columns: ['application.partner_id'],
    effects: RESTS,
  },
  'partner: administrators': {
    thing: 'partner',
    dependent: 'What its partner_admins may do',
    columns: ['user.admin_partner_id'],
    effects: RESTS,
  },
  'tenant: realms': {
    thing: 'tenant',
    dependent: 'Sign-in at its realms, their sessions and tokens',
    columns: ['*.tenant_id'],
    effects: RESTS,
  },
  'tenant: API keys': { thing: 'tenant', dependent: 'Its API keys', columns: ['api_key.tenant_id'], effects: RESTS },
  'tenant: administrators': {
    thing: 'tenant',
    dependent: 'The access tokens of its administrators and of its clients for the admin API',
    columns: ['user.tenant_id'],
    effects: RESTS,
  },
  'tenant: webhooks': {
    thing: 'tenant',
    dependent: 'Deliveries of its webhooks',
    columns: ['webhook.tenant_id'],
    effects: RESTS,
    note: 'What happened meanwhile is delivered afterwards.',
  },
  'tenant: mails': {
    thing: 'tenant',
    dependent: 'Mails and back-channel logouts that were not sent',
    columns: ['mail.realm_id', 'logout_delivery.realm_id', 'logout_delivery.client_id'],
    effects: BOTH_END,
  },
  'realm: tokens': {
    thing: 'realm',
    dependent: 'Sign-in at it, its sessions, clients and tokens',
    columns: [
      ...['application', 'client', 'agent', 'signing_key', 'role', 'identity_provider', 'flow'].map(
        (of) => `${of}.realm_id`,
      ),
      'initial_access_token.realm_id',
      'email_domain.realm_id',
      'known_permission.realm_id',
      ...['session', 'token_family', 'issuance', 'token_profile', 'consent_grant', 'device_authorization'].map(
        (of) => `${of}.realm_id`,
      ),
      'backchannel_authentication.realm_id',
      'delegation_grant.realm_id',
      'broker_provider.realm_id',
      'connection.realm_id',
      'trusted_issuer.realm_id',
      'proxy_site.realm_id',
      'proxy_rule.realm_id',
      'subject_mapping.realm_id',
      'subject_mapping.trusted_issuer_id',
      'remembered_device.realm_id',
      'terms_acceptance.realm_id',
      'webhook.realm_id',
      'mail_template.realm_id',
      'mail_settings.realm_id',
      'mail_day.realm_id',
      'sms_settings.realm_id',
      'realm_attack.realm_id',
    ],
    effects: { disabled: 'rests', deleted: 'ends' },
  },
  'realm: API keys': {
    thing: 'realm',
    dependent: 'API keys with the reach of the realm',
    columns: ['api_key.realm_id'],
    effects: { disabled: 'goes on', deleted: 'ends' },
    note: 'They administer the realm, and may enable it again.',
  },
  'realm: project keys': {
    thing: 'realm',
    dependent: 'The keys of the project that the realm belongs to',
    columns: ['project.realm_id', 'project_api_key.project_id'],
    effects: { disabled: 'rests', deleted: 'ends' },
  },
  'realm: branding': {
    thing: 'realm',
    dependent: 'Its branding, and those of its clients',
    columns: ['branding.owner_id', 'branding.realm_id'],
    effects: { disabled: 'rests', deleted: 'ends' },
  },
  'project: tokens': {
    thing: 'project',
    dependent: 'Its realm: sign-in, sessions, clients and tokens',
    columns: ['project.realm_id'],
    effects: { deleted: 'ends' },
  },
  'project: keys': {
    thing: 'project',
    dependent: 'Its keys',
    columns: ['project_api_key.project_id'],
    effects: { deleted: 'ends' },
  },
  'user: sessions': { thing: 'user', dependent: 'Sessions', columns: ['session.user_id'], effects: BOTH_END },
  'user: tokens': {
    thing: 'user',
    dependent: 'Access tokens and refresh tokens',
    columns: ['token_family.user_id', 'issuance.user_id', 'issued_token.user_id'],
    effects: BOTH_END,
  },
  'user: device codes': {
    thing: 'user',
    dependent: 'Device codes and requests that the user approved, and those that wait',
    columns: ['device_authorization.user_id', 'backchannel_authentication.user_id'],
    effects: BOTH_END,
  },
  'user: authenticators': {
    thing: 'user',
    dependent: 'Authenticator apps and recovery codes',
    columns: ['authenticator.user_id'],
    effects: STAYS,
  },
  'user: linked accounts': {
    thing: 'user',
    dependent: 'Accounts at identity providers',
    columns: ['linked_account.user_id'],
    effects: STAYS,
  },
  'user: accepted terms': {
    thing: 'user',
    dependent: 'The terms that the user accepted',
    columns: ['terms_acceptance.user_id'],
    effects: STAYS,
    note: 'Nobody sees them once the user is deleted, and they go when the user is erased.',
  },
  'user: unique values': {
    thing: 'user',
    dependent: 'The values of unique attributes, which nobody else can have',
    columns: ['unique_value.user_id'],
    effects: STAYS,
  },
  'user: remembered devices': {
    thing: 'user',
    dependent: 'Browsers that are not asked for a second factor',
    columns: ['remembered_device.user_id'],
    effects: BOTH_END,
  },
  'user: consents': { thing: 'user', dependent: 'Consents', columns: ['consent_grant.user_id'], effects: STAYS },
  'user: delegation grants': {
    thing: 'user',
    dependent: 'Delegation grants from the user',
    columns: ['delegation_grant.from_user_id'],
    effects: STAYS,
    note: 'Nobody acts for a user who is suspended.',
  },
  'user: subject mappings': {
    thing: 'user',
    dependent: 'Subjects of trusted issuers who are the user',
    columns: ['subject_mapping.user_id'],
    effects: STAYS,
    note: 'Nobody gets tokens for a user who is suspended.',
  },
  'user: connections': {
    thing: 'user',
    dependent: 'Accounts at providers that the user connected',
    columns: ['connection.user_id'],
    effects: STAYS,
    note: 'Nobody gets tokens for a user who is suspended. The tokens are deleted with the user.',
  },
  'user: agents': {
    thing: 'user',
    dependent: 'Agents that the user owns',
    columns: ['agent.owner_id'],
    effects: RESTS,
    note: 'The tokens that they had end. The event is agent.stopped.',
  },
  'user: roles': {
    thing: 'user',
    dependent: 'Permissions by roles',
    columns: ['role_assignment.subject_id'],
    effects: RESTS,
  },
  'user: groups': {
    thing: 'user',
    dependent: 'Membership in groups',
    columns: ['group_member.user_id'],
    effects: STAYS,
  },
  'user: organizations': {
    thing: 'user',
    dependent: 'Being an admin of an organization',
    columns: ['organization_member.user_id'],
    effects: RESTS,
    note: 'An organization whose last active admin it was is named by the event organization.admin_lost.',
  },
  'group: roles': {
    thing: 'group',
    dependent: 'What its members have through it: roles, and membership in the groups above it',
    columns: ['group_member.group_id', 'group_nesting.child_id', 'group_nesting.parent_id'],
    effects: { deleted: 'ends' },
  },
  'group: group mappings': {
    thing: 'group',
    dependent: 'Identity providers whose group mapping gives it',
    columns: [],
    effects: { deleted: 'refused' },
  },
  'organization: members': {
    thing: 'organization',
    dependent: 'Membership, roles in the organization, and its own roles',
    columns: ['organization_member.organization_id', 'role_assignment.organization_id', 'role.organization_id'],
    effects: { deleted: 'ends' },
  },
  'organization: tokens': {
    thing: 'organization',
    dependent: 'Tokens of sign-ins for it, and requests for them that wait',
    columns: [
      'token_family.organization_id',
      'device_authorization.organization_id',
      'backchannel_authentication.organization_id',
    ],
    effects: { deleted: 'ends' },
  },
  'organization: branding': {
    thing: 'organization',
    dependent: 'Its branding',
    columns: ['branding.owner_id'],
    effects: { deleted: 'ends' },
  },
  'organization: flows': {
    thing: 'organization',
    dependent: 'Flows whose steps name it',
    columns: [],
    effects: { deleted: 'refused' },
  },
  'organization: identity providers': {
    thing: 'organization',
    dependent: 'Its identity providers and e-mail domains',
    columns: ['identity_provider.organization_id', 'email_domain.organization_id'],
    effects: { deleted: 'ends' },
  },
  'organization: invitations': {
    thing: 'organization',
    dependent: 'Invitations that are pending',
    columns: ['invitation.organization_id'],
    effects: { deleted: 'ends' },
  },
  'invitation: link': {
    thing: 'invitation',
    dependent: 'The link of its mail',
    columns: [],
    effects: { revoked: 'ends' },
  },
  'role: permissions': {
    thing: 'role',
    dependent: 'The permissions that it gives',
    columns: ['role_permission.role_id', 'role_assignment.role_id'],
    effects: { deleted: 'ends' },
  },
  'role: flows': {
    thing: 'role',
    dependent: 'Flows whose steps assign it',
    columns: [],
    effects: { deleted: 'refused' },
  },
  'role: group mappings': {
    thing: 'role',
    dependent: 'Identity providers whose group mapping gives it',
    columns: [],
    effects: { deleted: 'refused' },
  },
  'application: clients': {
    thing: 'application',
    dependent: 'Its clients and their tokens',
    columns: ['client.application_id'],
    effects: RESTS,
    note: 'Some of the APIs suspend an application as a whole; the native API suspends each client.',
  },
  'application: proxy sites': {
    thing: 'application',
    dependent: 'Its sites behind the reverse proxy, and their rules',
    columns: ['proxy_site.application_id', 'proxy_rule.application_id'],
    effects: STAYS,
    note: 'The proxy asks who may pass, and not whether programs of the application get tokens.',
  },
  'client: tokens': {
    thing: 'client',
    dependent: 'Its access tokens, refresh tokens and device codes',
    columns: [
      'issuance.client_id',
      'token_profile.client_id',
      'token_family.client_id',
      'device_authorization.client_id',
      'backchannel_authentication.client_id',
    ],
    effects: RESTS,
  },
  'client: consents': {
    thing: 'client',
    dependent: 'Consents to it',
    columns: ['consent_grant.client_id'],
    effects: STAYS,
  },
  'client: delegation grants': {
    thing: 'client',
    dependent: 'Delegation grants to it and from it',
    columns: ['delegation_grant.to_client_id', 'delegation_grant.from_client_id', 'delegated_token.grant_id'],
    effects: STAYS,
    note: 'A client that is suspended gets no tokens.',
  },
  'client: streams': {
    thing: 'client',
    dependent: 'Its streams of Shared Signals',
    columns: ['webhook.client_id'],
    effects: RESTS,
    note: 'What happened meanwhile is delivered afterwards.',
  },
  'client: branding': {
    thing: 'client',
    dependent: 'Its branding',
    columns: ['branding.owner_id'],
    effects: STAYS,
  },
  'agent: tokens': { thing: 'agent', dependent: 'Its tokens', columns: ['agent.client_id'], effects: BOTH_END },
  'resource: tokens': {
    thing: 'resource',
    dependent: 'Access tokens for it',
    columns: ['issuance.audience', 'token_profile.audience'],
    effects: RESTS,
  },
  'resource: consents': {
    thing: 'resource',
    dependent: 'Consents to use it',
    columns: ['consent_grant.resource'],
    effects: STAYS,
  },
  'resource: fronting links': {
    thing: 'resource',
    dependent: 'Fronting links from and to it',
    columns: ['fronting_link.source_id', 'fronting_link.target_id'],
    effects: { suspended: 'rests', deleted: 'refused' },
    note: 'With cascade, they end with it.',
  },
  'session: tokens': {
    thing: 'session',
    dependent: 'Access tokens, refresh tokens and device codes that came from it',
    columns: [
      'issuance.session_id',
      'issued_token.session_id',
      'token_family.session_id',
      'device_authorization.session_id',
      'backchannel_authentication.session_id',
    ],
    effects: { ended: 'ends' },
  },
  'consent: tokens': {
    thing: 'consent',
    dependent: 'The tokens that the client has from the user',
    columns: [],
    effects: { revoked: 'ends' },
  },
  'authorization: tokens': {
    thing: 'authorization',
    dependent: 'Its access tokens',
    columns: [
      'issuance.family_id',
      'issued_token.family_id',
      'device_authorization.family_id',
      'backchannel_authentication.family_id',
      'issuance.parent_id',
      'issued_token.parent_id',
    ],
    effects: { revoked: 'ends' },
  },
  'identity_provider: linked accounts': {
    thing: 'identity_provider',
    dependent: 'Sign-in with linked accounts',
    columns: ['linked_account.provider_id'],
    effects: { disabled: 'rests', deleted: 'ends' },
  },
  'broker_provider: connections': {
    thing: 'broker_provider',
    dependent: 'Connections of users',
    columns: ['connection.provider_id'],
    effects: { inactive: 'goes on', deleted: 'ends' },
    note: 'Clients get no tokens of a provider that is inactive.',
  },
  'broker_provider: resources': {
    thing: 'broker_provider',
    dependent: 'Resources with the backend broker',
    columns: ['resource.broker_provider_id'],
    effects: { inactive: 'goes on', deleted: 'refused' },
  },
  'webhook: deliveries': {
    thing: 'webhook',
    dependent: 'Deliveries',
    columns: ['webhook_queue.webhook_id', 'webhook_delivery.webhook_id'],
    effects: { inactive: 'rests', deleted: 'ends' },
  },
  'api_key: streams': {
    thing: 'api_key',
    dependent: 'Event streams that were opened with it',
    columns: [],
    effects: { revoked: 'ends' },
    note: 'Within a second of the next event, or within 15 seconds.',
  },
} as const satisfies Record<string, Dependent>

export type DependentName = keyof typeof DEPENDENTS

/** Columns that name something and depend on nothing: records of what was, and names of other kinds. */
export const RECORDS: readonly string[] = [
  'event.*',
  'event_head.*',
  'counter.*',
  'refusal.*',
  'flow_run.*',
  'idempotency_key.*',
  'setting.*',
  'issuance_block.*',
  'broker_issuance.*',
  // The server’s own name at the provider.
  'broker_provider.client_id',
  '*.id',
  '*.directory_id',
  '*.external_id',
  '*.request_id',
  'client.client_id',
  'trusted_issuer.audience',
  'proxy_site.audience',
  'realm.issuer_id',
  'mail.about_id',
  'logout_delivery.user_id',
  'logout_delivery.session_id',
  'marked_name.kept_id',
  'webhook_delivery.event_id',
]
