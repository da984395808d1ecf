// The words of the help that follow from a command.
import type { Command } from './catalog.ts'
import { exampleOf, shellLine } from './example.ts'
import { type Flag, isSecret } from './flags.ts'

/** What stands under the list of nouns. */
export const TOP_LEVEL = `Environment:
  COUNTERSIGN_ADMIN_API_KEY  The API key to send (AUTHPLANE_ADMIN_API_KEY is read, too). Without one, commands are
                             sent as whoever signed in with countersign login; else, and for a server on this machine
                             only, with the key that the first start wrote to admin.key.firstboot in
                             COUNTERSIGN_DATA_DIR (./data).
  XDG_CONFIG_HOME            Where a sign-in is kept (~/.config)
  COUNTERSIGN_ADMIN_URL      Where the admin API is (http://127.0.0.1:9001)
  NO_COLOR                   Print without colours

Writing input:
  -                          As an argument: the input is JSON on standard input; flags go over it
  --member a,b               Lists have commas, or the flag is repeated; an empty text empties them
  --member null              Empties a member that may be none
  --object.member value      Members of an object have a dot
  --member @file             Where JSON is taken: reads it from a file

Exit codes:
  0  done
  1  refused or failed
  2  the command was written wrongly
  3  no connection to the server

Start here:
  countersign doctor
  countersign client create --help
  countersign event follow`

/** What stands under the verbs of a noun. */
export function explanationOf(noun: string): string {
  return `countersign ${noun} <verb> --help tells more of each.`
}

/** What a flag takes, in angle brackets. */
export function placeholderOf(flag: Flag): string {
  const { kind, format, parts, choices, example, member } = flag
  if (kind === 'number') return 'number'
  if (kind === 'map') return 'key=value'
  if (kind === 'json') return choices ? choices.join('|') : 'json'
  if (kind === 'records') return (parts ?? []).join('|')
  const names: Record<string, string> = { uri: 'url', 'date-time': 'moment', email: 'email', password: 'text' }
  const one = choices ? 'choice' : example || /(^|_)id$/.test(member) ? 'id' : (names[format ?? ''] ?? 'text')
  return kind === 'texts' ? `${one},…` : one
}

/**
 * A flag’s line: its description and how its value is written.
 * @param pages whether it says how long a list is
 */
export function describeFlag(flag: Flag, pages: boolean): string {
  const { description = '', kind, choices, required, nullable, default: initial, parts } = flag
  if (pages) return `How many items at most (default: ${JSON.stringify(initial ?? 50)})`
  const bare =
    parts?.length === 2 ? `'${parts.join('|')}'` : `'${parts?.join('|')}', with nothing between bars to leave one out`
  const shown =
    initial !== undefined && initial !== '' && JSON.stringify(initial) !== '[]' && JSON.stringify(initial) !== '{}'
  const notes = [
    required && 'required',
    flag.least !== undefined && flag.most !== undefined && `${flag.least} to ${flag.most}`,
    choices && `one of: ${choices.join(', ')}`,
    kind === 'texts' && 'repeat it or use commas',
    kind === 'records' && `repeat it; ${bare}, or JSON`,
    kind === 'map' && 'repeat it, or give JSON or @file',
    kind === 'json' && !choices && 'JSON, or @file',
    flag.format === 'date-time' && 'RFC 3339, a date, or 24h, 7d …',
    isSecret(flag) && required && 'asked for at a terminal',
    nullable && 'null for none',
    shown && kind !== 'boolean' && `default: ${typeof initial === 'string' ? initial : JSON.stringify(initial)}`,
    shown && kind === 'boolean' && initial === true && 'default: yes',
  ].filter((note) => typeof note === 'string')
  return [description, notes.length > 0 && `(${notes.join('; ')})`].filter(Boolean).join(' ')
}

/** What stands under a command’s flags. */
export function aboutCommand(command: Command): string {
  const { permission, reach, events, takesIfMatch, takesBody, shownOnce, verb, noun } = command
  const reaches: Record<string, string> = {
    realm: 'of any reach',
    tenant: 'that reaches a tenant or the platform',
    platform: 'that reaches the platform',
  }
  const lines = [
    `Needs an API key ${reaches[reach]} with the permission ${permission}.`,
    events.length > 0 && `Emits ${events.join(', ')}.`,
    shownOnce.length > 0 && `Printed this once, and never shown again: ${shownOnce.join(', ')}.`,
    takesIfMatch && 'A version that was changed since it was read is refused where --if-match names it.',
  ].filter((line) => typeof line === 'string')
  const examples = [shellLine(exampleOf(command))]
  if (takesBody && verb === 'create') examples.push(`countersign ${noun} create - < ${noun}.json`)
  if (takesIfMatch && takesBody) {
    const [, , id = ''] = exampleOf(command)
    const [first = { member: '' }] = command.flags
    const { member } = command.flags.find((flag) => flag.member === 'name') ?? first
    const edit = `jq '.${member} = "Other"'`
    examples.push(`countersign ${noun} get ${id} --json | ${edit} | countersign ${noun} update ${id} -`)
  }
  return `${lines.join('\n')}\n\n${exampleText(examples)}`
}

/** Examples under their heading. */
export function exampleText(lines: readonly string[]): string {
  return [lines.length > 1 ? 'Examples:' : 'Example:', ...lines.map((line) => `  ${line}`)].join('\n')
}
