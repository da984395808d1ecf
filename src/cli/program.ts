// The commander program: every command of the catalogue, and what the command line does besides.
import { Command as Cli, Option } from 'commander'
import type { Command } from './catalog.ts'
import type { Choices } from './choices.ts'
import { usage } from './failure.ts'
import { type Flag, flagName, isSecret } from './flags.ts'
import { aboutCommand, describeFlag, exampleText, explanationOf, placeholderOf, TOP_LEVEL } from './help-text.ts'
import type { LoginOptions } from './login/login.ts'
import { groupOf, inOrder, lineOf } from './nouns.ts'

/** What happens when a command is carried out. */
export interface Deeds {
  run(command: Command, choices: Choices): Promise<void>
  doctor(options: { json?: boolean; remote?: boolean; config?: string }): Promise<void>
  login(options: LoginOptions): Promise<void>
  logout(options: LoginOptions): Promise<void>
  whoami(options: LoginOptions & { json?: boolean }): Promise<void>
  completion(shell: string): void
  version(): void
}

/** How the help is set. */
export interface Look {
  readonly width: number
  paint(format: 'bold' | 'dim', text: string): string
}

// An input member keeps its name; what is no member has a $ before its own, so that they cannot meet.
const OWN = { json: '$json', quiet: '$quiet', server: '$server', input: '$input', all: '$all' } as const
const IN_HELP = ['Flags:', 'Where and how:', 'Output:'] as const

class Named extends Option {
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
 * The whole program.
 * @param only nouns whose commands are needed; the others are only named, which is quicker
 */
export function buildProgram(catalog: readonly Command[], deeds: Deeds, look: Look, only?: ReadonlySet<string>): Cli {
  const program = new Cli('countersign')
  setUp(program, look)
  program.usage('<noun> <verb> [flags]').description('Administers a Countersign server over its admin API.')
  program.addHelpText('after', `\n${TOP_LEVEL}`)
  for (const noun of inOrder(catalog.map((command) => command.noun))) {
    const group = new Cli(noun)
      .description(lineOf(noun) ?? '')
      .alias(pluralOf(noun))
      .helpGroup(`${groupOf(noun)}:`)
    setUp(group, look)
    group.usage('<verb> [flags]').addHelpText('after', `\n${explanationOf(noun)}`)
    const commands = catalog.filter((command) => command.noun === noun)
    if (!only || only.has(noun) || only.has(pluralOf(noun))) {
      for (const command of commands) group.addCommand(leaf(command, deeds, look))
    }
    program.addCommand(group)
  }
  addOwn(program, deeds, look)
  return program
}

function addOwn(program: Cli, deeds: Deeds, look: Look): void {
  const own = (name: string, summary: string) => {
    const command = setUp(new Cli(name), look).description(summary).helpGroup('This program:')
    program.addCommand(command)
    return command
  }
  own('doctor', 'Say what is wrong with an installation, and what to do')
    .option('--remote', 'Look at the server only, because it runs on another machine')
    .option('--config <file>', 'The server’s configuration file')
    .option('--json', 'Print the findings as JSON')
    .addHelpText('after', '\nEnds with 0 where nothing fails, with 1 otherwise. It changes nothing.')
    .action((options) => deeds.doctor(options))
  const server = ['--server <url>', 'The admin API’s address, over COUNTERSIGN_ADMIN_URL'] as const
  own('login', 'Sign in with a browser, as an administrator')
    .option('--tenant <slug>', 'The tenant whose administrator you are (default: the first one)')
    .option('--no-browser', 'Only print the address to open')
    .option('--device', 'Print a code to enter in a browser on another machine')
    .option(...server)
    .addHelpText(
      'after',
      '\nCommands are sent as you from then on, where no API key is set; the event log names you. Tokens are kept in a\nfile that only you can read, under XDG_CONFIG_HOME (~/.config), and replaced as they expire.',
    )
    .action((options) => deeds.login(options))
  own('logout', 'Give the tokens of a sign-in back and forget them')
    .option(...server)
    .action((options) => deeds.logout(options))
  own('whoami', 'Say as whom commands are sent')
    .option('--json', 'Print it as JSON')
    .option(...server)
    .action((options) => deeds.whoami(options))
  own('completion', 'Print a script that lets a shell complete commands and flags')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      `\n${exampleText(['source <(countersign completion bash)', 'countersign completion fish | source'])}`,
    )
    .action((shell: string) => deeds.completion(shell))
  own('version', 'Print the version').action(() => deeds.version())
}

function setUp(command: Cli, look: Look): Cli {
  return command
    .helpCommand(false)
    .helpOption('-h, --help', 'Show this help')
    .exitOverride()
    .configureHelp({
      helpWidth: look.width,
      styleTitle: (text) => look.paint('bold', text),
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

/** Plurals work as well: who writes `countersign clients list` is understood. */
export function pluralOf(noun: string): string {
  return noun.endsWith('y') && !/[aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`
}

function leaf(command: Command, deeds: Deeds, look: Look): Cli {
  const cli = setUp(new Cli(command.verb), look)
  const words = [...command.parameters.map(({ name }) => `<${name}>`), command.takesBody && '[-]', '[flags]']
  cli
    .usage(words.filter(Boolean).join(' '))
    .summary(command.summary)
    .description([command.summary, command.description].filter(Boolean).join('.\n\n'))
  for (const { name } of command.parameters) {
    const other = name === 'issuer_id' ? 'realm' : name.replace(/_?id$/, '').replaceAll('_', ' ')
    cli.argument(`<${name}>`, `the ${name === 'issuer_id' ? 'issuer id' : 'id'} of the ${other || command.noun}`)
  }
  if (command.takesBody) cli.argument('[-]', 'read the input as JSON from standard input; flags go over it')
  const flags = [...command.flags].sort((left, right) => Number(right.required ?? 0) - Number(left.required ?? 0))
  for (const flag of flags) for (const option of optionsOf(flag, command)) cli.addOption(option)
  for (const option of sharedOptions(command)) cli.addOption(option)
  cli.addHelpText('after', `\n${aboutCommand(command)}`)
  cli.action(async (...given: unknown[]) => {
    const values = given.slice(0, command.parameters.length) as string[]
    const dash = command.takesBody ? given[command.parameters.length] : undefined
    if (dash !== undefined && dash !== '-') {
      throw usage(
        `${JSON.stringify(dash)} is one argument too many.`,
        'Flags name what they set; - alone reads standard input.',
      )
    }
    await deeds.run(command, choicesOf(command, values, cli.opts(), dash === '-'))
  })
  return cli
}

function optionsOf(flag: Flag, { pageMost, takesBody }: Command): Option[] {
  const { member, kind } = flag
  const name = `--${flagName(member)}`
  const described = describeFlag(flag, pageMost !== undefined && member === 'limit')
  if (kind === 'boolean') {
    const yes = new Named(name, described, member, IN_HELP[0])
    if (!takesBody) return [yes]
    const no = new Named(`--no-${flagName(member)}`, '', member, IN_HELP[0]).hideHelp()
    return [Object.assign(yes, { term: `--[no-]${flagName(member)}` }), no]
  }
  const option = new Named(`${name} <${placeholderOf(flag)}>`, described, member, IN_HELP[0])
  option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text])
  if (!isSecret(flag)) return [option]
  const file = new Named(
    `${name}-file <path>`,
    'Read it from a file, or - for standard input',
    `$file:${member}`,
    IN_HELP[0],
  )
  return [option, file]
}

function sharedOptions(command: Command): Option[] {
  const where = (flags: string, name: string, text: string) => new Named(flags, text, name, IN_HELP[1])
  const output = (flags: string, name: string, text: string) => new Named(flags, text, name, IN_HELP[2])
  return [
    ...(command.inRealm ? [where('--realm <issuer_id>', '$realm', 'The realm it is about (default: default)')] : []),
    ...(command.takesTenant ? [where('--tenant <id>', '$tenant', 'The tenant, for keys that reach several')] : []),
    ...(command.takesBody
      ? [where('--input <file>', OWN.input, 'Read the input as JSON from a file, or - for standard input')]
      : []),
    ...(command.takesIfMatch
      ? [
          where(
            '--if-match <version>',
            '$ifMatch',
            'Only change this version; that of a JSON input, if it has one, unless told',
          ),
        ]
      : []),
    ...(command.method === 'POST' && command.answers !== 'stream'
      ? [
          where(
            '--idempotency-key <key>',
            '$idempotencyKey',
            'A repetition with the same key does nothing and answers the same',
          ),
        ]
      : []),
    ...(command.pageMost ? [where('--all', OWN.all, 'Everything, however many pages it takes')] : []),
    where('--server <url>', OWN.server, 'The admin API’s address, over COUNTERSIGN_ADMIN_URL'),
    output('--json', OWN.json, jsonText(command)),
    output('--quiet', OWN.quiet, command.answers === 'nothing' ? 'Print nothing' : `Print ${command.key} only`),
  ]
}

function jsonText({ answers }: Command): string {
  if (answers === 'nothing') return 'Print null, which is JSON for nothing'
  return answers === 'stream' ? 'Print one JSON object in each line' : 'Print the answer as JSON'
}

function choicesOf(command: Command, parameters: string[], options: Record<string, unknown>, dash: boolean): Choices {
  const members = new Set(command.flags.map(({ member }) => member))
  const entries = Object.entries(options)
  const flags = entries.filter(([name, value]) => members.has(name) && value !== undefined)
  const files = entries.filter(([name]) => name.startsWith('$file:')).map(([name, value]) => [name.slice(6), value])
  const own = entries
    .filter(([name]) => name.startsWith('$') && !name.includes(':'))
    .map(([name, value]) => [name.slice(1), value])
  const { input, ...rest } = Object.fromEntries(own) as Record<string, string>
  if (dash && input !== undefined && input !== '-')
    throw usage('The input comes from - or from --input, not from both.')
  const source = dash ? '-' : input
  return {
    ...rest,
    parameters,
    flags: Object.fromEntries(flags) as Choices['flags'],
    files: Object.fromEntries(files) as Choices['files'],
    ...(source !== undefined && { input: source }),
  }
}
