// Requests and responses of node:http, which Express, Fastify and the MCP SDK build on.
import { base64url } from 'jose'
import type { Access } from './access.ts'
import { Refusal } from './refusal.ts'
import type { ProtectedRequest, ResourceServer } from './resource-server.ts'

/** What is read of a request of node:http. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** The whole path, where a router took a part of `url` away. */
  readonly originalUrl?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly socket?: object | undefined
}

/** What is written of a response of node:http. */
export interface NodeResponse {
  setHeader(name: string, value: string): unknown
  writeHead(status: number, headers?: Readonly<Record<string, string>>): unknown
  end(text?: string): unknown
}

const accesses = new WeakMap<object, Access>()

/** The access of a request that was verified. @throws Error if the request was not: the route is not protected */
export function keptAccess(request: object): Access {
  const access = accesses.get(request)
  if (!access) throw new Error('The request was not verified: protect the route.')
  return access
}

/** Remembers the access of a request. */
export function keepAccess(request: object, access: Access): void {
  accesses.set(request, access)
}

/** A request of node:http, as it is verified. */
export async function readNodeRequest(request: NodeRequest): Promise<ProtectedRequest> {
  return {
    method: request.method ?? 'GET',
    path: pathOf(request),
    header(name) {
      const value = request.headers[name]
      return typeof value === 'string' || value === undefined ? value : value.join(', ')
    },
    certificateThumbprint: await thumbprintOf(request.socket),
  }
}

/** Whether a request asks for the metadata of the resource. */
export function asksForMetadata(api: ResourceServer, request: NodeRequest): boolean {
  const path = pathOf(request)
  return (request.method === 'GET' || request.method === 'HEAD') && path.split('?')[0] === api.metadataPath
}

/** The response that has the metadata (RFC 9728 §3.2). Every page may read it. */
export function metadataResponse(api: ResourceServer): { headers: Record<string, string>; text: string } {
  return {
    headers: {
      'content-type': 'application/json',
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=300',
    },
    text: JSON.stringify(api.metadata),
  }
}

/** Responds with a refusal; other errors are returned. */
export function sendRefusal(response: NodeResponse, error: unknown): unknown {
  if (!(error instanceof Refusal)) return error
  response.writeHead(error.status, {
    ...error.headers,
    'content-type': 'application/json',
    'cache-control': 'no-store',
  })
  response.end(JSON.stringify(error.body))
  return undefined
}

function pathOf({ originalUrl, url }: NodeRequest): string {
  return originalUrl ?? url ?? '/'
}

async function thumbprintOf(socket: object | undefined): Promise<string | undefined> {
  if (!socket || !('getPeerCertificate' in socket)) return undefined
  const { raw } = (socket as { getPeerCertificate(): { raw?: Uint8Array } }).getPeerCertificate() ?? {}
  if (!raw) return undefined
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(raw)))
  return base64url.encode(digest)
}
