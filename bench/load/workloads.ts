// Owns the workloads: what a connection sends, and which responses are right.
import type { PlainReads, Target, WorkloadName } from '../target.ts'
import { type Actor, basic, get, post, postJson, type Steps, Unexpected } from './actor.ts'
import type { Answer } from './connection.ts'
import { ProofKey } from './proofs.ts'
import {
  authorize,
  authorizePushed,
  Browser,
  codeOf,
  exchange,
  login,
  signIn,
  tokenResponse,
  type Wish,
} from './sign-in.ts'

/** Takes note of what an answer held, once per run. */
export type Observe = (members: readonly string[]) => void

type MakeActor = (target: Target, connection: number, observe: Observe) => Actor

/** Makes the actor of one connection, for each workload. */
export const ACTORS: Readonly<Record<WorkloadName, MakeActor>> = {
  client_credentials: clientCredentials,
  introspection,
  refresh,
  login: wholeLogin,
  password,
  code,
  userinfo,
  jwks: (target) => repeat([[get(target.host, target.paths.jwks), '"keys"']]),
  dpop,
  par_code: pushedCode,
  registered_code: registeredCode,
}

/** The actor of one connection that reads the same paths in turn. */
export function plainReads(plain: PlainReads, connection: number): Actor {
  const requests = plain.reads.map(({ path, authorization, body, holds = '' }): readonly [string, string] => {
    const headers = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`
    return [body === undefined ? get(plain.host, path, headers) : postJson(plain.host, path, body, headers), holds]
  })
  return repeat(requests, Math.floor((connection * requests.length) / 32))
}

/** Goes round fixed requests; each must be answered by 200 and a body that includes a text. */
function repeat(requests: readonly (readonly [request: string, included: string])[], start = 0): Actor {
  let position = start % requests.length
  return {
    *unit() {
      const [request, included] = requests[position] as readonly [string, string]
      position = (position + 1) % requests.length
      const answer = yield request
      if (answer.status !== 200 || !answer.body.includes(included)) throw new Unexpected(answer, `200 with ${included}`)
    },
  }
}

function serviceRequest(target: Target, index: number, resource = target.resource): string {
  const service = target.services[index % target.services.length]
  if (service === undefined) throw new Error('the target has no service client')
  const form = { grant_type: 'client_credentials', scope: target.scope, resource }
  return post(target.host, service.path, form, basic(service))
}

// Built once for all connections: there may be 10,000 of them.
const serviceRequests = new WeakMap<Target, string[]>()

function requestsOf(target: Target): string[] {
  const known = serviceRequests.get(target) ?? target.services.map((_, index) => serviceRequest(target, index))
  serviceRequests.set(target, known)
  return known
}

function clientCredentials(target: Target, connection: number, observe: Observe): Actor {
  // Each connection starts at another client and skips some, so that requests that follow each other use different
  // clients and a small cache does not help.
  const requests = requestsOf(target)
  let position = Math.floor((connection * requests.length) / 32)
  let observed = false
  return {
    *unit() {
      position = (position + 7919) % requests.length
      const answer = yield requests[position] as string
      if (answer.status !== 200 || !answer.body.includes('"access_token":"eyJ')) {
        throw new Unexpected(answer, 'a JWT access token')
      }
      if (!observed) observe(Object.keys(tokenResponse(answer)))
      observed = true
    },
  }
}

function introspection(target: Target, connection: number, observe: Observe): Actor {
  const introspector = target.services[0]
  if (introspector === undefined) throw new Error('the target has no service client')
  let requests: string[] = []
  let position = 0
  return {
    *prepare() {
      requests = []
      for (let count = 0; count < 8; count++) {
        const answer = yield serviceRequest(target, connection, target.introspectedResource)
        const token = tokenResponse(answer).access_token
        requests.push(post(target.host, target.paths.introspect, { token }, basic(introspector)))
      }
      const answer = yield requests[0] as string
      observe(Object.keys(JSON.parse(answer.body)))
    },
    *unit() {
      position = (position + 1) % requests.length
      const answer = yield requests[position] as string
      if (answer.status !== 200 || !answer.body.includes('"active":true'))
        throw new Unexpected(answer, 'an active token')
    },
  }
}

function personAt(target: Target, connection: number): Target['people'][number] {
  const person = target.people[connection % target.people.length]
  if (person === undefined) throw new Error('the target has no user')
  return person
}

function withMore(scope: string, { personScopes }: Target): string {
  return personScopes === undefined ? scope : `${scope} ${personScopes}`
}

function refresh(target: Target, connection: number, observe: Observe): Actor {
  const scope = withMore(`openid offline_access ${target.scope}`, target)
  const wish = { client: target.offline, scope, resource: target.resource }
  const headers = basic(target.offline)
  let token = ''
  const rotate = (answer: Answer): string[] => {
    const response = tokenResponse(answer)
    if (response.refresh_token === undefined || response.refresh_token === token) {
      throw new Unexpected(answer, 'another refresh token')
    }
    token = response.refresh_token
    return Object.keys(response)
  }
  const request = (): string => {
    const form = { grant_type: 'refresh_token', refresh_token: token, resource: target.resource }
    return post(target.host, target.paths.token, form, headers)
  }
  return {
    *prepare() {
      const response = yield* login(target, new Browser(target.host), personAt(target, connection), wish)
      if (response.refresh_token === undefined) throw new Error('the login gave no refresh token')
      token = response.refresh_token
      observe(rotate(yield request()))
    },
    *unit() {
      rotate(yield request())
    },
  }
}

function wholeLogin(target: Target, connection: number, observe: Observe): Actor {
  const wish = { client: target.web, scope: `openid ${target.scope}`, resource: target.resource }
  return {
    *unit() {
      observe(Object.keys(yield* login(target, new Browser(target.host), personAt(target, connection), wish)))
    },
  }
}

function password(target: Target, connection: number): Actor {
  const wish = { client: target.web, scope: `openid ${target.scope}`, resource: target.resource }
  return {
    *unit(restartClock) {
      const browser = new Browser(target.host)
      const page = yield* authorize(target, browser, wish)
      yield* signIn(target, browser, personAt(target, connection), page, restartClock)
    },
  }
}

function code(target: Target, connection: number, observe: Observe): Actor {
  const wish = { client: target.web, scope: `openid ${target.scope}`, resource: target.resource }
  return withSession(target, connection, wish, function* (browser) {
    observe(Object.keys(yield* exchange(target, wish, codeOf(yield* authorize(target, browser, wish)))))
  })
}

function userinfo(target: Target, connection: number, observe: Observe): Actor {
  const wish = { client: target.web, scope: withMore('openid email', target) }
  let request = ''
  return {
    *prepare() {
      const { access_token } = yield* login(target, new Browser(target.host), personAt(target, connection), wish)
      request = get(target.host, target.paths.userinfo, `Authorization: Bearer ${access_token}\r\n`)
      observe(Object.keys(JSON.parse((yield request).body)))
    },
    *unit() {
      const answer = yield request
      if (answer.status !== 200 || !answer.body.includes('"sub"')) throw new Unexpected(answer, 'the claims of a user')
    },
  }
}

function dpop(target: Target, connection: number, observe: Observe): Actor {
  const service = target.services[connection % target.services.length]
  if (service === undefined) throw new Error('the target has no service client')
  const key = new ProofKey()
  const form = { grant_type: 'client_credentials', scope: target.scope, resource: target.resource }
  const url = `http://${target.host}${service.path}`
  let observed = false
  return {
    *unit() {
      const answer = yield post(target.host, service.path, form, basic(service) + key.line(url))
      if (answer.status !== 200 || !/"token_type":"DPoP"/.test(answer.body))
        throw new Unexpected(answer, 'a bound token')
      if (!observed) observe(Object.keys(tokenResponse(answer)))
      observed = true
    },
  }
}

function pushedCode(target: Target, connection: number, observe: Observe): Actor {
  const wish = { client: target.web, scope: `openid ${target.scope}`, resource: target.resource }
  return withSession(target, connection, wish, function* (browser) {
    observe(Object.keys(yield* exchange(target, wish, codeOf(yield* authorizePushed(target, browser, wish)))))
  })
}

function registeredCode(target: Target, connection: number, observe: Observe): Actor {
  if (target.registered === undefined) throw new Error('the target has no registered client')
  const wish = { client: target.registered, scope: 'openid' }
  return withSession(target, connection, wish, function* (browser) {
    observe(Object.keys(yield* exchange(target, wish, codeOf(yield* authorize(target, browser, wish)))))
  })
}

/** An actor with a live session, and with a consent where the client needs one. */
function withSession(target: Target, connection: number, wish: Wish, unit: (browser: Browser) => Steps): Actor {
  let browser = new Browser(target.host)
  return {
    *prepare() {
      browser = new Browser(target.host)
      yield* login(target, browser, personAt(target, connection), wish)
    },
    *unit() {
      yield* unit(browser)
    },
  }
}
