// Owns which members a table shows of each list: how people know an object, and how it is. The output format wide shows all.

const SESSION = ['id', 'user_email', 'amr', 'ip', 'last_seen_at', 'ended_at']
const GROUP = ['id', 'name', 'description', 'member_count']
const KEY = ['id', 'kid', 'algorithm', 'state', 'is_default']
const ADMIN_CLIENT = ['client_id', 'label', 'auth_method', 'enabled', 'created_at']

/** By the noun and the verb of the command. Lists that are not here show all members. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  'partner list': ['id', 'name', 'slug', 'status'],
  'tenant list': ['id', 'name', 'slug', 'status', 'created_at'],
  'realm list': ['issuer_id', 'name', 'enabled', 'issuer', 'custom_domain'],
  'project list': ['id', 'name', 'slug', 'environment', 'issuer_id'],
  'project-key list': ['id', 'name', 'publishable_key', 'expires_at', 'revoked_at'],
  'user list': ['id', 'email', 'name', 'status', 'last_sign_in_at'],
  'user groups': [...GROUP, 'membership'],
  'user organizations': ['id', 'name', 'slug', 'role', 'permissions'],
  'group list': GROUP,
  'group children': GROUP,
  'organization list': ['id', 'name', 'slug', 'created_at'],
  'organization members': ['user_id', 'email', 'name', 'role', 'permissions'],
  'invitation list': ['id', 'email', 'role', 'status', 'expires_at'],
  'role list': ['id', 'name', 'permissions'],
  'application list': ['id', 'name', 'level', 'type', 'created_at'],
  'client list': ['client_id', 'label', 'auth_method', 'grant_types', 'enabled'],
  'identity-provider list': ['id', 'name', 'provider_type', 'enabled', 'domains'],
  'flow list': ['id', 'name', 'trigger', 'mode', 'priority'],
  'flow list-runs': ['id', 'user_id', 'mode', 'outcome', 'actual', 'started_at'],
  'email-domain list': ['id', 'domain', 'organization_id', 'status'],
  'agent list': ['id', 'name', 'type', 'status', 'last_used_at'],
  'key list': KEY,
  'key create': KEY,
  'session list': SESSION,
  'administrator-session list': SESSION,
  'proxy-site list': ['id', 'public_url', 'upstream', 'application_id', 'enabled'],
  'proxy-rule list': ['id', 'name', 'path', 'require', 'priority', 'mode'],
  'trusted-issuer list': ['id', 'name', 'issuer', 'accepts', 'enabled'],
  'issuer-policy list': ['id', 'trusted_issuer_id', 'name', 'scopes', 'resources', 'enabled'],
  'subject-mapping list': ['id', 'trusted_issuer_id', 'subject', 'user_id'],
  'broker-provider list': ['id', 'slug', 'name', 'protocol', 'active'],
  'broker-provider templates': ['template', 'name', 'scopes', 'response_format'],
  'connection list': ['id', 'user_id', 'provider_id', 'scopes', 'needs_reauth', 'expires_at'],
  'delegation-grant list': ['id', 'from_user_id', 'from_client_id', 'to_client_id', 'hops', 'revoked_at'],
  'grant list': ['id', 'user_id', 'client_id', 'scopes', 'revoked_at'],
  'issuance list': ['id', 'client_id', 'user_id', 'issued_at', 'revoked_at'],
  'mail list': ['id', 'kind', 'recipient', 'status', 'error', 'created_at'],
  'dev-inbox list': ['id', 'kind', 'recipient', 'subject', 'created_at'],
  'backchannel-authentication list': ['id', 'client_id', 'user_id', 'status', 'created_at', 'decided_at'],
  'logout-delivery list': ['id', 'client_id', 'status', 'attempts', 'response_status', 'created_at'],
  'refusal list': ['id', 'minute', 'client_id', 'reason', 'count', 'advice'],
  'resource list': ['id', 'identifier', 'slug', 'name', 'status'],
  'fronting-link list': ['source_slug', 'target_slug', 'created_by'],
  'api list': ['audience', 'slug', 'name', 'status'],
  'admin-client list': ADMIN_CLIENT,
  'administrator list': ['id', 'email', 'name', 'role', 'status'],
  'webhook list': ['id', 'url', 'events', 'active'],
  'webhook list-deliveries': ['id', 'event_type', 'status', 'attempts', 'response_status', 'created_at'],
  'api-key list': ['id', 'name', 'prefix', 'reach', 'expires_at', 'revoked_at'],
  'event list': ['id', 'seq', 'type', 'occurred_at', 'actor', 'subject'],
  'activity list': ['id', 'occurred_at', 'action', 'actor', 'subject'],
}

/** The members that the table of a list shows; undefined for all. */
export function shownColumns({
  noun,
  verb,
}: {
  readonly noun: string
  readonly verb: string
}): readonly string[] | undefined {
  return COLUMNS[`${noun} ${verb}`]
}

/** The commands whose tables do not show all members. */
export const LISTS_WITH_COLUMNS = Object.keys(COLUMNS)
