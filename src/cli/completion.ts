// Owns the completion scripts. They are static, so that completion starts no process.
import type { Command } from './catalog.ts'
import { usage } from './failure.ts'
import { type Flag, flagName, isSecret } from './flags.ts'
import { inOrder, lineOf } from './nouns.ts'

const OWN: Readonly<Record<string, string>> = {
  doctor: 'Find problems of an installation',
  backup: 'Copy the database while the server runs',
  restore: 'Put a backup in the place of the database',
  why: 'Print why an endpoint refused a request',
  revoke: 'Revoke something with all that descends from it',
  login: 'Sign in with a browser',
  logout: 'Sign out',
  whoami: 'Show the identity that commands use',
  context: 'Named servers, realms and tenants',
  completion: 'Print a completion script',
  version: 'Print the version',
  help: 'Show the help of a command',
}
const SHELLS = ['bash', 'zsh', 'fish']

/**
 * The completion script for a shell: nouns, verbs, flags and choices.
 * @throws CommandFailure for another shell
 */
export function renderCompletion(shell: string, catalog: readonly Command[]): string {
  if (shell === 'bash') return bash(catalog)
  // zsh can run completions of bash.
  if (shell === 'zsh') return `#compdef countersign\nautoload -U +X bashcompinit && bashcompinit\n${bash(catalog)}`
  if (shell === 'fish') return fish(catalog)
  throw usage(`${JSON.stringify(shell)} is not supported. Supported shells: ${SHELLS.join(', ')}.`)
}

function flagsOf(command: Command): string[] {
  const members = command.flags.flatMap((flag) => namesOf(flag))
  const shared = [
    command.inRealm && '--realm',
    command.takesTenant && '--tenant',
    command.takesBody && '--input',
    command.takesIfMatch && '--if-match',
    command.method === 'POST' && '--idempotency-key',
    command.pageMost && '--all',
    '--server',
    '--json',
    '--output',
    command.irreversible && '--yes',
    '--quiet',
    '--help',
  ]
  return [...members, ...shared.filter((flag) => typeof flag === 'string')]
}

function namesOf(flag: Flag): string[] {
  const name = flagName(flag.member)
  if (flag.kind === 'boolean') return [`--${name}`, `--no-${name}`]
  return isSecret(flag) ? [`--${name}`, `--${name}-file`] : [`--${name}`]
}

function bash(catalog: readonly Command[]): string {
  const nouns = inOrder(catalog.map(({ noun }) => noun))
  const verbs = nouns.map((noun) => {
    const own = catalog.filter((command) => command.noun === noun).map(({ verb }) => verb)
    return `    ${noun}) words='${own.join(' ')}' ;;`
  })
  const flags = catalog.map(
    (command) => `    '${command.noun} ${command.verb}') words='${flagsOf(command).join(' ')}' ;;`,
  )
  const choices = catalog.flatMap(({ noun, verb, flags: own }) =>
    own.flatMap(({ member, choices }) =>
      choices ? [`    '${noun} ${verb} --${flagName(member)}') words='${choices.join(' ')}' ;;`] : [],
    ),
  )
  return `_countersign() {
  local words= current=\${COMP_WORDS[COMP_CWORD]} noun=\${COMP_WORDS[1]} verb=\${COMP_WORDS[2]}
  local before=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${[...nouns, ...Object.keys(OWN)].join(' ')}'
  elif [ "$COMP_CWORD" -eq 2 ]; then
    case $noun in
${verbs.join('\n')}
    backup) words='--json --config --help' ;;
    restore) words='--force --json --config --help' ;;
    doctor) words='mcp client --json --remote --config --help' ;;
    why) words='--json --server --help' ;;
    revoke) words='token grant client user agent session --dry-run --reason --realm --yes --json --server --help' ;;
    login) words='--tenant --no-browser --device --server --help' ;;
    logout) words='--server --help' ;;
    whoami) words='--json --server --help' ;;
    context) words='list set use delete --help' ;;
    completion) words='${SHELLS.join(' ')}' ;;
    help) words='${nouns.join(' ')}' ;;
    esac
  else
    case "$noun $verb $before" in
${choices.join('\n')}
    esac
    if [ -z "$words" ]; then
      case "$before" in
      --input | --config | --*-file) COMPREPLY=($(compgen -f -- "$current")) && return ;;
      esac
      case "$noun $verb" in
${flags.join('\n')}
      esac
    fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _countersign countersign
`
}

function fish(catalog: readonly Command[]): string {
  const nouns = inOrder(catalog.map(({ noun }) => noun))
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const top = [...nouns.map((noun) => [noun, lineOf(noun) ?? '']), ...Object.entries(OWN)].map(
    ([noun = '', line = '']) => `complete -c countersign -n __fish_use_subcommand -a ${noun} -d ${quoted(line)}`,
  )
  const verbs = catalog.map(({ noun, verb, summary }) => {
    const others = catalog.filter((command) => command.noun === noun).map((command) => command.verb)
    const condition = `__fish_seen_subcommand_from ${noun}; and not __fish_seen_subcommand_from ${others.join(' ')}`
    return `complete -c countersign -n ${quoted(condition)} -a ${verb} -d ${quoted(summary)}`
  })
  const flags = catalog.flatMap((command) => {
    const condition = quoted(
      `__fish_seen_subcommand_from ${command.noun}; and __fish_seen_subcommand_from ${command.verb}`,
    )
    const choices = new Map(command.flags.map((flag) => [`--${flagName(flag.member)}`, flag.choices]))
    return flagsOf(command).map((flag) => {
      const values = choices.get(flag)
      return `complete -c countersign -n ${condition} -l ${flag.slice(2)}${values ? ` -xa ${quoted(values.join(' '))}` : ''}`
    })
  })
  return `${['complete -c countersign -f', ...top, ...verbs, ...flags].join('\n')}\n`
}
