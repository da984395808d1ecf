/** Owns the permissions of the admin API: `nouns:read` or `nouns:write`, each with what it allows. */
export const PERMISSIONS = {
  'partners:read': 'See partners.',
  'partners:write': 'Create, change and delete partners.',
  'tenants:read': 'See tenants.',
  'tenants:write': 'Create, change and delete tenants.',
  'directories:read': 'See directories.',
  'realms:read': 'See realms.',
  'realms:write': 'Create, change and delete realms.',
  'brandings:read': 'See what hosted pages and mails show of tenants, realms, organizations and clients.',
  'brandings:write': 'Change, upload and preview what hosted pages and mails show.',
  'projects:read': 'See projects and their keys, without the secrets.',
  'projects:write': 'Create, change and delete projects and their keys.',
  'users:read': 'See users.',
  'users:write': 'Create, change and delete users, and set their passwords.',
  'groups:read': 'See groups and their members.',
  'groups:write': 'Create, change, nest and delete groups, and change their members.',
  'organizations:read': 'See organizations, their members and invitations.',
  'organizations:write': 'Create, change and delete organizations, their members and invitations.',
  'roles:read': 'See roles, their permissions and their assignments, and check permissions.',
  'roles:write': 'Create, change, assign and delete roles.',
  'applications:read': 'See applications.',
  'applications:write': 'Create, change and delete applications.',
  'clients:read': 'See clients.',
  'clients:write': 'Create, change, suspend and delete clients, and rotate their secrets.',
  'agents:read': 'See agents.',
  'agents:write': 'Create, change, suspend and delete agents, and rotate their secrets.',
  'resources:read': 'See resources.',
  'resources:write': 'Create, change and delete resources.',
  'fronting-links:read': 'See which resources are behind others.',
  'fronting-links:write': 'Put resources behind others, and say which scopes tokens give there.',
  'identity-providers:read': 'See identity providers, without their secrets.',
  'identity-providers:write': 'Create, change and delete identity providers.',
  'broker-providers:read': 'See the providers whose tokens are kept for users, without their secrets.',
  'broker-providers:write': 'Create, change and delete the providers whose tokens are kept for users.',
  'connections:read': 'See which users connected which accounts at providers. Tokens are never shown.',
  'connections:write': 'Disconnect the accounts of users at providers.',
  'flows:read': 'See flows and their runs.',
  'flows:write': 'Create, change, test and delete flows, which add demands to sign-ins.',
  'keys:read': 'See signing keys.',
  'keys:write': 'Rotate signing keys.',
  'sessions:read': 'See sessions.',
  'sessions:write': 'End sessions.',
  'grants:read': 'See the consents of users.',
  'grants:write': 'Revoke the consents of users.',
  'delegation-grants:read': 'See which clients may act for users and other clients.',
  'delegation-grants:write': 'Let clients act for users and other clients, and revoke that.',
  'trusted-issuers:read': 'See which issuers of assertions are trusted, and whom their subjects are.',
  'trusted-issuers:write': 'Trust issuers of assertions, and say whom their subjects are.',
  'proxy:read': 'See the state of the reverse proxy, and simulate requests.',
  'proxy:write': 'Start, stop and reload the reverse proxy.',
  'proxy-sites:read': 'See which applications are behind the reverse proxy.',
  'proxy-sites:write': 'Put applications behind the reverse proxy, and take them away.',
  'proxy-rules:read': 'See the rules of the reverse proxy.',
  'proxy-rules:write': 'Create, change and delete rules of the reverse proxy.',
  'issuances:read': 'See the issued tokens.',
  'issuances:write': 'Revoke tokens.',
  'revocations:read': 'See what a revocation would end.',
  'revocations:write': 'Revoke everything that a token, consent, client, user, agent or session gave rise to.',
  'events:read': 'Read, follow and verify the event log.',
  'stats:read': 'See statistics: the number of objects of each kind, and the number of sign-ins.',
  'webhooks:read': 'See webhooks and their deliveries.',
  'webhooks:write': 'Create, change, test, replay and delete webhooks, and rotate their secrets.',
  'mails:read': 'See the mail log and the recipients of mails.',
  'dev-inbox:read': 'Read the mails that a server for development keeps, with their links.',
  'dev-inbox:write': 'Delete the mails that a server for development keeps.',
  'mail-settings:read': 'See who sends the mails of a realm, without the secrets, and how many were sent.',
  'mail-settings:write': 'Change who sends the mails of a realm, and how many.',
  'sms-settings:read': 'See who sends the text messages of a realm, without the secrets, and how many were sent.',
  'sms-settings:write': 'Change who sends the text messages of a realm, and how many, and send an example.',
  'mail-templates:read': 'See and try the templates of mails.',
  'mail-templates:write': 'Change, reset and send examples of the templates of mails.',
  'api-keys:read': 'See API keys.',
  'api-keys:write': 'Create and revoke API keys.',
  'administrators:read': 'See administrators.',
  'administrators:write': 'Create, change and delete administrators whose level is not above the caller’s level.',
  'admin-clients:read': 'See the clients with which programs get access tokens for this API.',
  'admin-clients:write': 'Create and revoke the clients with which programs get access tokens for this API.',
  'system:read': 'See whether the parts of the server work, and how it is configured.',
  'instance:read': 'See the figures and the log of the server process.',
  'purges:write':
    'Purge rows that are older than their retention, issued tokens and events among them. A program of a tenant needs it by name for the log of the tenant: `*` and `*:write` do not include it there.',
  'permissions:read': 'See the list of permissions.',
  'me:read': 'See who one is, and what one may do. Every caller has it.',
  'credentials:write':
    'As a program: create credentials, secrets and keys of clients, agents, projects, API keys and administrators, and set passwords, with the permission for each of them. `*` and `*:write` do not include it. Persons sign in freshly instead.',
} as const

export type Permission = keyof typeof PERMISSIONS

/** What programs need to make credentials, besides the permission for their kind. It has to be named. */
export const CREDENTIALS = 'credentials:write' satisfies Permission

/** The grants that cover every permission. */
export const EVERYTHING: ReadonlySet<string> = new Set(['*', CREDENTIALS])

/** The form of a permission grant of a key or role: a permission, `nouns:*`, `*:read`, `*:write` or `*`. */
export const PERMISSION_PATTERN = /^(\*|[a-z-]+:\*|\*:(read|write)|[a-z-]+:(read|write))$/

/** Whether a set of permission grants names the noun of a permission, so that it covers the permission by no wildcard for all nouns. */
export function isNamed(granted: ReadonlySet<string>, needed: Permission): boolean {
  return granted.has(needed) || granted.has(`${needed.slice(0, needed.indexOf(':'))}:*`)
}

/**
 * Whether a set of permission grants covers a permission. `*` and `*:write` do not cover `credentials:write`, so that a
 * program with many permissions does not make itself another one.
 * @param granted permissions and wildcards
 * @param needed the permission or wildcard to cover
 */
export function permits(granted: ReadonlySet<string>, needed: string): boolean {
  const [noun, verb] = needed.split(':')
  if (granted.has(needed) || granted.has(`${noun}:*`)) return true
  return noun !== 'credentials' && (granted.has('*') || granted.has(`*:${verb}`))
}
