// Executes one command: one request, or one request for each page of a list.
import { type ApiAnswer, ApiRefusal, type ApiRequest, call } from './api.ts'
import { type Command, isFinal } from './catalog.ts'
import type { Choices, Setting } from './choices.ts'
import { type CliContext, currentContext } from './context.ts'
import { shellLine } from './example.ts'
import { CommandFailure, EXIT, type ExitCode, usage } from './failure.ts'
import { type Asking, findId, findRealm, isId, nounOf } from './find.ts'
import { flagName } from './flags.ts'
import { follow } from './follow.ts'
import { type Input, readInput } from './input.ts'
import { targetOf } from './login/signed-in.ts'
import { printerOf } from './print-list.ts'
import { renderDetails } from './table.ts'
import type { Target } from './target.ts'
import type { Terminal } from './terminal.ts'
import { harmless, json } from './text.ts'
import { yaml } from './yaml.ts'

type Thing = Readonly<Record<string, unknown>>

/** Executes a command and prints the result. @throws CommandFailure */
export async function execute(command: Command, given: Choices, setting: Setting): Promise<ExitCode> {
  const { terminal, agent, catalog } = setting
  const context = currentContext(terminal)
  const server = given.server ?? (terminal.env.COUNTERSIGN_ADMIN_URL?.trim() ? undefined : context.server)
  const find = () => targetOf(terminal, server, setting.now)
  // What is written wrongly is said before anything is sent.
  const written = await readInput(command, given, terminal, setting.now())
  for (const [at, { name }] of command.parameters.entries()) refuseEmpty(name, given.parameters[at])
  refuseLoss(command, given)
  const target = await find()
  const realm = given.realm ?? context.realm ?? target.realm ?? 'default'
  const choices = await named(command, given, context, { catalog, target, agent, realm })
  const asking = { catalog, target, agent, realm: choices.realm }
  if (!(await confirmed(command, given, written.values, terminal))) return EXIT.failed
  const input = { ...written, values: await namedFlags(command, written.values, choices, asking) }
  refuseOther(command, choices, written.belongsTo)
  const request = requestOf(command, choices, input)
  try {
    if (command.answers === 'stream') return await follow(command, choices, target, request, { ...setting, find })
    if (command.answers === 'list') return await list(command, choices, target, request, setting)
    return showOne(command, choices, await call(target, setting.agent, request), setting.terminal)
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error
    const isMissing = error.code === 'not_found' && (await whyNotFound(command, choices, asking))
    throw isMissing || explain(error, command, given, asking.realm)
  }
}

/** The choices with ids in the place of names, and with the realm and the tenant of the context. */
async function named(
  command: Command,
  given: Choices,
  context: CliContext,
  { realm: realmName, ...asking }: Omit<Asking, 'tenant'>,
): Promise<Choices & { readonly realm: string }> {
  const tenantName = given.tenant ?? context.tenant
  const takesTenant = command.takesTenant && tenantName !== undefined
  const everywhere = { ...asking, realm: realmName, tenant: undefined }
  const tenant = takesTenant ? await findId('tenant', tenantName, everywhere) : undefined
  const realm = command.inRealm ? await findRealm(realmName, { ...everywhere, tenant }) : realmName
  const parameters = await Promise.all(
    command.parameters.map(({ name }, at) =>
      findId(nounOf(name, command), given.parameters[at] ?? '', { ...asking, realm, tenant }),
    ),
  )
  return { ...given, realm, parameters, ...(tenant !== undefined && { tenant }) }
}

/** The input with ids in the place of names: `--user-id ada@example.com`. */
async function namedFlags(
  command: Command,
  values: Input['values'],
  { tenant }: Choices,
  asking: Omit<Asking, 'tenant'>,
): Promise<Input['values']> {
  const ids = command.flags.filter(({ member, example }) => isId(example) || member.endsWith('_ids'))
  const found = ids.map(async ({ member }) => {
    const noun = nounOf(member, command)
    const find = (value: unknown) =>
      typeof value === 'string' ? findId(noun, value, { ...asking, tenant }) : Promise.resolve(value)
    const value = values[member]
    return [member, Array.isArray(value) ? await Promise.all(value.map(find)) : await find(value)] as const
  })
  const people = command.flags.map(async ({ member }) => {
    const value = values[member]
    const isPerson = ANYBODY.has(member) && typeof value === 'string' && value.includes('@')
    return [member, isPerson ? await personOf(member, value, { ...asking, tenant }) : undefined] as const
  })
  const entries = (await Promise.all([...found, ...people])).filter(([, value]) => value !== undefined)
  return { ...values, ...Object.fromEntries(entries) }
}

/** The flags that take the id of an object of any kind. */
const ANYBODY = new Set(['subject_id', 'actor_id'])

/** The id of the user that an address names. @throws CommandFailure where there is none: no event has an address as an id */
async function personOf(member: string, address: string, asking: Asking): Promise<string> {
  const id = await findId('user', address, asking)
  if (id !== address) return id
  throw usage(
    `--${flagName(member)}: the realm ${harmless(asking.realm)} has no user ${harmless(address)}.`,
    'For a user of another realm, or an administrator, use the id.',
  )
}

/** @throws CommandFailure where the input is that of another object */
function refuseOther({ parameters, flags }: Command, choices: Choices, id: string | undefined): void {
  const at = parameters.findIndex(({ name }) => name === 'id')
  const argument = choices.parameters[at]
  if (id === undefined || argument === undefined || id === argument || flags.some(({ member }) => member === 'id'))
    return
  if (isId(argument)) throw usage(`The input belongs to ${harmless(id)}, but the command is for ${argument}.`)
}

function refuseEmpty(name: string, text = ''): void {
  if (text === '' || text === '.' || text === '..') throw usage(`${name} must not be empty.`)
}

/** @throws CommandFailure where --quiet would lose a secret that is shown once */
function refuseLoss({ makesSecret, shownOnce, key }: Command, { quiet, json: asJson, yaml: asYaml }: Choices): void {
  if (!quiet || asJson || asYaml || !makesSecret) return
  throw usage(`--quiet prints only ${key}, and ${shownOnce.join(', ')} is shown once.`, 'Use --json.')
}

/** Whether a command may be executed: what cannot be undone is asked for. @throws CommandFailure where nobody can be asked */
async function confirmed(
  command: Command,
  { yes, parameters }: Choices,
  values: Input['values'],
  terminal: Terminal,
): Promise<boolean> {
  if (!isFinal(command, values) || yes) return true
  if (!terminal.interactive) throw usage('This cannot be undone.', 'Add --yes to do it without a question.')
  const what = parameters.length > 0 ? `${command.summary}: ${parameters.map(harmless).join(' ')}` : command.summary
  const reply = await terminal.ask(`${what}. This cannot be undone. Continue? [y/N] `)
  if (/^y(es)?$/i.test(reply.trim())) return true
  terminal.note('Nothing was changed.')
  return false
}

function requestOf(command: Command, choices: Choices, { values, ifMatch }: Input): ApiRequest {
  const path = command.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const at = command.parameters.findIndex((parameter) => parameter.name === name)
    const text = at < 0 ? (choices.realm ?? 'default') : (choices.parameters[at] ?? '')
    refuseEmpty(name, text)
    return encodeURIComponent(text)
  })
  const query = command.takesBody
    ? {}
    : Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
  return {
    method: command.method,
    path,
    query: { ...query, ...(choices.tenant !== undefined && { tenant_id: choices.tenant }) },
    ...(command.takesBody && { body: values }),
    headers: {
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(choices.idempotencyKey !== undefined && { 'idempotency-key': choices.idempotencyKey }),
    },
  }
}

function showOne(command: Command, choices: Choices, { body }: ApiAnswer, terminal: Terminal): ExitCode {
  if (body === undefined) {
    if (choices.json || choices.yaml) terminal.out('null\n')
    else if (!choices.quiet) terminal.out(`${command.done ?? 'Done.'}\n`)
    return EXIT.done
  }
  const thing = body as Thing
  const made = command.shownOnce.filter((name) => typeof thing[name] === 'string')
  if (choices.json) terminal.out(`${json(thing, 2)}\n`)
  else if (choices.yaml) terminal.out(yaml(thing))
  else if (choices.quiet) terminal.out(`${harmless(String(thing[command.key] ?? ''))}\n`)
  else terminal.out(renderDetails(thing, terminal))
  if (made.length > 0) {
    const names = made.join(', ')
    terminal.note(
      choices.quiet
        ? `--quiet did not print these members, and they are not shown again: ${names}.`
        : `Save this now. It is not shown again: ${names}.`,
    )
  }
  return thing.ok === false || thing.success === false ? EXIT.failed : EXIT.done
}

/** Prints one page, the number of items in `--limit`, or with `--all` the whole list. */
async function list(
  command: Command,
  choices: Choices,
  target: Target,
  request: ApiRequest,
  { terminal, agent }: Setting,
): Promise<ExitCode> {
  const { limit } = request.query ?? {}
  const wanted = choices.all ? Infinity : limit === undefined ? undefined : Number(limit)
  const printer = printerOf(command, choices, terminal)
  let cursor = request.query?.cursor ?? null
  let count = 0
  do {
    const size = wanted === undefined ? undefined : Math.min(command.pageMost ?? 1, wanted - count)
    const { cursor: _, limit: __, ...filters } = request.query ?? {}
    const query = {
      ...filters,
      ...(command.pageMost && size !== undefined && { limit: String(size) }),
      ...(cursor !== null && { cursor }),
    }
    const { body } = await call(target, agent, { ...request, query })
    const page = body as { data: Thing[]; next_cursor?: string | null }
    printer.add(page.data)
    count += page.data.length
    cursor = page.next_cursor ?? null
  } while (cursor !== null && wanted !== undefined && count < wanted)
  printer.end(cursor)
  return EXIT.done
}

/** What is not there, where it is not the object of the command: the admin API, or the realm. */
async function whyNotFound(
  { inRealm }: Command,
  choices: Choices,
  { target, agent, realm }: Pick<Asking, 'target' | 'agent' | 'realm'>,
): Promise<CommandFailure | undefined> {
  const { tenant } = choices
  const ofTenant = tenant === undefined ? {} : { tenant_id: tenant }
  const isFound = async (path: string, query: Record<string, string> = ofTenant) => {
    try {
      await call(target, agent, { method: 'GET', path, query })
      return true
    } catch (error) {
      return !(error instanceof ApiRefusal && error.code === 'not_found')
    }
  }
  if (!(await isFound('/v1/permissions', {}))) {
    return new CommandFailure(
      EXIT.failed,
      `${target.url} is not the address of the admin API.`,
      'Set COUNTERSIGN_ADMIN_URL or --server to the address of the admin listener, for example http://127.0.0.1:9001.',
    )
  }
  if (tenant !== undefined && !(await isFound('/v1/realms', { ...ofTenant, limit: '1' }))) {
    return new CommandFailure(
      EXIT.failed,
      `There is no tenant ${harmless(tenant)}, or it is not within your reach.`,
      'countersign tenant list shows the tenants.',
    )
  }
  if (!inRealm || (await isFound(`/v1/realms/${encodeURIComponent(realm)}`))) return undefined
  const isNamed = choices.realm !== undefined
  return new CommandFailure(
    EXIT.failed,
    `There is no realm ${harmless(realm)}, or it is not within your reach.`,
    `countersign realm list shows the realms. Name one with --realm${isNamed ? '' : ', or in a context (countersign context set)'}.`,
  )
}

/** Converts an error of the API: members become flags, and some errors get a hint what to do. */
function explain(refusal: ApiRefusal, command: Command, choices: Choices, usedRealm: string): CommandFailure {
  const { noun, flags, inRealm } = command
  const realm = choices.realm === undefined ? [] : ['--realm', choices.realm]
  const get = shellLine([noun, 'get', ...choices.parameters, ...realm])
  const remedies: Record<string, string> = {
    precondition_failed: `Read the current version: ${get}. Then repeat the command with --if-match and this version.`,
    not_found: inRealm ? `The realm is ${harmless(usedRealm)}. For an object of another realm, use --realm.` : '',
    insufficient_scope: refusal.remedy ?? '',
  }
  const known = new Set(flags.flatMap(({ member }) => [member, member.split('.')[0] as string]))
  const flaws = refusal.flaws
    .filter(({ field }) => known.has(field.split('.')[0] ?? ''))
    .map(({ field, message }) => `--${flagName(field)}: ${message}`)
  const message = flaws.length > 0 ? flaws.join('; ') : refusal.message
  return new CommandFailure(
    refusal.exit,
    `${message} (${refusal.code})`,
    refusal.remedy ?? (remedies[refusal.code] || undefined),
  )
}
