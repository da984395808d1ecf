// Runs one command line and reports its errors.
import { type Command as Cli, CommanderError } from 'commander'
import { type Command, readCatalog } from './catalog.ts'
import { type CliContext, currentContext, deleteContext, listContexts, setContext, useContext } from './context.ts'
import type { BackupOptions, DatabaseCopies, RestoreOptions } from './database-copies/backup.ts'
import type { DoctorOptions } from './doctor/doctor.ts'
import { exampleOf, shellLine } from './example.ts'
import { CommandFailure, EXIT, type ExitCode, usage } from './failure.ts'
import type { LoginOptions } from './login/login.ts'
import { buildProgram, pluralOf } from './program.ts'
import type { Terminal } from './terminal.ts'
import { harmless } from './text.ts'
import type { WhyOptions } from './why.ts'

/** The environment of a command line. */
export interface CommandEnvironment {
  readonly terminal: Terminal
  readonly version: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Checks the installation. It is loaded only for the command doctor. */
  readonly doctor: (options: DoctorOptions) => Promise<ExitCode>
  /** Copies databases. It is loaded only for the commands backup and restore. */
  readonly copies?: () => Promise<DatabaseCopies>
}

const HELP_WIDTH = 100

/**
 * Runs a command line.
 * @param argv the arguments after the program’s name
 * @returns the exit code; all messages are printed
 */
export async function run(argv: readonly string[], environment: CommandEnvironment): Promise<ExitCode> {
  try {
    return await execute(argv, environment)
  } catch (error) {
    return reportError(error, argv, environment)
  }
}

async function execute(
  given: readonly string[],
  { terminal, version, now, doctor, copies }: CommandEnvironment,
): Promise<ExitCode> {
  const argv = given[0] === 'help' ? [...given.slice(1), '--help'] : [...given]
  const [first] = argv
  const catalog = readCatalog()
  if (first !== undefined && /^-./.test(first) && !isHelp(first)) {
    throw usage(`${first} is before the command.`, 'Write flags after the verb: countersign client list --json.')
  }
  let exit: ExitCode = EXIT.done
  const agent = `countersign-cli/${version}`
  const inContext = <Options extends LoginOptions>(options: Options): Options => {
    const { server, tenant } = currentContext(terminal)
    const ownServer = options.server !== undefined || Boolean(terminal.env.COUNTERSIGN_ADMIN_URL?.trim())
    return {
      ...options,
      ...(!ownServer && server !== undefined && { server }),
      ...(options.tenant === undefined && tenant !== undefined && { tenant }),
    }
  }
  const actions = {
    run: async (command: Command, choices: Parameters<typeof import('./execute.ts')['execute']>[1]) => {
      const { execute } = await import('./execute.ts')
      exit = await execute(command, choices, { terminal, agent, now, catalog })
    },
    doctor: async (options: DoctorOptions) => {
      exit = await doctor(options)
    },
    why: async (id: string, options: WhyOptions) => {
      exit = await (await import('./why.ts')).why(id, inContext(options), { terminal, now, agent })
    },
    backup: async (folder: string, options: BackupOptions) => {
      await (await import('./database-copies/backup.ts')).runBackup(folder, options, {
        ...{ terminal, version, now, copies: await loadCopies(copies) },
      })
    },
    restore: async (folder: string, options: RestoreOptions) => {
      await (await import('./database-copies/backup.ts')).runRestore(folder, options, {
        ...{ terminal, copies: await loadCopies(copies) },
      })
    },
    login: async (options: LoginOptions) => {
      exit = await (await import('./login/login.ts')).login(inContext(options), { terminal, now, agent })
    },
    logout: async (options: LoginOptions) => {
      exit = await (await import('./login/login.ts')).logout(inContext(options), { terminal, now, agent })
    },
    whoami: async (options: LoginOptions & { json?: boolean }) => {
      exit = await (await import('./login/login.ts')).whoami(inContext(options), { terminal, now, agent })
    },
    context: {
      list: ({ json }: { json?: boolean }) => {
        exit = listContexts(terminal, json === true)
      },
      set: (name: string, context: CliContext) => {
        exit = setContext(terminal, name, context)
      },
      use: (name: string) => {
        exit = useContext(terminal, name)
      },
      delete: (name: string) => {
        exit = deleteContext(terminal, name)
      },
    },
    completion: async (shell: string) => {
      const { renderCompletion } = await import('./completion.ts')
      terminal.out(renderCompletion(shell, catalog))
    },
    version: () => terminal.out(`${version}\n`),
  }
  const layout = { width: Math.min(terminal.width ?? HELP_WIDTH, HELP_WIDTH), paint: terminal.paint }
  const program = buildProgram(catalog, actions, layout, new Set(argv.slice(0, 1)))
  for (const cli of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    cli.configureOutput({ writeOut: terminal.out, writeErr: () => {} })
  }
  if (first === undefined) {
    program.outputHelp()
    return EXIT.done
  }
  refuseNounAlone(argv, catalog)
  refusePartOfVerb(argv, catalog)
  await program.parseAsync(withoutHelpOfUnknown(argv, program), { from: 'user' })
  return exit
}

/** @throws CommandFailure where this program cannot copy databases */
function loadCopies(copies: CommandEnvironment['copies']): Promise<DatabaseCopies> {
  if (!copies) throw usage('Databases are copied on the machine of the server.')
  return copies()
}

/** Removes --help for an unknown command, so that the error is printed instead of the help of another command. */
function withoutHelpOfUnknown(argv: readonly string[], program: Cli): string[] {
  const named = (parent: Cli, word: string) =>
    parent.commands.find((each) => each.name() === word || each.aliases().includes(word))
  const [noun = '', verb = '--help'] = argv
  const group = named(program, noun)
  const there = isHelp(noun) || (group && (group.commands.length === 0 || isHelp(verb) || named(group, verb)))
  return there ? [...argv] : argv.filter((word) => !isHelp(word))
}

function isHelp(word: string): boolean {
  return word === '-h' || word === '--help'
}

function refuseNounAlone(argv: readonly string[], catalog: readonly Command[]): void {
  const [noun = '', verb] = argv
  const verbs = catalog.filter((command) => [command.noun, pluralOf(command.noun)].includes(noun))
  const [known] = verbs
  if (known === undefined || verb !== undefined) return
  throw usage(
    `countersign ${known.noun} needs a verb: ${verbs.map((command) => command.verb).join(', ')}.`,
    `countersign ${known.noun} --help describes the verbs.`,
  )
}

/** Names the verbs that a word is a part of: `webhook deliveries`. */
function refusePartOfVerb([noun = '', word = '']: readonly string[], catalog: readonly Command[]): void {
  const verbs = catalog.filter((command) => [command.noun, pluralOf(command.noun)].includes(noun))
  if (!/^[a-z-]{3,}$/.test(word) || word.startsWith('-') || verbs.some(({ verb }) => verb === word)) return
  const like = verbs.filter(({ verb }) => verb.split('-').length > 1 && verb.includes(word)).map(({ verb }) => verb)
  if (like.length > 0) throw usage(`unknown command '${word}'.`, `Did you mean ${like.join(' or ')}?`)
}

/** What to read where an argument is missing. */
function exampleFor([noun = '', verb = '']: readonly string[]): string {
  const command = readCatalog().find((each) => [each.noun, pluralOf(each.noun)].includes(noun) && each.verb === verb)
  return command
    ? `For example: ${shellLine(exampleOf(command))}`
    : `countersign ${harmless(noun)} --help shows the arguments.`
}

function reportError(error: unknown, argv: readonly string[], { terminal }: CommandEnvironment): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done
    const [what = '', ...more] = error.message.replace(/^error: /, '').split('\n')
    const hints = more.map((line) => line.replace(/^\((.*)\)$/, '$1'))
    if (error.code === 'commander.missingArgument') hints.push(exampleFor(argv))
    terminal.note([`Error: ${sentence(what)}`, ...hints].join('\n'))
    return EXIT.usage
  }
  if (error instanceof CommandFailure) {
    terminal.note([`Error: ${error.message}`, ...(error.remedy ? [error.remedy] : [])].join('\n'))
    return error.exit
  }
  terminal.note(`Error: ${harmless(error instanceof Error ? error.message : String(error))}`)
  return EXIT.failed
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`
}
