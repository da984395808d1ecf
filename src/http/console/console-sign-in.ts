// Owns how an administrator signs in at the console and out of it. The hosted pages of the tenant's admin realm do the rest.

import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { adminRealmOfTenant } from '#domain/admin-realm/admin-realm.store.ts'
import {
  CONSOLE_BASE,
  CONSOLE_CALLBACK_PATH,
  CONSOLE_PATH,
  consoleSession,
  takeOver,
} from '#domain/console/console-handoff.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { signOut } from '#domain/sign-in/sign-out.ts'
import { Failure } from '#kernel/error.ts'
import { parseId } from '#kernel/id.ts'
import { NOBODY } from '../admin-token.ts'
import { parametersOf } from '../form.ts'
import { plainRoute } from '../plain-route.ts'
import { type HttpReply, jsonReply } from '../reply.ts'
import { type HttpRequest, originOf } from '../request.ts'
import {
  beginningCookie,
  begunIn,
  checkCsrf,
  checkSameOrigin,
  consoleVisit,
  noSessionCookie,
  sessionCookie,
} from './console-session.ts'

const SIGN_IN_PATH = `${CONSOLE_BASE}sign-in/start` as const

/** A page of the console: nothing that a browser reads as another address. */
const TO = /^[a-z0-9][\w\-./~%?&=,:@+]{0,1000}$/i

/** Begins a sign-in. `tenant` is one by its id, `to` a page of the console, `max_age` asks for a recent sign-in. */
const start = plainRoute(
  { listener: 'admin', path: SIGN_IN_PATH, name: 'console_sign_in' },
  async ({ services, console: build }, { query, host }) => {
    if (!build) throw new Failure('not_found', 'The console is switched off.')
    const { adminUrl } = services.registry.settings
    // The sign-in returns to the admin URL, so it has to begin there: other names of the host have other cookies.
    const away = `${adminUrl}${SIGN_IN_PATH}${query && `?${query}`}`
    if (host !== '' && host !== new URL(adminUrl).host && parametersOf(query).get('here') === undefined) {
      return seeOther(`${away}${query ? '&' : '?'}here=1`)
    }
    const parameters = parametersOf(query)
    const tenant = parameters.get('tenant')
    const tenantId = tenant === undefined ? undefined : parseId('tenant', tenant)
    const isFindable = tenant === undefined || tenantId !== undefined
    const id = isFindable ? await adminRealmOfTenant(services.database.read, tenantId) : undefined
    const place = id === undefined ? undefined : await services.registry.realmById(id)
    if (!place) throw new Failure('not_found', 'No tenant has this id.')
    const state = services.random.secret()
    const to = TO.test(parameters.get('to') ?? '') ? parameters.get('to') : ''
    const maxAge = parameters.get('max_age')
    const asked = new URLSearchParams({ state, ...(maxAge !== undefined && { max_age: maxAge }) })
    const cookie = beginningCookie(services, `${state}.${encodeURIComponent(to ?? '')}`)
    return seeOther(`${issuerOf(place.realm, services.registry.settings)}${CONSOLE_PATH}?${asked}`, [cookie])
  },
)

/** Where the hosted page sends the browser back to. */
const callback = plainRoute(
  { listener: 'admin', path: CONSOLE_CALLBACK_PATH, name: 'console_callback' },
  async ({ services }, request) => {
    const parameters = parametersOf(request.query)
    const begun = begunIn(services, request.headers) ?? ''
    const [, state = '', to = ''] = /^([\w-]+)\.(.*)$/.exec(begun) ?? []
    const forgotten = beginningCookie(services, '')
    const failed = () => seeOther(`${CONSOLE_BASE}sign-in?failed=1`, [forgotten])
    const { crypto, registry } = services
    if (state === '' || !crypto.equal(parameters.get('state') ?? '', state)) return failed()
    const issuerId = parameters.get('realm') ?? ''
    const place = await registry.realmByIssuerId(issuerId)
    if (place?.realm.kind !== 'admin') return failed()
    const { realm } = place
    const context = openContext(services, NOBODY, { tenantId: realm.tenantId, realm })
    const sessionId = await takeOver(context, parameters.get('code') ?? '', state)
    if (sessionId === undefined || !(await consoleSession(context, sessionId))) return failed()
    const cookies = [forgotten, sessionCookie(services, issuerId, sessionId)]
    const visit = await consoleVisit(services, { cookie: cookies[1]?.split(';')[0] })
    // Whoever signed in there is no administrator, or not any more.
    if (!visit) return seeOther(`${CONSOLE_BASE}sign-in?failed=not_administrator`, [forgotten])
    return seeOther(CONSOLE_BASE + decodeURIComponent(to), cookies)
  },
)

/** Who is signed in here, and what the console needs for it. A browser without a session gets the same status. */
const session = plainRoute(
  { listener: 'admin', path: `${CONSOLE_BASE}session`, name: 'console_session' },
  async (context, { headers }) => {
    const { services } = context
    checkSameOrigin(services, headers)
    const visit = await consoleVisit(services, headers)
    const common = { server_version: context.version, api_docs: context.apiDocs }
    if (!visit) return jsonReply(200, { signed_in: false, ...common })
    const { session: shown } = visit.signedIn
    return jsonReply(200, {
      signed_in: true,
      csrf_token: visit.csrfToken,
      authenticated_at: new Date(shown.authenticatedAt).toISOString(),
      expires_at: new Date(shown.expiresAt).toISOString(),
      account_url: await accountOf(services, visit.issuerId),
      ...common,
    })
  },
)

async function accountOf({ registry }: Services, issuerId: string): Promise<string | null> {
  const place = await registry.realmByIssuerId(issuerId)
  return place ? issuerOf(place.realm, registry.settings) + ACCOUNT_PATHS.overview : null
}

/** Ends the session, also that of the hosted pages. */
const end = plainRoute(
  { listener: 'admin', methods: ['DELETE'], path: `${CONSOLE_BASE}session`, name: 'console_sign_out' },
  async ({ services }, request: HttpRequest) => {
    checkSameOrigin(services, request.headers)
    const visit = await consoleVisit(services, request.headers)
    const cookie = { 'set-cookie': [noSessionCookie(services)] }
    if (!visit) return { status: 204, headers: cookie }
    checkCsrf(services, request.headers, visit)
    const place = await services.registry.realmByIssuerId(visit.issuerId)
    if (place) {
      const { realm } = place
      const actor = { ...visit.holder, origin: originOf(request, 'console') }
      await signOut(openContext(services, actor, { tenantId: realm.tenantId, realm }), visit.signedIn)
    }
    return { status: 204, headers: cookie }
  },
)

function seeOther(location: string, cookies: readonly string[] = []): HttpReply {
  return {
    status: 303,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'set-cookie': cookies },
  }
}

export const consoleSessionRoutes = [start, callback, session, end]
