// One example for each command, made of its flags. The values are of one small world, so that the examples fit together.
import type { Command } from './catalog.ts'
import { type Flag, flagName, isSecret } from './flags.ts'

const VALUES: Readonly<Record<string, string>> = {
  label: 'Orders service',
  slug: 'acme',
  email: 'ada@example.com',
  identifier: 'https://api.example.com/orders',
  resource: 'https://api.example.com/orders',
  search: 'ada',
  permissions: 'clients:read,users:read',
  grant_types: 'client_credentials',
  scopes: 'orders:read',
  audiences: 'https://api.example.com/orders',
  type: 'client.*',
  events: 'client.*,user.created',
  url: 'https://hooks.example.com/countersign',
  description: 'What the shop runs on',
}
/** What things of a noun are called; others are called Acme. */
const NAMES: Readonly<Record<string, string>> = {
  user: 'Ada Lovelace',
  administrator: 'Ada Lovelace',
  application: 'Shop',
  resource: 'Orders API',
  'api-key': 'Nightly report',
}
/** Members of records. */
const PARTS: Readonly<Record<string, string>> = { name: 'orders:read', description: 'See orders' }
const KNOWN_MOST = 3
/** Values of members that mean something else for a noun than for the others. */
const OWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'identity-provider': {
    issuer: 'https://idp.example.com',
    client_id: 'countersign',
    authorization_endpoint: 'https://idp.example.com/authorize',
    token_endpoint: 'https://idp.example.com/token',
    jwks_uri: 'https://idp.example.com/jwks',
    scopes: 'openid,email',
  },
}
/** What a command cannot do without, though its flags cannot say so, since it depends on another one. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'identity-provider create': [
    ...['issuer', 'client_id', 'client_secret'],
    ...['authorization_endpoint', 'token_endpoint', 'jwks_uri'],
  ],
}

/** The example’s words after `countersign`, not yet quoted. */
export function exampleOf(command: Command): string[] {
  const { noun, verb, parameters, answers } = command
  const shown = chooseFlags(command)
  const given = shown.flatMap((flag) => wordsOf(flag, noun))
  const ids = parameters.map(({ example }) => example)
  const rest = answers === 'stream' && given.length === 0 ? ['--json'] : []
  return [noun, verb, ...ids, ...given, ...rest]
}

/** Words as one would type them in a shell. */
export function shellLine(words: readonly string[]): string {
  return ['countersign', ...words]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')
}

/** What must be given, and some of what may be where its meaning is plain. */
function chooseFlags({ flags, takesBody, answers, noun, verb }: Command): Flag[] {
  const needed = NEEDED[`${noun} ${verb}`] ?? []
  const required = flags.filter((flag) => flag.required || needed.includes(flag.member))
  const optional = flags.filter((flag) => !required.includes(flag) && !['limit', 'cursor'].includes(flag.member))
  if (answers === 'list' || answers === 'stream') return optional.slice(0, 1)
  if (!takesBody) return required
  const known = optional.filter(({ member }) => member === 'name' || (member in VALUES && member !== 'slug'))
  if (verb === 'update') return known.slice(0, KNOWN_MOST - 1)
  return required.length === 0 ? [] : [...required, ...known.slice(0, KNOWN_MOST)]
}

function wordsOf(flag: Flag, noun: string): string[] {
  const name = `--${flagName(flag.member)}`
  if (isSecret(flag)) return [`${name}-file`, 'password.txt']
  if (flag.kind === 'boolean') return [name]
  return [name, textOf(flag, noun)]
}

function textOf(flag: Flag, noun: string): string {
  const { member, kind, choices, default: initial, example, format, least, most, parts } = flag
  if (kind === 'records') return (parts ?? []).map((part) => PARTS[part] ?? '').join('|')
  if (example) return example
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
