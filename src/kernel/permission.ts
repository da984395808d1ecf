/** Every permission, `nouns:read|write`, and what it lets its holder do. */
export const PERMISSIONS = {
  'partners:read': 'See partners.',
  'partners:write': 'Create, change and delete partners.',
  'tenants:read': 'See tenants.',
  'tenants:write': 'Create, change and delete tenants.',
  'directories:read': 'See directories.',
  'realms:read': 'See realms.',
  'realms:write': 'Create, change and delete realms.',
  'projects:read': 'See projects and their keys, without the secrets.',
  'projects:write': 'Create, change and delete projects and their keys.',
  'users:read': 'See users.',
  'users:write': 'Create, change and delete users, and set their passwords.',
  'groups:read': 'See groups and who belongs to them.',
  'groups:write': 'Create, change, nest and delete groups, and change who belongs to them.',
  'organizations:read': 'See organizations, their members and invitations.',
  'organizations:write': 'Create, change and delete organizations, their members and invitations.',
  'roles:read': 'See roles, and what they allow whom.',
  'roles:write': 'Create, change, assign and delete roles.',
  'applications:read': 'See applications.',
  'applications:write': 'Create, change and delete applications.',
  'clients:read': 'See clients.',
  'clients:write': 'Create, change, suspend and delete clients, and rotate their secrets.',
  'agents:read': 'See agents.',
  'agents:write': 'Create, change, suspend and delete agents, and rotate their secrets.',
  'resources:read': 'See resources.',
  'resources:write': 'Create, change and delete resources.',
  'identity-providers:read': 'See identity providers, without their secrets.',
  'identity-providers:write': 'Create, change and delete identity providers.',
  'keys:read': 'See signing keys.',
  'keys:write': 'Rotate signing keys.',
  'sessions:read': 'See sessions.',
  'sessions:write': 'End sessions.',
  'grants:read': 'See what users have consented to.',
  'grants:write': 'Revoke what users have consented to.',
  'issuances:read': 'See which tokens were issued.',
  'issuances:write': 'Revoke tokens.',
  'events:read': 'Read, follow and verify the event log.',
  'stats:read': 'See how many there are of everything, and how often people signed in.',
  'webhooks:read': 'See webhooks and what was delivered to them.',
  'webhooks:write': 'Create, change, test, replay and delete webhooks, and rotate their secrets.',
  'mails:read': 'See which mails were sent, and to whom.',
  'api-keys:read': 'See API keys.',
  'api-keys:write': 'Create and revoke API keys.',
  'administrators:read': 'See administrators.',
  'administrators:write': 'Create, change and delete administrators of no higher level than one’s own.',
  'admin-clients:read': 'See the clients that programs get tokens for this API with.',
  'admin-clients:write': 'Create and revoke the clients that programs get tokens for this API with.',
  'permissions:read': 'See which permissions there are.',
} as const

export type Permission = keyof typeof PERMISSIONS

/** What a key or role may hold: a permission, `nouns:*`, `*:read`, `*:write` or `*`. */
export const PERMISSION_PATTERN = /^(\*|[a-z-]+:\*|\*:(read|write)|[a-z-]+:(read|write))$/

/**
 * Whether a set of held permissions, wildcards among them, covers one.
 * @param held permissions and wildcards
 * @param needed the permission or wildcard that must be covered
 */
export function permits(held: ReadonlySet<string>, needed: string): boolean {
  if (held.has('*') || held.has(needed)) return true
  const [noun, verb] = needed.split(':')
  return held.has(`${noun}:*`) || held.has(`*:${verb}`)
}
