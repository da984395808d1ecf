// The nouns of the command line in the order in which a newcomer meets them, each in one line.

/** A heading of the first help page, and its nouns. */
export const NOUN_GROUPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'People and applications': {
    realm: 'An issuer of tokens: where people sign in and clients get tokens',
    project: 'An application, or an environment of it, as a realm over the tenant’s users',
    'project-key': 'Keys by which programs of a project are known',
    user: 'The people who sign in',
    group: 'Users who are treated alike',
    organization: 'Teams of a customer, with members of their own',
    invitation: 'Places in an organization, kept for who was sent a token',
    role: 'Permissions under a name, for users and groups',
    authorization: 'Whether a user may do something, and by what',
    application: 'What people know as one application; groups clients',
    client: 'What asks for tokens, each with its own credential',
    resource: 'The APIs that tokens are for, and their scopes',
    api: 'Every API that clients can get tokens for, this one among them',
    agent: 'Programs that act for people, within limits',
    'identity-provider': 'Where people may sign in instead of here',
    upstream: 'Other services that users can connect',
    connection: 'Which users have connected which upstream',
  },
  'What happened': {
    session: 'Who is signed in where',
    grant: 'What users have consented to',
    issuance: 'Which tokens were issued',
    dashboard: 'How much there is of everything, and how often people sign in',
    activity: 'What happened, in words',
    event: 'The audit log: list it, follow it live, verify that nobody changed it',
    mail: 'What was mailed to whom, and whether the mail server took it',
    webhook: 'Who is told of events as they happen, and whether they were reached',
  },
  'The installation': {
    key: 'The keys that tokens are signed with',
    administrator: 'The people who administer a tenant, or everything',
    'admin-client': 'Programs that use this API with tokens instead of a key',
    'api-key': 'Keys for this API, with permissions and a reach',
    permission: 'What keys can be allowed',
    tenant: 'Separate customers on one server',
    partner: 'Companies that run tenants',
    directory: 'Sets of users that realms share',
  },
}

const LINES: ReadonlyMap<string, string> = new Map(Object.values(NOUN_GROUPS).flatMap((nouns) => Object.entries(nouns)))

/** What a noun is; undefined for one without a line. */
export function lineOf(noun: string): string | undefined {
  return LINES.get(noun)
}

/** The heading that a noun stands under. */
export function groupOf(noun: string): string {
  return Object.keys(NOUN_GROUPS).find((group) => noun in (NOUN_GROUPS[group] ?? {})) ?? 'More'
}

/** The nouns of commands in the order of the help. */
export function inOrder(nouns: Iterable<string>): string[] {
  const order = [...LINES.keys()]
  const rank = (noun: string) => (order.includes(noun) ? order.indexOf(noun) : order.length)
  return [...new Set(nouns)].sort((left, right) => rank(left) - rank(right) || (left < right ? -1 : 1))
}
