// Builds the commander program: the commands of the catalog, and doctor, login, logout, whoami, completion and version.
import { Command as Cli, Option } from 'commander'
import type { Command } from './catalog.ts'
import type { Choices } from './choices.ts'
import type { CliContext } from './context.ts'
import type { BackupOptions, RestoreOptions } from './database-copies/backup.ts'
import type { DoctorOptions } from './doctor/doctor.ts'
import { usage } from './failure.ts'
import { knownBy, nounOf } from './find.ts'
import { type Flag, flagName, isSecret } from './flags.ts'
import { aboutCommand, describeFlag, exampleText, explanationOf, placeholderOf, TOP_LEVEL } from './help-text.ts'
import type { LoginOptions } from './login/login.ts'
import { groupOf, inOrder, lineOf } from './nouns.ts'
import { REVOCABLE, type RevokeOptions, revocationOf } from './revoke.ts'
import type { WhyOptions } from './why.ts'

/** The functions that execute the commands. */
export interface Actions {
  run(command: Command, choices: Choices): Promise<void>
  doctor(options: DoctorOptions): Promise<void>
  backup(folder: string, options: BackupOptions): Promise<void>
  restore(folder: string, options: RestoreOptions): Promise<void>
  why(id: string, options: WhyOptions): Promise<void>
  login(options: LoginOptions): Promise<void>
  logout(options: LoginOptions): Promise<void>
  whoami(options: LoginOptions & { json?: boolean }): Promise<void>
  context: ContextActions
  completion(shell: string): void
  version(): void
}

/** The functions that execute the commands of contexts. */
export interface ContextActions {
  list(options: { json?: boolean }): void
  set(name: string, context: CliContext): void
  use(name: string): void
  delete(name: string): void
}

/** The layout of the help. */
export interface HelpLayout {
  readonly width: number
  paint(format: 'bold' | 'dim', text: string): string
}

// The names of options that are not members of the input start with $, so that they cannot collide with members.
const OWN = { json: '$json', quiet: '$quiet', server: '$server', input: '$input', all: '$all' } as const
const OUTPUTS = ['json', 'yaml', 'table', 'wide']
const HEADINGS = ['Flags:', 'Target and options:', 'Output:'] as const

class NamedOption extends Option {
  readonly #name: string

  constructor(flags: string, description: string, name: string, heading: string) {
    super(flags, description)
    this.#name = name
    this.helpGroup(heading)
  }

  override attributeName(): string {
    return this.#name
  }
}

/**
 * Builds the program.
 * @param only the nouns whose commands are needed; the others get no commands, which is faster
 */
export function buildProgram(
  catalog: readonly Command[],
  actions: Actions,
  layout: HelpLayout,
  only?: ReadonlySet<string>,
): Cli {
  const program = new Cli('countersign')
  setUp(program, layout)
  program.usage('<noun> <verb> [flags]').description('Administers a Countersign server over its admin API.')
  program.addHelpText('after', `\n${TOP_LEVEL}`)
  for (const noun of inOrder(catalog.map((command) => command.noun))) {
    const group = new Cli(noun)
      .description(lineOf(noun) ?? '')
      .alias(pluralOf(noun))
      .helpGroup(`${groupOf(noun)}:`)
    setUp(group, layout)
    group.usage('<verb> [flags]').addHelpText('after', `\n${explanationOf(noun)}`)
    const commands = catalog.filter((command) => command.noun === noun)
    if (!only || only.has(noun) || only.has(pluralOf(noun))) {
      for (const command of commands) group.addCommand(leaf(command, actions, layout))
    }
    program.addCommand(group)
  }
  addOwn(program, catalog, actions, layout)
  return program
}

function addOwn(program: Cli, catalog: readonly Command[], actions: Actions, layout: HelpLayout): void {
  const own = (name: string, summary: string) => {
    const command = setUp(new Cli(name), layout).description(summary).helpGroup('This program:')
    program.addCommand(command)
    return command
  }
  const doctor = own('doctor', 'Find problems of an installation, and print what to do')
    .option('--remote', 'Check only the server, because it runs on another machine')
    .option('--config <file>', 'The server’s configuration file')
    .option('--json', 'Print the results as JSON')
    .addHelpText('after', '\nThe exit code is 0 if no check fails, otherwise 1. The doctor changes nothing.')
    .action((options) => actions.doctor(options))
  addDoctors(doctor, actions, layout)
  const server = ['--server <url>', 'The address of the admin API, instead of COUNTERSIGN_ADMIN_URL'] as const
  own('why', 'Print why an endpoint refused a request: which step, and by which policy')
    .argument('<decision_id>', 'the id of the request, or the address in error_uri')
    .option('--json', 'Print it as JSON')
    .option(...server)
    .addHelpText(
      'after',
      '\nThe id is on the error page, in error_uri, in X-Request-Id, in the log and in events. Each server process keeps its own\ndecisions in memory for an hour. Tokens, codes and secrets are never among them.',
    )
    .action((id: string, options) => actions.why(id, options))
  own('revoke', 'Revoke something with all that descends from it')
    .argument('<kind>', `what it is: ${Object.keys(REVOCABLE).join(', ')}`)
    .argument('<id>', 'its id; of a token also the jti, of a user also the address, of a client or agent also the name')
    .option('--dry-run', 'Only show what would end')
    .option('--reason <text>', 'Why: for the event log')
    .option('--realm <realm>', 'The realm, by issuer id or name (default: default)')
    .option('--yes', 'Do not ask whether to do what cannot be undone')
    .option('--json', 'Print it as JSON')
    .option(...server)
    .addHelpText(
      'after',
      `\nWhat a dry run shows is what the same command without it ends.\n\n${exampleText(['countersign revoke user ada@example.com --dry-run', 'countersign revoke agent Clerk --reason "key lost" --yes'])}`,
    )
    .action((kind: string, id: string, options: RevokeOptions) => {
      const { command, choices } = revocationOf(catalog, [kind, id], options)
      return actions.run(command, choices)
    })
  addBackups(own, actions)
  own('login', 'Sign in with a browser, as an administrator')
    .option('--tenant <id>', 'The id of the tenant that you administer, tnt_… (default: the first tenant)')
    .option('--no-browser', 'Only print the address to open')
    .option('--device', 'Print a code for a browser on another machine')
    .option(...server)
    .addHelpText(
      'after',
      '\nIf no API key is set, later commands are sent in your name, and the event log names you. The tokens are stored in\na file that only you can read, under XDG_CONFIG_HOME (~/.config), and renewed before they expire.',
    )
    .action((options) => actions.login(options))
  own('logout', 'Sign out and revoke the tokens')
    .option(...server)
    .action((options) => actions.logout(options))
  own('whoami', 'Show the identity that commands use')
    .option('--json', 'Print it as JSON')
    .option(...server)
    .action((options) => actions.whoami(options))
  addContext(own('context', 'Named servers, realms and tenants, one of which is in use'), actions.context, layout)
  own('completion', 'Print a shell script that completes commands and flags')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      `\n${exampleText(['source <(countersign completion bash)', 'countersign completion fish | source'])}`,
    )
    .action((shell: string) => actions.completion(shell))
  own('version', 'Print the version').action(() => actions.version())
}

/** Copies of the database. */
function addBackups(own: (name: string, summary: string) => Cli, actions: Actions): void {
  own('backup', 'Copy the database of the server on this machine while it runs')
    .argument('<folder>', 'a new folder for the copy')
    .option('--config <file>', 'The server’s configuration file')
    .option('--json', 'Print the manifest')
    .addHelpText(
      'after',
      '\nThe copy is one state of the database. The master key is not in it: keep it in another place. PostgreSQL needs pg_dump.',
    )
    .action((folder: string, options) => actions.backup(folder, options))
  own('restore', 'Put a backup in the place of the database of the server on this machine')
    .argument('<folder>', 'the folder of the backup')
    .option('--force', 'Replace a database that has something')
    .option('--config <file>', 'The server’s configuration file')
    .option('--json', 'Print the manifest')
    .addHelpText('after', '\nStop the server first. PostgreSQL needs pg_restore.')
    .action((folder: string, options) => actions.restore(folder, options))
}

/** What the doctor examines besides the installation. */
function addDoctors(doctor: Cli, actions: Actions, layout: HelpLayout): void {
  const kind = (name: string, argument: string, summary: string) => {
    const command = setUp(new Cli(name), layout).description(summary).argument(argument)
    doctor.addCommand(command.option('--json', 'Print the results as JSON'))
    return command
  }
  kind('mcp', '<url>', 'Find out which MCP clients connect to an MCP server, and what to change')
    .addHelpText(
      'after',
      '\nThe address is that of the MCP server, or the issuer of a realm. Each client is played: it gets a client id in its own way\nand asks for authorization. Clients that are registered for this are deleted again.',
    )
    .action((url: string, options) => actions.doctor({ ...options, mcp: url }))
  kind(
    'client',
    '<client_id>',
    'Find out what a client id is good for: its redirect URIs, and which MCP clients can use it',
  )
    .option('--realm <realm>', 'The realm, by issuer id or name (default: default)')
    .action((client: string, options) => actions.doctor({ ...options, client }))
}

function addContext(group: Cli, actions: ContextActions, layout: HelpLayout): void {
  const verb = (name: string, summary: string) => {
    const command = setUp(new Cli(name), layout).description(summary)
    group.addCommand(command)
    return command
  }
  group.usage('<verb> [flags]')
  verb('list', 'List the contexts')
    .option('--json', 'Print them as JSON')
    .action((options) => actions.list(options))
  verb('set', 'Create or replace a context')
    .argument('<name>', 'the name')
    .option('--server <url>', 'The address of the admin API')
    .option('--realm <realm>', 'The realm of commands, by issuer id or name')
    .option('--tenant <slug>', 'The tenant of commands, by slug or id')
    .addHelpText(
      'after',
      `\nFlags and environment variables have priority over the context. A context has no key: use countersign login, or\nCOUNTERSIGN_ADMIN_API_KEY.\n\n${exampleText(['countersign context set acme --tenant acme', 'countersign context use acme'])}`,
    )
    .action((name, options) => actions.set(name, options))
  verb('use', 'Use a context for later commands')
    .argument('<name>', 'the name')
    .action((name) => actions.use(name))
  verb('delete', 'Delete a context')
    .argument('<name>', 'the name')
    .action((name) => actions.delete(name))
}

function setUp(command: Cli, layout: HelpLayout): Cli {
  return command
    .helpCommand(false)
    .helpOption('-h, --help', 'Show this help')
    .exitOverride()
    .configureHelp({
      helpWidth: layout.width,
      styleTitle: (text) => layout.paint('bold', text),
      commandUsage: (each) => [...lineage(each), each.usage()].join(' '),
      subcommandTerm: (each) => each.name(),
      optionTerm: (option) => (option as { term?: string }).term ?? option.flags,
      optionDescription: (option) => option.description,
    })
    .configureOutput({ outputError: () => {} })
}

function lineage(command: Cli): string[] {
  return [...(command.parent ? lineage(command.parent) : []), command.name()]
}

/** The plural of a noun, which the command line also accepts: `countersign clients list`. */
export function pluralOf(noun: string): string {
  return noun.endsWith('y') && !/[aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`
}

function leaf(command: Command, actions: Actions, layout: HelpLayout): Cli {
  const cli = setUp(new Cli(command.verb), layout)
  const words = [...command.parameters.map(({ name }) => `<${name}>`), command.takesBody && '[-]', '[flags]']
  cli
    .usage(words.filter(Boolean).join(' '))
    .summary(command.summary)
    .description([command.summary, command.description].filter(Boolean).join('.\n\n'))
  for (const { name } of command.parameters) {
    const noun = nounOf(name, command)
    const names = [
      name === 'issuer_id' ? 'issuer id' : 'id',
      ...knownBy(noun).map((member) => member.replaceAll('_', ' ')),
    ]
    cli.argument(
      `<${name}>`,
      `the ${names.join(', ').replace(/, ([^,]*)$/, ' or $1')} of the ${noun.replaceAll('-', ' ')}`,
    )
  }
  if (command.takesBody) cli.argument('[-]', 'read the input as JSON from standard input; flags override it')
  const flags = [...command.flags].sort((left, right) => Number(right.required ?? 0) - Number(left.required ?? 0))
  for (const flag of flags) for (const option of optionsOf(flag, command)) cli.addOption(option)
  for (const option of sharedOptions(command)) cli.addOption(option)
  cli.addHelpText('after', `\n${aboutCommand(command)}`)
  cli.action(async (...given: unknown[]) => {
    const values = given.slice(0, command.parameters.length) as string[]
    const dash = command.takesBody ? given[command.parameters.length] : undefined
    if (dash !== undefined && dash !== '-') {
      throw usage(
        `Unexpected argument ${JSON.stringify(dash)}.`,
        'Use flags to set members. The argument - reads standard input.',
      )
    }
    await actions.run(command, choicesOf(command, values, cli.opts(), dash === '-'))
  })
  return cli
}

function optionsOf(flag: Flag, { pageMost }: Command): Option[] {
  const { member, kind } = flag
  const name = `--${flagName(member)}`
  const described = describeFlag(flag, pageMost !== undefined && member === 'limit')
  if (kind === 'boolean') {
    const yes = new NamedOption(name, described, member, HEADINGS[0])
    const no = new NamedOption(`--no-${flagName(member)}`, '', member, HEADINGS[0]).hideHelp()
    return [Object.assign(yes, { term: `--[no-]${flagName(member)}` }), no]
  }
  const option = new NamedOption(`${name} <${placeholderOf(flag)}>`, described, member, HEADINGS[0])
  option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text])
  if (!isSecret(flag)) return [option]
  const file = new NamedOption(
    `${name}-file <path>`,
    'Read the value from a file, or from standard input with -',
    `$file:${member}`,
    HEADINGS[0],
  )
  return [option, file]
}

function sharedOptions(command: Command): Option[] {
  const where = (flags: string, name: string, text: string) => new NamedOption(flags, text, name, HEADINGS[1])
  const output = (flags: string, name: string, text: string) => new NamedOption(flags, text, name, HEADINGS[2])
  return [
    ...(command.inRealm
      ? [where('--realm <realm>', '$realm', 'The realm, by issuer id or name (default: default)')]
      : []),
    ...(command.takesTenant
      ? [where('--tenant <id>', '$tenant', 'The tenant, by slug or id, for keys that reach several')]
      : []),
    ...(command.takesBody
      ? [where('--input <file>', OWN.input, 'Read the input as JSON from a file, or from standard input with -')]
      : []),
    ...(command.takesIfMatch
      ? [
          where(
            '--if-match <version>',
            '$ifMatch',
            'Only change this version (default: the version in the JSON input, if it has one)',
          ),
        ]
      : []),
    ...(command.method === 'POST' && command.answers !== 'stream'
      ? [
          where(
            '--idempotency-key <key>',
            '$idempotencyKey',
            'A repeated command with the same key changes nothing and gets the same response',
          ),
        ]
      : []),
    ...(command.pageMost ? [where('--all', OWN.all, 'All items of the list, from all pages')] : []),
    ...(command.irreversible ? [where('--yes', '$yes', 'Do not ask whether to do what cannot be undone')] : []),
    where('--server <url>', OWN.server, 'The address of the admin API, instead of COUNTERSIGN_ADMIN_URL'),
    output(
      '-o, --output <format>',
      '$output',
      `The format: ${OUTPUTS.join(', ')} (default: table); wide is a table with all members`,
    ),
    output('--json', OWN.json, jsonText(command)),
    output('--quiet', OWN.quiet, command.answers === 'nothing' ? 'Print nothing' : `Print only ${command.key}`),
  ]
}

function jsonText({ answers }: Command): string {
  if (answers === 'nothing') return 'Print null'
  return answers === 'stream' ? 'Print one JSON object per line' : 'Print the response as JSON'
}

function choicesOf(command: Command, parameters: string[], options: Record<string, unknown>, dash: boolean): Choices {
  const members = new Set(command.flags.map(({ member }) => member))
  const entries = Object.entries(options)
  const flags = entries.filter(([name, value]) => members.has(name) && value !== undefined)
  const files = entries.filter(([name]) => name.startsWith('$file:')).map(([name, value]) => [name.slice(6), value])
  const own = entries
    .filter(([name]) => name.startsWith('$') && !name.includes(':'))
    .map(([name, value]) => [name.slice(1), value])
  const { input, output, ...rest } = Object.fromEntries(own) as Record<string, string>
  if (output !== undefined && !OUTPUTS.includes(output)) throw usage(`--output must be one of ${OUTPUTS.join(', ')}.`)
  if (output !== undefined && output !== 'json' && rest.json) throw usage('Use either --json or --output, not both.')
  if (dash && input !== undefined && input !== '-') throw usage('Use either - or --input, not both.')
  const source = dash ? '-' : input
  return {
    ...rest,
    ...(output === 'json' && { json: true }),
    ...(output === 'yaml' && { yaml: true }),
    ...(output === 'wide' && { wide: true }),
    parameters,
    flags: Object.fromEntries(flags) as Choices['flags'],
    files: Object.fromEntries(files) as Choices['files'],
    ...(source !== undefined && { input: source }),
  }
}
