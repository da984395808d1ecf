// Protects the routes of an Express app, or of any server whose handlers take `(request, response, next)`.
import type { Access, Needs } from './access.ts'
import {
  asksForMetadata,
  keepAccess,
  keptAccess,
  metadataResponse,
  type NodeRequest,
  type NodeResponse,
  readNodeRequest,
  sendRefusal,
} from './node.ts'
import type { ResourceServer } from './resource-server.ts'

/** A handler that passes a request on, or responds. */
export type Middleware = (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void) => void

/** The access of a request that was verified. @throws Error if its route is not protected */
export function accessOf(request: object): Access {
  return keptAccess(request)
}

/** Responds with the metadata of the resource (RFC 9728) at its path, and passes other requests on. */
export function serveMetadata(api: ResourceServer): Middleware {
  return (request, response, next) => {
    if (!asksForMetadata(api, request)) return next()
    const { headers, text } = metadataResponse(api)
    response.writeHead(200, headers)
    response.end(text)
  }
}

/** Passes requests on that have an access token that is valid and enough, and refuses the others. */
export function protect(api: ResourceServer, needs?: Needs): Middleware {
  return (request, response, next) => {
    readNodeRequest(request)
      .then((read) => api.verify(read, needs))
      .then(
        (access) => {
          keepAccess(request, access)
          for (const [name, value] of Object.entries(access.headers)) response.setHeader(name, value)
          next()
        },
        (error) => {
          const unknown = sendRefusal(response, error)
          if (unknown !== undefined) next(unknown)
        },
      )
      .catch(next)
  }
}
