// The code that connects a client: the programs of docs/clients, and what is known of the client filled in.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { renderId } from '#kernel/id.ts'
import type { Client } from './client.ts'
import PROGRAMS from './programs.json' with { type: 'json' }

/** What code is there for. */
export const STACKS = [...(Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]), 'curl', 'node', 'jose'] as const
export type Stack = (typeof STACKS)[number]

/** The query of the code for a client. */
export const SnippetQuery = z.strictObject({
  id: idOf('client'),
  stack: z.enum(STACKS).optional().describe('The library or program. Default: the first one that the client can use.'),
})
export type SnippetQuery = z.output<typeof SnippetQuery>

const Snippet = z.object({
  label: z.string().describe('The name of the file, or what the commands do.'),
  language: z.enum(['bash', 'javascript', 'html', 'go', 'python', 'json']),
  code: z.string(),
})
export type Snippet = z.output<typeof Snippet>

/** The code that connects a client: commands and files, in their order. */
export const SnippetView = z.object({
  stack: z.enum(STACKS),
  stacks: z.array(z.enum(STACKS)).describe('What the client can use.'),
  snippets: z.array(Snippet),
})
export type SnippetView = z.output<typeof SnippetView>

/** Where the realm of a client is. */
export interface SnippetPlace {
  readonly issuer: string
  /** The URL of the client in the admin API, without its id. */
  readonly clientsUrl: string
}

const HERE = 'http://127.0.0.1:3000'
const SCOPES = ['openid', 'profile', 'email']
const LANGUAGES: Readonly<Record<string, Snippet['language']>> = {
  js: 'javascript',
  html: 'html',
  go: 'go',
  py: 'python',
}

/** What a program of docs/clients needs besides its files. */
interface Program {
  readonly install: string
  readonly run: string
  /** The variable with the secret of its own sessions. */
  readonly sessionSecret?: string
  readonly redirectUri: string
  readonly needs?: Partial<Pick<Client, 'idTokenSignedResponseAlg' | 'idTokenProfileClaims'>>
}

const npm = (name: keyof typeof PROGRAMS) =>
  `npm init -y && npm pkg set type=module && npm install ${PROGRAMS[name].packages.join(' ')}`
const COOKIES = { sessionSecret: 'COOKIE_SECRET', redirectUri: `${HERE}/callback` } as const

const WEB: Readonly<Record<keyof typeof PROGRAMS, Program>> = {
  express: { install: npm('express'), run: 'node app.js', ...COOKIES, needs: { idTokenSignedResponseAlg: 'RS256' } },
  fastify: { install: npm('fastify'), run: 'node app.js', ...COOKIES },
  authjs: {
    install: npm('authjs'),
    run: 'node app.js',
    sessionSecret: 'AUTH_SECRET',
    redirectUri: `${HERE}/auth/callback/countersign`,
    needs: { idTokenProfileClaims: true },
  },
  nextjs: {
    install: npm('nextjs'),
    run: 'npx next dev -H 127.0.0.1',
    sessionSecret: 'AUTH_SECRET',
    redirectUri: 'http://localhost:3000/api/auth/callback/countersign',
    needs: { idTokenProfileClaims: true },
  },
  spa: { install: npm('spa'), run: 'npx sirv . --host 127.0.0.1 --port 3000 --dev', redirectUri: `${HERE}/` },
  go: {
    install: 'apt-get install golang-go golang-golang-x-oauth2-dev golang-github-coreos-go-oidc-dev',
    run: 'GO111MODULE=off GOPATH=/usr/share/gocode go run main.go',
    redirectUri: `${HERE}/callback`,
    needs: { idTokenSignedResponseAlg: 'RS256', idTokenProfileClaims: true },
  },
  python: {
    install: 'apt-get install python3-authlib python3-flask python3-requests',
    run: '/usr/bin/python3 app.py',
    ...COOKIES,
  },
}

const isProgram = (stack: Stack): stack is keyof typeof PROGRAMS => stack in PROGRAMS

/** What there is code for that a client can use; the best one first. */
export function stacksOf({ authMethod, grantTypes, registeredBy }: Client): Stack[] {
  const isOpen = registeredBy !== 'metadata_document'
  const signsIn = isOpen && grantTypes.includes('authorization_code')
  const hasSecret = authMethod === 'client_secret'
  return STACKS.filter((stack) => {
    if (stack === 'spa') return signsIn && authMethod === 'none'
    if (isProgram(stack)) return signsIn && hasSecret
    return stack === 'jose' || (hasSecret && grantTypes.includes('client_credentials'))
  })
}

/** The commands and files that connect a client. @param stack one of {@link stacksOf} */
export function snippetsOf(client: Client, stack: Stack, place: SnippetPlace): Snippet[] {
  if (isProgram(stack)) return programOf(client, stack, place)
  const settings = bash('Settings', variables(client, place))
  switch (stack) {
    case 'curl':
      return [settings, bash('Get a token', CURL)]
    case 'node':
      return [
        bash('Install', 'npm init -y && npm pkg set type=module && npm install openid-client'),
        settings,
        script('token.js', place.issuer.startsWith('http:') ? TOKEN.replace(')\n', INSECURE) : TOKEN),
        bash('Run', 'node token.js'),
      ]
    case 'jose':
      return [
        bash('Install', 'npm init -y && npm pkg set type=module && npm install jose'),
        bash('Settings', `export ISSUER=${quoted(place.issuer)}\nexport ACCESS_TOKEN='a token that a client sent'`),
        script('verify.js', VERIFY),
        bash('Run', 'node verify.js'),
      ]
  }
}

function programOf(client: Client, name: keyof typeof PROGRAMS, place: SnippetPlace): Snippet[] {
  const { install, run, sessionSecret } = WEB[name]
  const own = sessionSecret === undefined ? '' : `\nexport ${sessionSecret}=$(openssl rand -hex 32)`
  const { issuer } = place
  const settings: Snippet =
    name === 'spa'
      ? { label: 'settings.json', language: 'json', code: JSON.stringify({ issuer, client_id: client.clientId }) }
      : bash('Settings', `${variables(client, place)}${own}`)
  return [
    ...preparation(client, name, place),
    bash('Install', install),
    settings,
    ...Object.entries(PROGRAMS[name].files).map(([file, code]): Snippet => {
      return { label: file, language: LANGUAGES[file.slice(file.lastIndexOf('.') + 1)] ?? 'bash', code }
    }),
    bash('Run', run),
  ]
}

/** The call of the admin API that gives a client what a program needs, where it lacks something. */
function preparation(client: Client, name: keyof typeof PROGRAMS, { clientsUrl }: SnippetPlace): Snippet[] {
  const { redirectUri, needs = {} } = WEB[name]
  const missing = <Item>(has: readonly Item[], wanted: readonly Item[]) =>
    wanted.every((one) => has.includes(one)) ? undefined : [...new Set([...has, ...wanted])]
  const signOut = name === 'express' ? [HERE] : name === 'spa' ? [redirectUri] : []
  const change = {
    redirect_uris: missing(client.redirectUris, [redirectUri]),
    post_logout_redirect_uris: missing(client.postLogoutRedirectUris, signOut),
    scopes: missing(client.scopes, SCOPES),
    allowed_origins:
      client.allowedOrigins.length > 0 && name === 'spa' ? missing(client.allowedOrigins, [HERE]) : undefined,
    id_token_signed_response_alg: differing(client.idTokenSignedResponseAlg, needs.idTokenSignedResponseAlg),
    id_token_profile_claims: differing(client.idTokenProfileClaims, needs.idTokenProfileClaims),
  }
  const body = JSON.stringify(change)
  if (body === '{}') return []
  const url = quoted(`${clientsUrl}/${renderId('client', client.id)}`)
  const code = `curl -X PATCH ${url} -H "Authorization: Bearer $COUNTERSIGN_ADMIN_API_KEY" \\
  -H 'Content-Type: application/json' -d ${quoted(body)}`
  return [bash('Prepare the client', code)]
}

function differing<Value>(has: Value, wanted: Value | undefined): Value | undefined {
  return wanted === has ? undefined : wanted
}

function variables({ clientId, authMethod }: Client, { issuer }: SnippetPlace): string {
  const secret = authMethod === 'client_secret' ? `\nexport CLIENT_SECRET='the secret, which was shown once'` : ''
  return `export ISSUER=${quoted(issuer)}\nexport CLIENT_ID=${quoted(clientId)}${secret}`
}

const CURL = `curl "$ISSUER/oauth/token" -u "$CLIENT_ID:$CLIENT_SECRET" -d grant_type=client_credentials`

const TOKEN = `import { env } from 'node:process'
import * as client from 'openid-client'

const { ISSUER, CLIENT_ID, CLIENT_SECRET } = env
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET)
const { access_token } = await client.clientCredentialsGrant(config)
console.log(access_token)
`
// Without TLS, on a developer's machine.
const INSECURE = ', undefined, { execute: [client.allowInsecureRequests] })\n'

const VERIFY = `import { env } from 'node:process'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { ISSUER, ACCESS_TOKEN } = env
const keys = createRemoteJWKSet(new URL(\`\${ISSUER}/.well-known/jwks.json\`))
const { payload } = await jwtVerify(ACCESS_TOKEN, keys, { issuer: ISSUER })
console.log(payload)
`

function bash(label: string, code: string): Snippet {
  return { label, language: 'bash', code }
}

function script(label: string, code: string): Snippet {
  return { label, language: 'javascript', code }
}

/** A text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
