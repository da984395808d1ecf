// Finds out who sends a request: by the access token that it carries, or by the session of the browser.
import { LRUCache } from 'lru-cache'
import type { Context } from '#domain/context.ts'
import type { Services } from '#domain/open-context.ts'
import { type SiteSettings, siteKey } from '#domain/proxy/proxied-site.ts'
import { ANONYMOUS, type Caller } from '#domain/proxy-rule/condition.ts'
import { issuerOf, type Realm } from '#domain/realm/realm.ts'
import { type Session, touchedSince } from '#domain/session/session.ts'
import { signedInWith } from '#domain/sign-in/signed-in.ts'
import type { User } from '#domain/user/user.ts'
import { Failure } from '#kernel/error.ts'
import { ENGLISH } from '#language/language.ts'
import { checkKey, type PresentedToken, presentedToken } from '#protocol/bearer.ts'
import { type LiveToken, liveToken } from '#protocol/live.ts'
import { readCookies } from '#web/cookie-header.ts'
import { readCookie } from '#web/cookies.ts'
import { Parameters } from '#web/parameters.ts'
import { contextOf } from '#web/realm-context.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import { openSiteCookie, siteCookieName } from './site-session.ts'

/** A request as far as its caller depends on it. */
export interface Asking {
  readonly method: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The path as it was sent, and in its canonical spelling: a proof names one of them. */
  readonly paths: readonly string[]
  readonly ip: string
  readonly requestId: string
}

/** Where a request goes. */
export interface Place {
  readonly site: SiteSettings
  readonly realm: Realm
  readonly brand: RealmRequest['brand']
}

/** Who sends a request. */
export interface Identified {
  readonly caller: Caller
  /** By what it was recognised. */
  readonly by: 'token' | 'session' | null
  /** Why the token that it carries was refused. */
  readonly failure?: Failure
}

interface Known {
  readonly caller: Caller
  /** The token that a proof has to fit. */
  readonly live?: LiveToken
  readonly realmId: string
  readonly generation: number
  /** Milliseconds since 1970. */
  readonly until: number
}

type Found = Pick<Known, 'caller' | 'live' | 'until'>

/** How long a caller is known without a look at the database, in milliseconds. Changes that events tell end it at once. */
const KNOWN_FOR = 10_000
const STRANGE_FOR = 30_000
const CALLERS = 10_000
const NAMES_MAX = 200
/** Events after which every caller is who it was. Those of sites are not among them: a site says for whom tokens must be. */
const HARMLESS =
  /^(?:(?:mail|webhook|proxy|proxy_rule)\.\w+|token\.issued|authorization_code\.issued|access\.denied|session\.started)$/

const NOBODY: Identified = { caller: ANONYMOUS, by: null }
const NO_PARAMETERS = new Parameters(new Map())
const SCHEME = /^(?:bearer|dpop) /i

/** Recognises callers, and knows those of the last seconds. */
export class Callers {
  readonly #services: Services
  readonly #known = new LRUCache<string, Known>({ max: CALLERS })
  readonly #strangers = new LRUCache<string, Pick<Known, 'realmId' | 'generation' | 'until'>>({ max: CALLERS })
  /** Grows with each event that may have changed a caller. */
  #generation = 0

  constructor(services: Services) {
    this.#services = services
    services.registry.subscribe((commit) => {
      if ('missed' in commit || commit.events.some(({ type }) => !HARMLESS.test(type))) this.#generation += 1
    })
  }

  /** How many callers and refused credentials of a realm are known. */
  countOf(realmId: string): { readonly callers: number; readonly strangers: number } {
    const isThere = (known: Pick<Known, 'realmId'>) => known.realmId === realmId
    const [callers, strangers] = [this.#known.values(), this.#strangers.values()]
    return { callers: callers.filter(isThere).toArray().length, strangers: strangers.filter(isThere).toArray().length }
  }

  /** Has all callers looked up again: what sites demand of tokens may have changed. */
  forget(): void {
    this.#generation += 1
  }

  /** Who sends a request. A token counts more than a session. */
  async identify(place: Place, asking: Asking): Promise<Identified> {
    const { authorization, cookie } = asking.headers
    if (typeof authorization === 'string' && SCHEME.test(authorization)) return this.#byToken(place, asking)
    if (typeof cookie === 'string') return this.#bySession(place, asking, cookie)
    return NOBODY
  }

  async #byToken(place: Place, asking: Asking): Promise<Identified> {
    const request = realmRequestOf(place, this.#services, asking)
    const context = contextOf(this.#services, request)
    try {
      const presented = presentedToken(request)
      const { caller, live } = await this.#tokenHolder(context, place, presented)
      const addresses = asking.paths.map((path) => `${place.site.publicUrl}${path}`)
      if (live) await checkKey(context, request, addresses, presented, live)
      return { caller: { ...caller, method: presented.scheme }, by: 'token' }
    } catch (error) {
      if (error instanceof Failure && error.status < 500) return { caller: ANONYMOUS, by: null, failure: error }
      throw error
    }
  }

  async #tokenHolder(context: Context, place: Place, { token }: PresentedToken): Promise<Known> {
    const key = `${placeKey(place)} ${token}`
    return this.#remembered(place.realm.id, key, async () => {
      const live = await liveToken(context, token)
      if (!live || !isFor(live, place, context)) return undefined
      const { issued, client } = live
      const user = issued.userId === null ? undefined : await personOf(context, place.realm, issued.userId)
      if (issued.userId !== null && !user) return undefined
      const person = user ? await aboutPerson(context, place.realm, user) : {}
      const { agent } = client
      const machine = agent ? 'agent' : user ? 'user' : 'client'
      const caller: Caller = {
        ...ANONYMOUS,
        ...person,
        kind: machine,
        scopes: issued.scopes,
        agentId: agent?.id ?? null,
        agentName: agent ? client.label : null,
        clientId: client.clientId,
      }
      return { caller, live, until: issued.expiresAt }
    })
  }

  async #bySession(place: Place, asking: Asking, header: string): Promise<Identified> {
    const { realm, site } = place
    const issuer = issuerOf(realm, this.#services.registry.settings)
    const cookies = readCookies(header)
    const own = cookies.get(siteCookieName(site.publicUrl))
    const shared = readCookie({ cookies, issuer, realm }, 'session')
    const secret = own ?? shared
    if (secret === undefined) return NOBODY
    try {
      const { caller } = await this.#remembered(
        realm.id,
        `${placeKey(place)} ${own ? 'own' : 'shared'} ${secret}`,
        async () => {
          const context = contextOf(this.#services, realmRequestOf(place, this.#services, asking))
          const { crypto, read } = context
          const sessionId = own === undefined ? undefined : openSiteCookie(crypto, place, own)
          const session =
            own === undefined
              ? await read.sessions.findBySecretHash(realm.id, crypto.digest(secret))
              : sessionId && (await read.sessions.find(realm.id, sessionId))
          return session ? sessionHolder(context, realm, session) : undefined
        },
      )
      return { caller, by: 'session' }
    } catch (error) {
      if (error instanceof Failure && error.code === 'invalid_token') return NOBODY
      throw error
    }
  }

  /** @throws Failure `invalid_token` where nobody is found */
  async #remembered(realmId: string, secret: string, find: () => Promise<Found | undefined>): Promise<Known> {
    const { clock, crypto } = this.#services
    const key = crypto.digest(secret)
    const now = clock.now()
    const generation = this.#generation
    const known = this.#known.get(key)
    if (known && known.generation === generation && known.until > now) return known
    const strange = this.#strangers.get(key)
    if (strange && strange.generation === generation && strange.until > now) throw new Failure('invalid_token')
    const found = await find()
    if (!found) {
      this.#known.delete(key)
      this.#strangers.set(key, { realmId, generation, until: now + STRANGE_FOR })
      throw new Failure('invalid_token')
    }
    const entry = { ...found, realmId, generation, until: Math.min(found.until, now + KNOWN_FOR) }
    this.#known.set(key, entry)
    return entry
  }
}

function placeKey({ site }: Place): string {
  return siteKey(site)
}

/** The session's user, if both are still active. A session that is used does not become idle. */
async function sessionHolder(context: Context, realm: Realm, session: Session): Promise<Found | undefined> {
  const now = context.clock.now()
  const signedIn = await signedInWith(context, session)
  if (!signedIn) return undefined
  const since = touchedSince(realm.policy, now)
  if (session.lastSeenAt <= since) await context.write((unit) => unit.sessions.touch(session.id, now, since))
  const person = await aboutPerson(context, realm, signedIn.user)
  return { caller: { ...ANONYMOUS, ...person, kind: 'user', method: 'session' }, until: session.expiresAt }
}

async function personOf({ read }: Context, { directoryId }: Realm, userId: string): Promise<User | undefined> {
  const user = await read.users.find(directoryId, userId)
  return user?.status === 'active' ? user : undefined
}

/** What rules ask of people. */
async function aboutPerson(
  { read }: Context,
  { id: realmId, directoryId }: Realm,
  user: User,
): Promise<Pick<Caller, 'userId' | 'email' | 'name' | 'tier' | 'roles' | 'groups' | 'permissions'>> {
  const [roles, groups, granted] = await Promise.all([
    read.roles.namesOfUser({ realmId, organizationId: undefined }, user.id, NAMES_MAX),
    read.groups.namesOfUser(directoryId, user.id, NAMES_MAX),
    read.roles.allOf({ directoryId, realmId, organizationId: undefined }, user.id),
  ])
  const { tier } = user.attributes
  return {
    ...{ userId: user.id, email: user.email, name: user.name, roles, groups },
    tier: typeof tier === 'string' ? tier : null,
    permissions: new Set(granted?.map(({ permission }) => permission)),
  }
}

/**
 * Whether a token is for a site: for its resource; or, for programs of the application itself, for the realm without naming a
 * resource (RFC 9068 §4).
 */
function isFor({ claims, client }: LiveToken, { site, realm }: Place, { registry }: Context): boolean {
  const audiences = [claims.aud].flat()
  const { audience, publicUrl, applicationId } = site
  const accepted = audience === null ? [publicUrl, `${publicUrl}/`] : [audience]
  if (accepted.some((each) => audiences.includes(each))) return true
  if (audience !== null || applicationId === null || client.applicationId !== applicationId) return false
  return audiences.includes(issuerOf(realm, registry.settings))
}

/** The parts of a request that checks of tokens read. */
function realmRequestOf({ realm, brand }: Place, { registry }: Services, asking: Asking): RealmRequest {
  const { method, headers, paths, ip, requestId } = asking
  const agent = headers['user-agent']
  return {
    ...{ method, realm, brand, headers, base: '', path: paths[0] ?? '/', language: ENGLISH },
    issuer: issuerOf(realm, registry.settings),
    ...{ query: NO_PARAMETERS, form: NO_PARAMETERS, cookies: new Map() },
    origin: { ip, userAgent: typeof agent === 'string' ? agent.slice(0, 300) : null, requestId, surface: 'proxy' },
  }
}
