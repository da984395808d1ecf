// Makes one example for each command from its flags. The examples use the same values, so that they fit together.
import { type Command, isFinal } from './catalog.ts'
import { isId, nounOf } from './find.ts'
import { type Flag, flagName, isSecret } from './flags.ts'

const VALUES: Readonly<Record<string, string>> = {
  label: 'Orders service',
  slug: 'acme',
  email: 'ada@example.com',
  identifier: 'https://api.example.com/orders',
  resource: 'https://api.example.com/orders',
  search: 'ada',
  permissions: 'orders:read,orders:refund',
  grant_types: 'client_credentials',
  scopes: 'orders:read',
  audiences: 'https://api.example.com/orders',
  user_ids: 'ada@example.com',
  permission: 'orders:read',
  type: 'client.*',
  events: 'client.*,user.created',
  url: 'https://hooks.example.com/countersign',
  description: 'The services of the shop',
}
/** Example names by noun; the default is Acme. */
const NAMES: Readonly<Record<string, string>> = {
  user: 'Ada Lovelace',
  administrator: 'Ada Lovelace',
  application: 'Shop',
  resource: 'Orders API',
  realm: 'Staff',
  group: 'Support',
  role: 'Order clerk',
  project: 'Website',
  'api-key': 'Nightly report',
  'trusted-issuer': 'Company sign-in',
  'proxy-rule': 'Administration',
  'initial-access-token': 'Build server',
  flow: 'Second factor for all',
}
/** Example values of the members of records. */
const PARTS: Readonly<Record<string, string>> = { name: 'orders:read', description: 'See orders' }
/** By what the objects of the examples are known, by noun: what the examples of `create` make. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  partner: 'acme',
  tenant: 'acme',
  realm: 'Staff',
  directory: 'Default',
  project: 'website',
  user: 'ada@example.com',
  group: 'Support',
  organization: 'acme',
  role: 'Order clerk',
  application: 'Shop',
  client: 'Orders service',
  resource: 'https://api.example.com/orders',
  agent: 'Acme',
  'identity-provider': 'Acme',
  'broker-provider': 'github',
  administrator: 'ada@example.com',
  'admin-client': 'Orders service',
  webhook: 'https://hooks.example.com/countersign',
  'api-key': 'Nightly report',
  'trusted-issuer': 'Company sign-in',
  'proxy-rule': 'Administration',
  'proxy-site': 'https://app.example.com',
  'initial-access-token': 'Build server',
  flow: 'Second factor for all',
  decision: 'h4k2-tjq0s0-17',
}
/** Commands about another object than that of the noun’s other examples. */
const ABOUT: Readonly<Record<string, string>> = {
  'resource add-return-url': 'github-api',
  'resource remove-return-url': 'github-api',
}
const KNOWN_MOST = 3
/** Example values by noun, for members whose meaning differs from the other nouns. */
const OWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  agent: {
    policies: '[]',
    type: 'assistant',
    public_jwk:
      '{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}',
  },
  'api-key': { permissions: 'clients:read,users:read' },
  group: { description: 'People who answer customers' },
  role: { description: 'Sees orders and refunds them', permission: 'invoices:read' },
  'role-permission': { permission: 'invoices:read' },
  key: { algorithm: 'EdDSA' },
  flow: { trigger: 'login', mode: 'shadow', steps: '[{"type":"require_mfa_enrollment"}]' },
  event: { before: '2026-01-01T00:00:00Z' },
  webhook: { from_seq: '1', event_type: 'user.created' },
  branding: { content: 'PHN2Zz48L3N2Zz4=' },
  'realm-branding': { content: 'PHN2Zz48L3N2Zz4=' },
  'trusted-issuer': { issuer: 'https://idp.example.com' },
  'subject-mapping': { subject: '00u1ada' },
  'fronting-link': { source: 'gateway', target: 'notes', scope_map: '{"gateway:use":["notes:read"]}' },
  'proxy-site': { public_url: 'https://app.example.com', upstream: 'https://app-origin.example.com' },
  'proxy-rule': { path: '/admin/*', require: 'role:admin' },
  proxy: { path: '/admin/users' },
  'mail-settings': { daily_limit: '1000' },
  'sms-settings': { recipient: '+4915123456789', url: 'https://sms.example.com/send' },
  'device-authorization': { user_code: 'WDJB-MJHT' },
  'email-domain': { domain: 'acme.example' },
  'mail-template': { kind: 'invitation', language: 'en', subject: 'Join {{ organization }}' },
  'broker-provider': {
    slug: 'github',
    template: 'github',
    client_id: 'countersign',
    client_secret: 'the-secret-from-github',
  },
  'identity-provider': {
    issuer: 'https://idp.example.com',
    client_id: 'countersign',
    authorization_endpoint: 'https://idp.example.com/authorize',
    token_endpoint: 'https://idp.example.com/token',
    jwks_uri: 'https://idp.example.com/jwks',
    scopes: 'openid,email',
  },
}
/** Members that a command requires, but that are not marked as required, because they depend on another member. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'flow create': ['mode'],
  'device-authorization approve': ['user_id'],
  'role assign': ['user_id'],
  'role unassign': ['user_id'],
  'webhook replay': ['from_seq'],
  'webhook test': ['event_type'],
  'revocation simulate': ['user_id'],
  'revocation create': ['user_id'],
  'mail-template update': ['subject'],
  'grant create': ['client_id'],
  'delegation-grant create': ['from_user_id', 'to_client_id'],
  'mail-settings update': ['daily_limit'],
  'sms-settings update': ['url', 'secret'],
  'resource create': ['identifier'],
  'broker-provider create': ['template', 'client_id', 'client_secret'],
  'identity-provider create': [
    ...['issuer', 'client_id', 'client_secret'],
    ...['authorization_endpoint', 'token_endpoint', 'jwks_uri'],
  ],
}

/** The words of the example after `countersign`, without quoting. */
export function exampleOf(command: Command): string[] {
  const { noun, verb, parameters, answers } = command
  const shown = chooseFlags(command)
  const given = shown.flatMap((flag) => wordsOf(flag, noun))
  // Who is deleted has no name any more.
  const isNamed = verb !== 'erase'
  const ids = parameters.map(
    ({ name, example }) =>
      ABOUT[`${noun} ${verb}`] ?? (isNamed ? knownAs(name, command) : undefined) ?? OWN[noun]?.[name] ?? example,
  )
  const rest = answers === 'stream' && given.length === 0 ? ['--json'] : []
  return [
    noun,
    verb,
    ...ids,
    ...given,
    ...rest,
    ...(isFinal(command, Object.fromEntries(shown.map(({ member }) => [member, true]))) ? ['--yes'] : []),
  ]
}

function knownAs(member: string, command: Pick<Command, 'noun' | 'path'>): string | undefined {
  return member === 'child_group_id' ? 'Night shift' : KNOWN_AS[nounOf(member, command)]
}

/** Words with the quoting that a shell needs. */
export function shellLine(words: readonly string[]): string {
  return ['countersign', ...words]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')
}

/** The required flags, and some optional ones. */
function chooseFlags({ flags, takesBody, answers, noun, verb }: Command): Flag[] {
  const needed = NEEDED[`${noun} ${verb}`] ?? []
  const required = flags.filter((flag) => flag.required || needed.includes(flag.member))
  const optional = flags.filter((flag) => !required.includes(flag) && !['limit', 'cursor'].includes(flag.member))
  if (!takesBody && (answers === 'list' || answers === 'stream')) return [...required, ...optional.slice(0, 1)]
  if (!takesBody) return required
  const known = optional.filter(({ member }) => member === 'name' || (member in VALUES && member !== 'slug'))
  if (verb === 'update') return [...required, ...known].slice(0, KNOWN_MOST - 1)
  return required.length === 0 ? [] : [...required, ...known.slice(0, KNOWN_MOST)]
}

function wordsOf(flag: Flag, noun: string): string[] {
  const name = `--${flagName(flag.member)}`
  if (isSecret(flag)) return [`${name}-file`, flag.member === 'access_token' ? 'token.txt' : 'password.txt']
  if (flag.kind === 'boolean') return [name]
  return [name, textOf(flag, noun)]
}

function textOf(flag: Flag, noun: string): string {
  const { member, kind, choices, default: initial, example, format, least, most, parts } = flag
  if (kind === 'records') return (parts ?? []).map((part) => PARTS[part] ?? '').join('|')
  if (example) return (isId(example) && knownAs(member, { noun, path: '' })) || example
  if (member === 'name') return NAMES[noun] ?? 'Acme'
  const known = OWN[noun]?.[member] ?? VALUES[member]
  if (known !== undefined && (choices === undefined || known.split(',').every((word) => choices.includes(word)))) {
    return known
  }
  if (choices) return choices.find((choice) => choice !== initial) ?? choices[0] ?? ''
  if (kind === 'number') return String(Math.min(most ?? 900, Math.max(least ?? 0, 900)))
  const formats: Record<string, string> = {
    'date-time': '24h',
    email: VALUES.email ?? '',
    uri: 'https://www.example.com',
  }
  return formats[format ?? ''] ?? member
}
