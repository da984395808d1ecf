// Protects an MCP server of the official TypeScript SDK over HTTP (MCP, "Authorization").
import type { Access, Needs } from './access.ts'
import { protect as protectRoute, serveMetadata } from './express.ts'
import { asksForMetadata, keptAccess, type NodeRequest, type NodeResponse, sendRefusal } from './node.ts'
import { Refusal } from './refusal.ts'
import type { ResourceServer } from './resource-server.ts'

const BODY_MAX = 1_000_000

/** What an MCP server needs of each request, and what its tools need besides. */
export interface McpNeeds extends Needs {
  /** The scopes that a call of a tool needs besides, by the name of the tool. */
  readonly tools?: Readonly<Record<string, readonly string[]>>
}

/** What the SDK gives to tools as `authInfo`. */
export interface AuthInfo {
  readonly token: string
  readonly clientId: string
  readonly scopes: string[]
  readonly expiresAt: number
  readonly resource: URL
  readonly extra: Record<string, unknown>
}

/** A request whose transport reads `auth`, and whose body may have been read. */
export interface McpRequest extends NodeRequest, AsyncIterable<Uint8Array | string> {
  auth?: AuthInfo
  body?: unknown
}

/**
 * Serves the metadata of the resource (RFC 9728), passes requests on whose access token is valid and enough for the tool that
 * they call, and refuses the others: a client learns from the 403 which scopes to ask for. Tools find the access in
 * `authInfo`; the parsed message is in `request.body`, for the transport.
 */
export function protect(
  api: ResourceServer,
  needs: McpNeeds = {},
): (request: McpRequest, response: NodeResponse, next: (error?: unknown) => void) => void {
  const metadata = serveMetadata(api)
  const base = protectRoute(api, needs)
  return (request, response, next) => {
    if (asksForMetadata(api, request)) return metadata(request, response, next)
    base(request, response, (fault) => {
      if (fault !== undefined) return next(fault)
      admitCall(api, needs, request)
        .then(
          () => next(),
          (error) => {
            const unknown = sendRefusal(response, error)
            if (unknown !== undefined) next(unknown)
          },
        )
        .catch(next)
    })
  }
}

/** Reads the message, and checks the scopes that its calls need besides. */
async function admitCall(api: ResourceServer, needs: McpNeeds, request: McpRequest): Promise<void> {
  const access = keptAccess(request)
  request.auth = authInfoOf(api, access)
  if (request.method !== 'POST') return
  request.body ??= await readBody(request)
  const more = [request.body].flat().flatMap((message) => scopesOfCall(message, needs.tools ?? {}))
  if (more.length === 0) return
  api.check(access, { ...needs, scopes: [...new Set([...(needs.scopes ?? []), ...more])] })
}

function scopesOfCall(message: unknown, tools: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } }
  const name = params?.name
  if (method !== 'tools/call' || typeof name !== 'string' || !Object.hasOwn(tools, name)) return []
  return tools[name] ?? []
}

async function readBody(request: McpRequest): Promise<unknown> {
  const decoder = new TextDecoder()
  // Leaving a loop over the request would close the connection, and the client would not get the response.
  const pieces = request[Symbol.asyncIterator]()
  let text = ''
  for (let { done, value } = await pieces.next(); !done; { done, value } = await pieces.next()) {
    text += typeof value === 'string' ? value : decoder.decode(value, { stream: true })
    if (text.length <= BODY_MAX) continue
    drain(pieces).catch(() => undefined)
    throw new Refusal(413, 'invalid_request', 'The message is too long.')
  }
  try {
    return JSON.parse(text + decoder.decode())
  } catch {
    throw new Refusal(400, 'invalid_request', 'The message is not JSON.')
  }
}

/** Reads the rest of a message, and keeps nothing of it. */
async function drain(pieces: AsyncIterator<unknown>): Promise<void> {
  while (!(await pieces.next()).done);
}

function authInfoOf(api: ResourceServer, access: Access): AuthInfo {
  return {
    token: access.token,
    clientId: access.clientId,
    scopes: [...access.scopes],
    expiresAt: access.expiresAt,
    resource: new URL(String(api.metadata.resource)),
    extra: { sub: access.subject, claims: access.claims },
  }
}
