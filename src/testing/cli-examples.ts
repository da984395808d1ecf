// Runs the examples of the command line's help, and records what they send and get.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, isFinal, readCatalog } from '#cli/catalog.ts'
import { exampleOf, shellLine } from '#cli/example.ts'
import { run } from '#cli/run.ts'
import { CIBA_GRANT } from '#domain/client/backchannel.ts'
import type { ExampleOfOperation, Examples } from '#surfaces/examples.ts'
import { issuerOfClient, makeAdminClient } from './admin-realm.ts'
import { askingDevice } from './asking-device.ts'
import { enrolInBrowser } from './authenticator.ts'
import { administrator } from './control-plane.ts'
import { type DnsServer, startDns } from './dns.ts'
import { steady } from './example-values.ts'
import { keptMail } from './kept-mail.ts'
import { signInAtProvider } from './linked-account.ts'
import { exchange, getCode, makeClient, makePerson, post, requestUrl } from './realm.ts'
import { startServer, type TestServer } from './server.ts'
import { fakeTerminal } from './terminal.ts'
import { UserAgent } from './user-agent.ts'

/** What came of the examples. */
export interface ExamplesRun {
  /** The commands that did not succeed, each with its message. */
  readonly failed: readonly string[]
  /** The bodies by operation, as they were sent and came back, without what differs from one run to the next. */
  readonly recorded: Examples
}

/** What the examples take for the code of a device (RFC 8628 §3.2). */
const DEVICE_CODE = 'WDJB-MJHT'

/** Mails are kept where the examples find them. */
const KEPT_MAIL = { COUNTERSIGN_DEV_INBOX: 'true' }

/** The server, and the DNS that it asks. */
interface Around {
  readonly server: TestServer
  readonly dns: DnsServer
}

type Cli = (words: readonly string[]) => Promise<{ exit: number; out: string; err: string }>

/** Runs every example, as it is written, against a new server; only ids are others. */
export async function runExamples(): Promise<ExamplesRun> {
  await using dns = await startDns({})
  const server = await startServer({ env: { ...KEPT_MAIL, COUNTERSIGN_DNS_SERVERS: dns.address } })
  const folder = mkdtempSync(join(tmpdir(), 'countersign-examples-'))
  const [started, fetched] = [process.cwd(), globalThis.fetch]
  writeFileSync(join(folder, 'password.txt'), 'plenty of ink for everyone\n')
  writeFileSync(join(folder, 'token.txt'), 'made-up-token\n')
  process.chdir(folder)
  let last: ExampleOfOperation & { at?: string } = {}
  globalThis.fetch = async (input, init) => {
    const response = await fetched(input, init)
    const isJson = response.headers.get('content-type')?.includes('json')
    const at = `${init?.method ?? 'GET'} ${new URL(String(input)).pathname}`
    const request = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined
    last = { at, request, reply: isJson ? await response.clone().json() : undefined }
    return response
  }
  try {
    return await runAll({ server, dns }, () => last)
  } finally {
    globalThis.fetch = fetched
    process.chdir(started)
    await server.stop()
    rmSync(folder, { recursive: true })
  }
}

async function runAll({ server, dns }: Around, last: () => ExampleOfOperation): Promise<ExamplesRun> {
  const cli: Cli = async (words) => {
    const env = { COUNTERSIGN_ADMIN_URL: server.adminUrl, COUNTERSIGN_ADMIN_API_KEY: server.adminKey }
    const terminal = fakeTerminal({ env })
    if (words[1] === 'follow') setTimeout(() => terminal.interrupt(), 200)
    const exit = await run(words, { terminal, version: '0', now: Date.now, doctor: async () => 0 })
    return { exit, out: terminal.printed(), err: terminal.noted() }
  }
  let real: Record<string, string> | undefined
  const failed: string[] = []
  const recorded: Record<string, ExampleOfOperation> = {}
  for (const command of readCatalog().toSorted((one, other) => rankOf(one) - rankOf(other))) {
    if (rankOf(command) > 1) real ??= await unknowns({ server, dns }, cli)
    if (command.noun === 'device-authorization' && real) real[DEVICE_CODE] = (await askingDevice(server)).userCode
    await prepareFor(command, cli)
    const words = exampleOf(command).map((word, at) => (at > 1 && real?.[word]) || word)
    const { exit, err } = await cli(words)
    // A check that found a problem ends with 1 as well, and prints what it found; an error is told on the other output.
    const isAnswered = exit === 0 || (exit === 1 && err === '')
    if (!isAnswered) failed.push(`${shellLine(words)}: ${err.trim()}`)
    const { request, reply } = last()
    if (command.answers === 'stream' || !isAnswered) continue
    recorded[`${command.noun}.${command.verb}`.replaceAll('-', '_')] = {
      ...(command.takesBody && { request: steady(request) }),
      ...(command.answers !== 'nothing' && { reply: steady(firstOf(reply)) }),
    }
  }
  return { failed, recorded }
}

/** Makes what an example is about, or takes away what is in its way, where no other example does. */
async function prepareFor({ noun, verb }: Command, cli: Cli): Promise<void> {
  const name = `${noun} ${verb}`
  if (name === 'fronting-link create') await makeEnds(cli)
  if (name === 'resource add-return-url') {
    await cli(['resource', 'create', '--backend', 'broker', '--broker-provider', 'github', '--slug', 'github-api'])
  }
  if (name === 'broker-provider delete') await cli(['resource', 'delete', 'github-api', '--yes'])
}

/** The resources that the examples link. */
async function makeEnds(cli: Cli): Promise<void> {
  for (const [slug, scope] of [
    ['gateway', 'gateway:use'],
    ['notes', 'notes:read'],
  ] as const) {
    const identifier = `https://${slug}.example.com/`
    await cli(['resource', 'create', '--identifier', identifier, '--slug', slug, '--scopes', `${scope}|Use it`])
  }
}

/** A page with its first item only. What the server does by itself has no fixed place in the log, and is left out. */
function firstOf(reply: unknown): unknown {
  const { data } = (reply ?? {}) as { data?: { actor?: { kind?: string } }[] }
  if (!Array.isArray(data)) return reply
  return { ...(reply as object), data: data.filter((item) => item?.actor?.kind !== 'system').slice(0, 1) }
}

/** What the examples name that only a running server has. */
async function unknowns({ server, dns }: Around, cli: Cli): Promise<Record<string, string>> {
  const client = await makeClient(server)
  const person = await makePerson(server, 'grace@example.com')
  const code = await getCode(server, client, person)
  await exchange(server, client, code)
  const till = await makeClient(server, { grant_types: [CIBA_GRANT], redirect_uris: [] })
  const asked = { scope: 'openid', login_hint: person.email }
  await post(server, '/oauth/bc-authorize', asked, { authorization: till.basic })
  const idOf = async (noun: string, ...more: string[]) => {
    const { out, err } = await cli([noun, 'list', ...more, '--quiet', '--limit', '1'])
    assert.notEqual(out, '', `${noun} list: ${err}`)
    return out.trim()
  }
  const answer = async (words: readonly string[]) => {
    const { exit, out, err } = await cli([...words, '--json'])
    assert.equal(exit, 0, `${words.join(' ')}: ${err}`)
    return JSON.parse(out)
  }
  await administrator(server, issuerOfClient(await makeAdminClient(server)), { role: 'super_admin' })
  await cli(['group', 'create', '--name', 'Night shift'])
  const ada = { email: 'ada@example.com', password: 'plenty of ink for everyone' }
  await cli(['user', 'set-password', ada.email, '--password-file', 'password.txt', '--yes'])
  await cli(['realm', 'update', 'default', '--policy.remembered-device-days', '30'])
  await enrolInBrowser(new UserAgent(server.url), requestUrl(server, client, { acr_values: 'aal2' }), ada, true)
  await cli(['realm', 'update', 'default', '--policy.remembered-device-days', '0'])
  const made = await answer(['project-key', 'create', 'website', '--name', 'Deploy'])
  await cli(['invitation', 'revoke', 'acme', await idOf('invitation', 'acme'), '--yes'])
  const invited = await answer(['invitation', 'create', 'acme', '--email', 'ada@example.com', '--no-mail'])
  const gone = await answer(['user', 'create', '--email', 'gone@example.com'])
  await cli(['user', 'delete', gone.id, '--yes'])
  const domain = await answer(['email-domain', 'get', await idOf('email-domain')])
  dns.set({ [domain.record_name]: { texts: [domain.record_value] } })
  return {
    usr_06bqzvdpf9w0v5x4y3z2a1b0cd: gone.id,
    ses_06bqzvdpf9w0v5x4y3z2a1b0cd: await idOf('session'),
    gnt_06bqzvdpf9w0v5x4y3z2a1b0cd: await idOf('grant'),
    isp_06bqzvdpf9w0v5x4y3z2a1b0cd: await idOf('issuer-policy'),
    sma_06bqzvdpf9w0v5x4y3z2a1b0cd: await idOf('subject-mapping'),
    dlg_06bqzvdpf9w0v5x4y3z2a1b0cd: await idOf('delegation-grant'),
    cnx_06bqzvdpf9w0v5x4y3z2a1b0cd: await idOf('connection'),
    edm_06bqzvdpf9w0v5x4y3z2a1b0cd: domain.id,
    iss_06bqzvdpf9w0v5x4y3z2a1b0cd: await idOf('issuance'),
    mai_06bqzvdpf9w0v5x4y3z2a1b0cd: await keptMail(server, 'default'),
    bca_06bqzvdpf9w0v5x4y3z2a1b0cd: await idOf('backchannel-authentication'),
    evt_06bqzvdpf9w0v5x4y3z2a1b0cd: await idOf('event', '--type', 'client.created'),
    'h4k2-tjq0s0-17': await refusedRequest(server),
    id: await idOf('administrator-session'),
    authenticator_id: await idOf('authenticator', ada.email),
    linked_account_id: await linkedAccount(server, cli, ada.email),
    remembered_device_id: await idOf('remembered-device', ada.email),
    key_id: made.id,
    key: made.secret,
    token: new URL(invited.accept_url).searchParams.get('invitation') ?? '',
    invitation_id: (await answer(['invitation', 'create', 'acme', '--email', 'grace@example.com'])).id,
  }
}

async function linkedAccount(server: TestServer, cli: Cli, email: string): Promise<string> {
  const { data } = await server.api<{ data: { id: string }[] }>('GET', `/v1/realms/default/users?search=${email}`)
  const verify = (email_verified: boolean) =>
    server.api('PATCH', `/v1/realms/default/users/${data[0]?.id}`, { email_verified })
  await verify(true)
  await signInAtProvider(server, 'default', email)
  await verify(false)
  const { out, err } = await cli(['linked-account', 'list', email, '--quiet', '--limit', '1'])
  assert.notEqual(out, '', err)
  return out.trim()
}

async function refusedRequest({ url }: TestServer): Promise<string> {
  const { headers } = await fetch(`${url}/oauth/authorize?client_id=nobody`)
  return headers.get('x-request-id') ?? ''
}

/** The order in which the examples make sense: what others need, the rest, then what ends things. */
function rankOf(command: Command): number {
  const { noun, verb } = command
  if (verb === 'create') return noun === 'resource' ? 0 : 1
  // No browser is remembered without its authenticators, or after an account was unlinked.
  if (/^(?:remove|un)/.test(verb)) return { authenticator: 3.2, 'linked-account': 3.1 }[noun] ?? 3
  if (verb === 'accept') return 3.5
  // They go with their issuer, user or application.
  if (['subject-mapping', 'issuer-policy', 'proxy-site'].includes(noun) && verb === 'delete') return 4.5
  return isFinal(command, {}) ? (verb === 'delete' || noun === 'admin-client' ? 5 : 4) : 2
}
