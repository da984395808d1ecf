// One example for each command, made of its flags. The values are of one small world, so that the examples fit together.
import type { Command } from './catalog.ts'
import { type Flag, flagName, isSecret } from './flags.ts'

const VALUES: Readonly<Record<string, string>> = {
  name: 'Acme',
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
  description: 'What the shop runs on',
}
/** Members of records. */
const PARTS: Readonly<Record<string, string>> = { name: 'orders:read', description: 'See orders' }
const REALM = 'k3v9x0q2m8ta'
const REQUIRED_AND = 3

/** The example’s words after `countersign`, not yet quoted. */
export function exampleOf(command: Command): string[] {
  const { noun, verb, flags, parameters, answers } = command
  const shown = chooseFlags(command)
  const given = shown.flatMap((flag) => wordsOf(flag, flags))
  const ids = parameters.map((name) => (name === 'issuer_id' ? REALM : (command.keyExample ?? name)))
  const rest = answers === 'stream' && given.length === 0 ? ['--json'] : []
  return [noun, verb, ...ids, ...given, ...rest]
}

/** Words as one would type them in a shell. */
export function shellLine(words: readonly string[]): string {
  return ['countersign', ...words]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')
}

/** What must be given, and some of what may be: what comes first where things are changed, what is known best else. */
function chooseFlags({ flags, takesBody, answers, verb }: Command): Flag[] {
  const required = flags.filter((flag) => flag.required)
  const plain = flags.filter(
    ({ member, kind }) => !['limit', 'cursor'].includes(member) && !['json', 'map'].includes(kind),
  )
  if (answers === 'list' || answers === 'stream') return plain.filter(({ required: must }) => !must).slice(0, 1)
  if (!takesBody) return required
  if (required.length === 0) return plain.slice(0, verb === 'update' ? REQUIRED_AND : 1)
  const known = plain.filter(({ member, required: must }) => !must && member in VALUES && member !== 'slug')
  return [...required, ...known.slice(0, REQUIRED_AND)]
}

function wordsOf(flag: Flag, flags: readonly Flag[]): string[] {
  const name = `--${flagName(flag.member)}`
  if (isSecret(flag)) return [`${name}-file`, 'password.txt']
  if (flag.kind === 'boolean') return [name]
  return [name, textOf(flag, flags)]
}

function textOf(
  { member, kind, choices, default: initial, example, format, least, most, parts }: Flag,
  flags: readonly Flag[],
): string {
  const last = member.split('.').at(-1) ?? ''
  if (kind === 'records') return (parts ?? []).map((part) => PARTS[part] ?? '').join(parts?.length === 2 ? '||' : '|')
  if (example) return example
  const known = VALUES[last]
  const person = flags.some(({ member }) => member === 'email')
  if (last === 'name' && person) return 'Ada Lovelace'
  if (known !== undefined && (choices === undefined || known.split(',').every((word) => choices.includes(word))))
    return known
  if (choices) return choices.find((choice) => choice !== initial) ?? choices[0] ?? ''
  if (kind === 'number') return String(Math.min(most ?? 900, Math.max(least ?? 0, 900)))
  if (format === 'date-time') return '24h'
  return format === 'uri' ? 'https://www.example.com' : last
}
