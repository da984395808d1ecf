// Protects a handler that takes a Request and returns a Response, as in Deno, Bun, Hono, Next.js and workers.
import type { Access, Needs } from './access.ts'
import { metadataResponse } from './node.ts'
import { Refusal } from './refusal.ts'
import type { ResourceServer } from './resource-server.ts'

/** A handler of requests that were verified. */
export type ProtectedHandler = (request: Request, access: Access) => Response | Promise<Response>

/**
 * Serves the metadata of the resource (RFC 9728) at its path, passes requests on whose access token is valid and enough, and
 * refuses the others.
 * @param certificateThumbprintOf the SHA-256 of the certificate that the client presented, base64url, where there is mutual TLS
 */
export function protect(
  api: ResourceServer,
  needs: Needs,
  handler: ProtectedHandler,
  certificateThumbprintOf?: (request: Request) => string | undefined,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === api.metadataPath && request.method === 'GET') {
      const { headers, text } = metadataResponse(api)
      return new Response(text, { headers })
    }
    let access: Access
    try {
      access = await api.verify(
        {
          method: request.method,
          path: pathname,
          header: (name) => request.headers.get(name) ?? undefined,
          certificateThumbprint: certificateThumbprintOf?.(request),
        },
        needs,
      )
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return Response.json(error.body, {
        status: error.status,
        headers: { ...error.headers, 'cache-control': 'no-store' },
      })
    }
    const response = await handler(request, access)
    if (Object.keys(access.headers).length === 0) return response
    const headers = new Headers(response.headers)
    for (const [name, value] of Object.entries(access.headers)) headers.set(name, value)
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
  }
}
