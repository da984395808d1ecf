// Owns the nouns of the native API: their order, their headings and a description of each.

/** The nouns by heading, as commands spell them. */
export const NOUN_GROUPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'People and applications': {
    realm: 'Issuers of tokens, with their own keys, clients and sign-in pages',
    branding: 'What hosted pages and mails show of a tenant: name, logo, colors, fonts, texts',
    'realm-branding': 'What they show of a realm, an organization or a client',
    project: 'Realms for one application or environment, with the users of the tenant',
    'project-key': 'Keys that identify programs of a project',
    user: 'People who sign in',
    authenticator: 'What users sign in with besides a password',
    'linked-account': 'Accounts at identity providers with which users sign in',
    'terms-acceptance': 'Terms that users accepted',
    'remembered-device': 'Browsers in which users are not asked for a second factor',
    group: 'Sets of users',
    organization: 'Teams of users with members, for example customers',
    invitation: 'Invitations to join an organization',
    role: 'Named sets of permissions for users and groups',
    authorization: 'Check whether a user has a permission, and from which role',
    application: 'Products, which group clients',
    client: 'Programs that request tokens, each with its own credential',
    'initial-access-token': 'Tokens with which clients can be registered',
    resource: 'APIs that tokens are issued for, and their scopes',
    'fronting-link': 'Resources behind others, and what tokens give there',
    api: 'All APIs that clients can get tokens for, including this one',
    agent: 'Programs that act within limits on scopes, tools and rate',
    'trusted-issuer': 'Issuers whose assertions about users give tokens',
    'issuer-policy': 'What the assertions of trusted issuers allow',
    'subject-mapping': 'Which users the subjects of trusted issuers are',
    'email-domain': 'Domains of e-mail addresses, and who owns them',
    'identity-provider': 'Identity providers at which users sign in',
    flow: 'What is demanded of people who sign in, besides what the realm demands',
  },
  'What happened': {
    session: 'Sessions of signed-in users',
    grant: 'Consents of users to clients',
    'delegation-grant': 'Which clients may act for users and other clients',
    issuance: 'Issued access tokens',
    revocation: 'Revoke something with all that descends from it, and see before what that is',
    dashboard: 'Numbers of objects and of sign-ins',
    activity: 'Events with a description for people',
    event: 'The audit log: list it, follow it live, verify its hash chain',
    mail: 'The log of outgoing mails',
    'dev-inbox': 'The mails that a server for development keeps instead of sending them',
    'mail-settings': 'Who sends the mails of a realm, and how many',
    'sms-settings': 'Who sends the text messages of a realm, and how many',
    'mail-template': 'What the mails of a realm say',
    'logout-delivery': 'What clients are told of ended sessions',
    'backchannel-authentication': 'What clients asked users to approve elsewhere',
    refusal: 'Why clients were refused',
    decision: 'Why one request was refused: countersign why does the same',
    webhook: 'URLs that receive events, and their deliveries',
  },
  'The installation': {
    key: 'Keys that sign tokens',
    administrator: 'People who administer a tenant, a partner or the platform',
    'administrator-session': 'The sign-ins of administrators',
    'admin-client': 'Programs that use this API with access tokens instead of a key',
    'api-key': 'Keys for this API, with permissions and a reach',
    purge: 'Delete what is older than its retention',
    permission: 'The list of permissions',
    me: 'Who calls, and what the caller may do',
    tenant: 'Customers, whose data is separate',
    partner: 'Companies that run tenants',
    directory: 'Sets of users that realms share',
  },
}

/** The description of a noun as operations spell it; undefined if it has none. */
export function nounLine(noun: string): string | undefined {
  const name = noun.replaceAll('_', '-')
  return Object.values(NOUN_GROUPS).find((nouns) => name in nouns)?.[name]
}
