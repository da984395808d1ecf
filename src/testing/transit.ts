// Owns a server that speaks as much of Vault’s HTTP API as the key store uses: AppRole, tokens and Transit, written after the
// API documentation of Vault (“AppRole auth method”, “Token auth method”, “Transit secrets engine”).
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The credentials of the role that the server knows. */
export const TRANSIT_ROLE = { roleId: 'role-countersign', secretId: 'secret-countersign' } as const
/** A token that it knows from the start, which does not end. */
export const ROOT_TOKEN = 'hvs.root'

const TYPES: Readonly<Record<string, readonly [string, object]>> = {
  'ecdsa-p256': ['ec', { namedCurve: 'P-256' }],
  'rsa-2048': ['rsa', { modulusLength: 2048 }],
  ed25519: ['ed25519', {}],
}

interface TransitKey {
  readonly type: string
  readonly privateKey: KeyObject
  deletable: boolean
}

/** A running server. */
export interface TransitServer {
  readonly url: string
  /** The names of the keys. */
  keys(): string[]
  /** What was asked for: method and path. */
  readonly requests: string[]
  /** Ends all tokens of roles, as a restart of Vault with another storage would. */
  endTokens(): void
  /** Answers every request as a sealed Vault does. */
  seal(isSealed: boolean): void
  close(): Promise<void>
}

/** Starts a server. @param leaseSeconds how long tokens of the role live */
export async function startTransit({ leaseSeconds = 3600, port = 0 } = {}): Promise<TransitServer> {
  const keys = new Map<string, TransitKey>()
  const tokens = new Map<string, number>([[ROOT_TOKEN, Number.POSITIVE_INFINITY]])
  const requests: string[] = []
  let isSealed = false

  const auth = (token: string) => {
    tokens.set(token, Date.now() + leaseSeconds * 1000)
    const lease = { client_token: token, lease_duration: leaseSeconds, renewable: true, policies: ['countersign'] }
    return { status: 200, body: { request_id: randomUUID(), auth: lease } }
  }

  const answer = (method: string, path: string, token: string, body: Record<string, unknown>) => {
    if (isSealed) return refusal(503, 'Vault is sealed')
    if (path === 'auth/approle/login') {
      const fits = body.role_id === TRANSIT_ROLE.roleId && body.secret_id === TRANSIT_ROLE.secretId
      return fits ? auth(`hvs.${randomUUID()}`) : refusal(400, 'invalid role or secret ID')
    }
    const expiresAt = tokens.get(token) ?? 0
    if (expiresAt <= Date.now()) return refusal(403, 'permission denied')
    if (path === 'auth/token/lookup-self') {
      const endless = expiresAt === Number.POSITIVE_INFINITY
      return data({ ttl: endless ? 0 : Math.floor((expiresAt - Date.now()) / 1000), renewable: !endless })
    }
    if (path === 'auth/token/renew-self') return auth(token)
    return answerAboutKey(keys, { method, path, body })
  }

  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request
    requests.push(`${method} ${url}`)
    const body = await bodyOf(request)
    const token = String(request.headers['x-vault-token'] ?? '')
    const reply = answer(method, url.replace('/v1/', ''), token, body)
    response.writeHead(reply.status, { 'content-type': 'application/json' })
    response.end(reply.body && JSON.stringify(reply.body))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys: () => [...keys.keys()],
    requests,
    endTokens: () => {
      for (const token of tokens.keys()) if (token !== ROOT_TOKEN) tokens.delete(token)
    },
    seal: (value) => {
      isSealed = value
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface TransitRequest {
  readonly method: string
  readonly path: string
  readonly body: Record<string, unknown>
}

/** Makes, shows and deletes keys, and signs. */
function answerAboutKey(keys: Map<string, TransitKey>, { method, path, body }: TransitRequest) {
  const [, area, name = '', more] = /^transit\/(keys|sign)\/([\w-]+)(?:\/(config))?$/.exec(path) ?? []
  const key = keys.get(name)
  if (area === 'keys' && method === 'POST' && more === undefined) return made(keys, name, String(body.type))
  if (!key) return refusal(area === 'sign' ? 400 : 404, 'signing key not found')
  if (area === 'sign') return signed(key, body)
  if (more === 'config') {
    key.deletable = body.deletion_allowed === true
    return DONE
  }
  if (method === 'DELETE') {
    if (!key.deletable) return refusal(400, 'deletion is not allowed for this key')
    keys.delete(name)
    return DONE
  }
  return data({ name, type: key.type, latest_version: 1, keys: { 1: { public_key: publicText(key) } } })
}

function made(keys: Map<string, TransitKey>, name: string, type: string) {
  const [kind, options] = TYPES[type] ?? []
  if (kind === undefined) return refusal(400, `unknown key type ${type}`)
  const { privateKey } = generateKeyPairSync(kind as 'ec', options as never)
  keys.set(name, { type, privateKey, deletable: false })
  return DONE
}

const DONE = { status: 204, body: undefined }
const refusal = (status: number, ...errors: string[]) => ({ status, body: { errors } })
const data = (value: object) => ({ status: 200, body: { request_id: randomUUID(), data: value } })

function signed(key: TransitKey, body: Record<string, unknown>) {
  const inputs = (body.batch_input as { input: string }[] | undefined) ?? [{ input: String(body.input) }]
  const isJws = body.marshaling_algorithm === 'jws'
  const results = inputs.map(({ input }) => {
    const bytes = Buffer.from(input, 'base64')
    const signature =
      key.type === 'ed25519'
        ? sign(null, bytes, key.privateKey)
        : sign('sha256', bytes, { key: key.privateKey, dsaEncoding: isJws ? 'ieee-p1363' : 'der' })
    const encoded = signature.toString(isJws && key.type === 'ecdsa-p256' ? 'base64url' : 'base64')
    return { signature: `vault:v1:${encoded}`, key_version: 1 }
  })
  return data(body.batch_input ? { batch_results: results } : (results[0] as object))
}

/** PEM; of an Ed25519 key, its 32 bytes in base64. */
function publicText({ type, privateKey }: TransitKey): string {
  const key = createPublicKey(createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })))
  if (type !== 'ed25519') return key.export({ format: 'pem', type: 'spki' }).toString()
  return Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url').toString('base64')
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? {} : JSON.parse(text)
}
