// Owns the help texts that are derived from a command.
import { ENVIRONMENT_ALIASES } from '#kernel/product-words.ts'
import type { Command } from './catalog.ts'
import { exampleOf, shellLine } from './example.ts'
import { type Flag, isSecret } from './flags.ts'

/** The text after the list of nouns. */
export const TOP_LEVEL = `Environment:
  COUNTERSIGN_ADMIN_API_KEY  The API key to send (or ${ENVIRONMENT_ALIASES.admin_api_key[0]}). Without a key, commands use the sign-in
                             of countersign login. Without a sign-in, and only for a server on this machine, they use
                             the key that the first start wrote to admin.key.firstboot in COUNTERSIGN_DATA_DIR (./data).
  XDG_CONFIG_HOME            The directory for sign-ins and contexts (~/.config)
  COUNTERSIGN_CONTEXT        The context to use (countersign context list)
  COUNTERSIGN_ADMIN_URL      The address of the admin API (http://127.0.0.1:9001)
  NO_COLOR                   Print without colours

Input:
  -                          As an argument: read the input as JSON from standard input; flags override it
  --member a,b               A list: separate values by commas, or repeat the flag; an empty text clears the list
  --member null              Clear a member that can be empty
  --object.member value      A member of an object
  --member @file             Read a JSON value from a file

Exit codes:
  0  the command succeeded
  1  the server refused the command, or the command failed
  2  the command line is not valid
  3  no connection to the server

Start here:
  countersign doctor
  countersign client create --help
  countersign event follow`

/** The text after the verbs of a noun. */
export function explanationOf(noun: string): string {
  return `countersign ${noun} <verb> --help shows the details of a verb.`
}

/** The placeholder for the value of a flag. */
export function placeholderOf(flag: Flag): string {
  const { kind, format, parts, choices, example, member } = flag
  if (kind === 'number') return 'number'
  if (kind === 'map') return 'key=value'
  if (kind === 'json') return choices ? choices.join('|') : 'json'
  if (kind === 'records') return (parts ?? []).join('|')
  const names: Record<string, string> = { uri: 'url', 'date-time': 'time', email: 'email', password: 'text' }
  const one = choices ? 'choice' : example || /(^|_)id$/.test(member) ? 'id' : (names[format ?? ''] ?? 'text')
  return kind === 'texts' ? `${one},…` : one
}

/**
 * The help line of a flag: its description and the format of its value.
 * @param pages whether the flag is the limit of a list
 */
export function describeFlag(flag: Flag, pages: boolean): string {
  const { description = '', kind, choices, required, nullable, default: initial, parts } = flag
  if (pages) return `Maximum number of items (default: ${JSON.stringify(initial ?? 50)})`
  const bare = parts?.length === 2 ? `'${parts.join('|')}'` : `'${parts?.join('|')}', where parts can be empty`
  const shown =
    initial !== undefined && initial !== '' && JSON.stringify(initial) !== '[]' && JSON.stringify(initial) !== '{}'
  const notes = [
    required && 'required',
    flag.least !== undefined && flag.most !== undefined && `${flag.least} to ${flag.most}`,
    choices && `one of: ${choices.join(', ')}`,
    kind === 'texts' && 'separate values by commas, or repeat the flag',
    kind === 'records' && `repeat the flag; ${bare}, or JSON`,
    kind === 'map' && 'repeat the flag, or use JSON or @file',
    kind === 'json' && !choices && 'JSON, or @file',
    flag.format === 'base64' && 'base64, or @file',
    flag.format === 'date-time' && 'RFC 3339, a date, or a duration such as 24h or 7d',
    isSecret(flag) && required && 'a terminal asks for it',
    nullable && 'null clears it',
    shown && kind !== 'boolean' && `default: ${typeof initial === 'string' ? initial : JSON.stringify(initial)}`,
    shown && kind === 'boolean' && initial === true && 'default: true',
  ].filter((note) => typeof note === 'string')
  return [description, notes.length > 0 && `(${notes.join('; ')})`].filter(Boolean).join(' ')
}

/** The text after the flags of a command. */
export function aboutCommand(command: Command): string {
  const { permission, reach, events, takesIfMatch, takesBody, shownOnce, verb, noun } = command
  const reaches: Record<string, string> = {
    realm: 'with any reach',
    tenant: 'with the reach tenant or platform',
    platform: 'with the reach platform',
  }
  const lines = [
    `Needs an API key ${reaches[reach]} and with the permission ${permission}.`,
    events.length > 0 && `Emits ${events.join(', ')}.`,
    shownOnce.length > 0 && `Shown only once: ${shownOnce.join(', ')}.`,
    takesIfMatch && 'With --if-match, the server refuses the change if the object has another version.',
  ].filter((line) => typeof line === 'string')
  const examples = [shellLine(exampleOf(command))]
  if (takesBody && verb === 'create') {
    const names = exampleOf(command).slice(2, 2 + command.parameters.length)
    examples.push(`${shellLine([noun, 'create', ...names, '-'])} < ${noun}.json`)
  }
  if (takesIfMatch && takesBody) {
    const names = exampleOf(command).slice(2, 2 + command.parameters.length)
    const get = shellLine([noun, 'get', ...names, '--json'])
    const [first = { member: '' }] = command.flags
    const { member } = command.flags.find((flag) => flag.member === 'name') ?? first
    const edit = `jq '.${member} = "Other"'`
    examples.push(`${get} | ${edit} | ${shellLine([noun, 'update', ...names, '-'])}`)
  }
  return `${lines.join('\n')}\n\n${exampleText(examples)}`
}

/** Examples with a heading. */
export function exampleText(lines: readonly string[]): string {
  return [lines.length > 1 ? 'Examples:' : 'Example:', ...lines.map((line) => `  ${line}`)].join('\n')
}
