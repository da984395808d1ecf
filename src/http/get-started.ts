// Mounts the page that makes the first administrator, on the admin listener.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { House } from '#domain/open-context.ts'
import { type RealmReply, refuseAsJson } from '#domain/realm-request.ts'
import { getStartedPage } from '#pages/get-started.page.ts'
import { formOf, parametersOf } from './form.ts'
import { type Listener, originOf, queryOf, toFailure, type Watchers } from './listener.ts'

const PATH = '/admin/get-started'
/** The link carries its secret under the name that SharkAuth’s does. */
const TOKEN = 'bootstrap'

/** Mounts the page behind the link that a new installation prints. */
export function mountGetStarted(app: Listener, house: House, { log }: Watchers): void {
  app.route({
    method: ['GET', 'POST'],
    url: PATH,
    handler: async (request, reply) => {
      try {
        return send(reply, await answer(house, request))
      } catch (error) {
        return send(reply, refuseAsJson(toFailure(error, log, request.id)))
      }
    },
  })
}

function answer(house: House, request: FastifyRequest): Promise<RealmReply> {
  return getStartedPage(house, {
    method: request.method,
    headers: request.headers,
    origin: originOf(request, 'pages'),
    token: parametersOf(queryOf(request)).get(TOKEN),
    form: formOf(request),
    action: PATH,
  })
}

function send(reply: FastifyReply, { status, headers, body }: RealmReply): FastifyReply {
  return reply
    .code(status)
    .headers(headers as Record<string, string>)
    .send(body)
}
