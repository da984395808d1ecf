// Owns how the server's own paths answer: those that belong to no realm and no surface.
import type { Failure } from '#kernel/error.ts'
import { toFailure } from './failure.ts'
import { type HttpReply, plainRefusal } from './reply.ts'
import type { HttpRequest } from './request.ts'
import type { HttpContext, ServedRoute } from './route.ts'

/** A route whose failures have the plain form. */
export function plainRoute(
  given: Pick<ServedRoute, 'listener' | 'path' | 'name'> & Partial<Pick<ServedRoute, 'methods'>>,
  answer: (context: HttpContext, request: HttpRequest) => Promise<HttpReply> | HttpReply,
  refusal: (failure: Failure) => HttpReply = plainRefusal,
): ServedRoute {
  return {
    methods: ['GET'],
    ...given,
    respond: async (context, request) => {
      try {
        return await answer(context, request)
      } catch (error) {
        return refusal(toFailure(error, context.telemetry.log, request.id))
      }
    },
    refuse: (_context, _request, failure) => refusal(failure),
  }
}
