// An agent that asks a person by CIBA whenever it needs more, an MCP server that verifies its tokens offline, and an administrator
// who revokes what the agent has.
import { setTimeout as pause } from 'node:timers/promises'
import { type Agent, agent } from '@countersign/agent'
import { InsufficientScope, TokenRefused } from '@countersign/agent/failure'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { UserAgent } from '#testing/user-agent.ts'
import { countersign, ensureResource } from '../countersign.ts'
import { startMcpServer } from '../mcp-server/mcp-server.ts'

/** Seconds after which the MCP server fetches the status list again. */
const INTERVAL = 2
const CIBA_GRANT = 'urn:openid:params:grant-type:ciba'

interface Registered {
  readonly id: string
  readonly client_id: string
  readonly client_secret: string
}

interface Report {
  readonly tokens: { readonly count: number }
  readonly people: { readonly count: number; readonly sample: readonly { readonly email: string | null }[] }
}

type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>

const issuer = process.env.ISSUER ?? 'http://127.0.0.1:9000'
const person = { email: `ada-${Date.now()}@example.com`, password: 'correct horse battery staple' }
const say = (text: string) => console.log(text)

/** A person who owns an agent, which gets tokens only by the approval of people. */
async function register(resource: string): Promise<{ user: { id: string }; registered: Registered }> {
  await countersign('realm', 'update', 'default', '--policy.status-list')
  await ensureResource(resource, 'Notes of the agent', ['notes:read|Read your notes', 'notes:write|Add notes'])
  const credentials = ['--email', person.email, '--password', person.password]
  const user = await countersign<{ id: string }>('user', 'create', ...credentials)
  const registered = await countersign<Registered>(
    ...['agent', 'create', '--name', 'Notekeeper', '--owner-id', user.id],
    ...['--allowed-scopes', 'openid,notes:read,notes:write'],
    ...['--audiences', resource],
  )
  await countersign('client', 'update', registered.client_id, '--grant-types', CIBA_GRANT)
  return { user, registered }
}

/** Asks the person, who approves on the page of their account, and waits. @returns what sends requests for the person */
async function ask(me: Agent, request: { scopes: readonly string[]; resource: string }): Promise<Fetch> {
  const bindingMessage = `Notekeeper ${Math.floor(1000 + Math.random() * 9000)}`
  const approval = await me.askApproval({ ...request, loginHint: person.email, bindingMessage })
  say(`The agent asks for ${request.scopes.join(' and ')}, and shows "${bindingMessage}".`)
  const [outcome] = await Promise.all([approval.wait(), approve()])
  if (outcome.status !== 'approved') throw new Error(`The request ended: ${outcome.status}`)
  say(`The agent has a token for ${outcome.scopes.join(' ')}.`)
  return outcome.tokens.fetch({ resource: request.resource })
}

/** Plays the person: signs in at the approvals of the account, and approves. A person opens the page on their phone. */
async function approve(): Promise<void> {
  const saved = await new UserAgent(new URL(issuer).origin).decideApproval(issuer, person)
  if (!saved.text.includes('The change is saved.')) throw new Error(`${saved.url} responds with ${saved.status}.`)
  say(`The person approves at ${issuer}/account/approvals.`)
}

/** Calls a tool. @returns its text */
async function call(url: string, tool: string, fetchAsPerson: Fetch): Promise<string> {
  const client = new Client({ name: 'notekeeper', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL(url), { fetch: fetchAsPerson })
  try {
    await client.connect(transport as Parameters<Client['connect']>[0])
    const { content } = await client.callTool({ name: tool, arguments: {} })
    return (content as { text: string }[])[0]?.text ?? ''
  } finally {
    await client.close()
  }
}

/** What an administrator sees of a revocation. */
function shown({ tokens, people }: Report): string {
  return `${tokens.count} tokens of ${people.sample.map(({ email }) => email).join(', ')}`
}

/** Calls until the token is refused. @returns the seconds until then */
async function refusedAfter(url: string, fetchAsPerson: Fetch): Promise<number> {
  const start = Date.now()
  for (;;) {
    const error: unknown = await call(url, 'add_note', fetchAsPerson).then(
      () => undefined,
      (error) => error,
    )
    const after = Date.now() - start
    if (error instanceof TokenRefused && error.code === 'invalid_grant') return Math.ceil(after / 1000)
    if (error !== undefined) throw error
    if (after > 20_000) throw new Error('The revoked token is still accepted.')
    await pause(250)
  }
}

/** What the MCP server fetched of the issuer, and how it refused the agent the last time. */
const fetched = new Set<string>()
let refusal = ''

function fetchOfServer(input: string | URL, init?: RequestInit): Promise<Response> {
  fetched.add(new URL(input).pathname)
  return fetch(input, init)
}

async function fetchOfAgent(input: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init)
  const [, description = ''] = /error_description="([^"]*)"/.exec(response.headers.get('www-authenticate') ?? '') ?? []
  if (description !== '') refusal = `${response.status} ${description}`
  return response
}

const mcp = await startMcpServer({
  issuer,
  port: Number(process.env.PORT ?? 3001),
  rules: { dpop: { required: true }, statusList: { required: true, refresh: INTERVAL }, fetch: fetchOfServer },
})
const { user, registered } = await register(mcp.url)
say(`The MCP server is at ${mcp.url}, and the agent is ${registered.id}.`)

const { client_id: clientId, client_secret: clientSecret } = registered
const me = agent({ issuer, clientId, clientSecret, dpop: true, fetch: fetchOfAgent })
const reading = await ask(me, { scopes: ['notes:read'], resource: mcp.url })
say(`read_notes: ${await call(mcp.url, 'read_notes', reading)}`)

const tooNarrow = await call(mcp.url, 'add_note', reading).catch((error: unknown) => error)
if (!(tooNarrow instanceof InsufficientScope)) throw tooNarrow
say(`add_note: the token lacks a scope of ${tooNarrow.scopes.join(' ')}.`)
const writing = await ask(me, { scopes: tooNarrow.scopes, resource: tooNarrow.resource })
say(`add_note: ${await call(mcp.url, 'add_note', writing)}`)

const target = ['--agent-id', registered.id]
say(`A revocation would end ${shown(await countersign<Report>('revocation', 'simulate', ...target))}.`)
const revoked = await countersign<Report>('revocation', 'create', ...target, '--reason', 'The example ends', '--yes')
say(`The administrator revoked ${shown(revoked)}.`)
const seconds = await refusedAfter(mcp.url, writing)
say(`add_note: ${refusal} It took ${seconds} s.`)
say(`The MCP server fetched only ${[...fetched].map((path) => path.replace(/(status-lists\/).*/, '$1…')).join(', ')}.`)

await mcp.close()
await countersign('agent', 'delete', registered.id, '--yes')
await countersign('user', 'delete', user.id, '--yes')
say('Deleted the agent and the person again.')
