// Protects the routes of a Fastify app.
import type { Access, Needs } from './access.ts'
import { keepAccess, keptAccess, metadataResponse, type NodeRequest, readNodeRequest } from './node.ts'
import { Refusal } from './refusal.ts'
import type { ResourceServer } from './resource-server.ts'

interface Request {
  readonly raw: object
}

interface Reply {
  code(status: number): unknown
  headers(values: Record<string, string>): unknown
  send(body?: unknown): unknown
}

interface App {
  get(path: string, handler: (request: Request, reply: Reply) => unknown): unknown
}

/** The access of a request that was verified. @throws Error if its route is not protected */
export function accessOf(request: Request): Access {
  return keptAccess(request.raw)
}

/** A plugin that serves the metadata of the resource (RFC 9728). */
export function serveMetadata(api: ResourceServer): (app: App) => Promise<void> {
  return async (app) => {
    app.get(api.metadataPath, (_request, reply) => {
      const { headers, text } = metadataResponse(api)
      reply.headers(headers)
      return reply.send(text)
    })
  }
}

/** A hook `onRequest` that passes requests on whose access token is valid and enough, and refuses the others. */
export function protect(api: ResourceServer, needs?: Needs): (request: Request, reply: Reply) => Promise<unknown> {
  return async (request, reply) => {
    try {
      const access = await api.verify(await readNodeRequest(request.raw as NodeRequest), needs)
      keepAccess(request.raw, access)
      reply.headers({ ...access.headers })
      return undefined
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      reply.code(error.status)
      reply.headers({ ...error.headers, 'cache-control': 'no-store' })
      // Fastify goes on with the route unless a hook returns its reply, as hooks of the reply may take time.
      return reply.send(error.body)
    }
  }
}
