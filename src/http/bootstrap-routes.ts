// Owns the paths by which a program sets up a new installation: the first key, the first administrator. They need no
// credential, and answer errors as the API does below which they are.
import { bootstrapState, consumeBootstrap, NewAdministrator } from '#domain/bootstrap.ts'
import { openContext } from '#domain/open-context.ts'
import { Failure } from '#kernel/error.ts'
import { PLATFORM, renderId } from '#kernel/id.ts'
import { isLoopback } from '#outside/outbound-url.ts'
import { ADMIN_ERRORS_PATH } from '#surfaces/surface.ts'
import { lazySurfaces } from '#surfaces/surfaces.ts'
import { readJsonBody } from './body.ts'
import { toFailure } from './failure.ts'
import { type HttpReply, jsonReply } from './reply.ts'
import { type HttpRequest, originOf } from './request.ts'
import type { HttpContext, ServedRoute } from './route.ts'

const PREFIX = '/api/v1/admin'
/** The API that these paths belong to. */
const API = lazySurfaces.find(({ under }) => under.includes('/api/v1')) as (typeof lazySurfaces)[number]
/** Requests of one address in a minute. */
const LIMIT = { requests: 20, windowSeconds: 60 }
/** Headers that say that somebody else sent the request first. Behind a proxy, everybody’s address is that of the proxy. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'] as const
/** Headers of browsers: a page of somebody else could ask as well. */
const OF_BROWSERS = ['origin', 'sec-fetch-site', 'referer'] as const
const LOCAL_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/

type Answer = (context: HttpContext, request: HttpRequest) => Promise<HttpReply>

const contextOf = ({ services }: HttpContext, request: HttpRequest) => {
  const actor = { kind: 'anonymous', id: 'anonymous', label: 'Anonymous', reach: { kind: 'none' } } as const
  const origin = originOf(request, API.name)
  return openContext(services, { ...actor, permissions: new Set<string>(), origin }, { tenantId: PLATFORM })
}

/**
 * The key of the first boot, while the link for the first administrator works, for programs on the same machine. Where the admin
 * listener has another name, proxies send it requests of other machines, and they need not say so.
 */
const firstKey: Answer = async (context, request) => {
  const { host, ...headers } = request.headers
  const isElsewhere = [...FORWARDED, ...OF_BROWSERS].some((name) => headers[name] !== undefined)
  const { ip } = originOf(request, API.name)
  if (isElsewhere || ip === null || !isLoopback(ip) || !LOCAL_NAME.test(String(host))) {
    throw new Failure('forbidden', 'The key is shown to programs on the machine of the server only.')
  }
  const { clock, host: machine, registry } = context.services
  if (!LOCAL_NAME.test(new URL(registry.settings.adminUrl).host)) {
    throw new Failure('forbidden', 'The key is shown only while admin_url has the name of the machine itself.')
  }
  const { linkExpiresAt } = await bootstrapState(contextOf(context, request))
  const key = (linkExpiresAt ?? 0) > clock.now() ? machine.firstBootKey() : undefined
  if (key === undefined)
    throw new Failure(
      'not_found',
      'There is no key of the first boot, or the link for the first administrator does not work any more.',
    )
  context.telemetry.log.warn('The key of the first boot was shown to a program on this machine.')
  return jsonReply(200, { key })
}

const consume: Answer = async (context, request) => {
  const body = readJsonBody(request.headers['content-type'] as string | undefined, request.body) as Record<
    string,
    unknown
  >
  const given = { secret: body?.token, email: body?.email, password: body?.password }
  const flaws = NewAdministrator.safeParse(given).error?.issues ?? []
  if (flaws.length > 0) {
    throw new Failure('invalid_input', {
      flaws: flaws.map(({ path, message }) => ({ path: path[0] === 'secret' ? 'token' : path.join('.'), message })),
    })
  }
  const user = await consumeBootstrap(contextOf(context, request), given as NewAdministrator)
  return jsonReply(201, { admin_user_id: renderId('user', user.id), email: user.email, bootstrapped: true })
}

const status: Answer = async (context, request) => {
  const { bootstrapped } = await bootstrapState(contextOf(context, request))
  return jsonReply(200, { bootstrapped })
}

/** The paths. */
export const bootstrapRoutes: readonly ServedRoute[] = [
  open('GET', '/firstboot/key', firstKey),
  open('POST', '/bootstrap/consume', consume),
  open('GET', '/bootstrap/status', status),
]

function open(method: 'GET' | 'POST', path: `/${string}`, answer: Answer): ServedRoute {
  const refuse: ServedRoute['refuse'] = async (context, { path: asked, id }, failure) => {
    const surface = await API.load()
    const errorPages = context.services.registry.settings.adminUrl + ADMIN_ERRORS_PATH
    const { status: code, headers, body } = surface.error(failure, { path: asked, requestId: id, errorPages })
    const reply = jsonReply(code, body)
    return { ...reply, headers: { ...reply.headers, ...headers, 'cache-control': 'no-store' } }
  }
  return {
    listener: 'admin',
    methods: [method],
    path: `${PREFIX}${path}`,
    name: 'bootstrap',
    respond: async (context, request) => {
      try {
        const { ip } = originOf(request, API.name)
        const wait = await context.services.limiter.take(`bootstrap:${ip}`, LIMIT.requests, LIMIT.windowSeconds)
        if (wait > 0) throw new Failure('too_many_requests', { retryAfter: wait })
        const reply = await answer(context, request)
        return { ...reply, headers: { ...reply.headers, 'cache-control': 'no-store' } }
      } catch (error) {
        return refuse(context, request, toFailure(error, context.telemetry.log, request.id))
      }
    },
    refuse,
  }
}
