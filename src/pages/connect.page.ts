// Where users connect their accounts at providers: the start, the answer of the provider, and the page for a key.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import type { BrokerProvider } from '#domain/broker-provider/broker-provider.ts'
import { askable } from '#domain/client/askable.ts'
import type { RegisteredClient } from '#domain/client/client.ts'
import {
  type ConnectAnswer,
  connectKey,
  connectUrl,
  finishConnect,
  takeConnect,
} from '#domain/connection/connect.service.ts'
import { CONNECT_PATH, type ConnectPaths, connectPath, VAULT_PATH } from '#domain/connection/connect-paths.ts'
import type { Context } from '#domain/context.ts'
import { recordConsent } from '#domain/grant/grant.service.ts'
import type { Services } from '#domain/open-context.ts'
import { type BrokerResource, isBrokerResource, resourceNamed, upstreamScopes } from '#domain/resource/resource.ts'
import { isAllowedReturn } from '#domain/resource/return-url.ts'
import type { SignedIn } from '#domain/sign-in/signed-in.ts'
import { Failure } from '#kernel/error.ts'
import { browserOf, readCookie } from '#web/cookies.ts'
import { checkCsrf, checkSameOrigin, csrfToken } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { connectConsent, connectKeyForm } from './views/connect.ts'
import { signInForPage } from './waiting.ts'

/** What the start takes, and keeps through a sign-in. */
const PARAMETERS = ['resource', 'return_url', 'client_id', 'scope'] as const

/** The pages of a connection, each below the slug of its provider. */
export const connectPage: Endpoint = {
  name: 'connect',
  methods: ['GET', 'POST'],
  paths: [`${CONNECT_PATH}/*`],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const { rest = '', method } = realmRequest
    const [slug = '', part, ...more] = rest.split('/')
    const isAnswer = part === 'callback' && method === 'GET'
    if (more.length > 0 || (part !== undefined && !isAnswer)) throw new Failure('not_found')
    return visitProvider(services, realmRequest, { slug, isAnswer, paths: 'connect' })
  },
}

/** The start of a connection below the path of the vault. */
export const vaultConnectPage: Endpoint = {
  name: 'vault_connect',
  methods: ['GET', 'POST'],
  paths: [`${VAULT_PATH}/connect/{provider}`],
  refuse: failureReply,
  respond: (services, realmRequest) =>
    visitProvider(services, realmRequest, { slug: slugIn(realmRequest), isAnswer: false, paths: 'vault' }),
}

/** The redirect URI of a connection that began there. */
export const vaultCallbackPage: Endpoint = {
  name: 'vault_callback',
  methods: ['GET'],
  paths: [`${VAULT_PATH}/callback/{provider}`],
  refuse: failureReply,
  respond: (services, realmRequest) =>
    visitProvider(services, realmRequest, { slug: slugIn(realmRequest), isAnswer: true, paths: 'vault' }),
}

function slugIn({ path }: RealmRequest): string {
  return path.split('/').at(-1) ?? ''
}

interface Place {
  readonly slug: string
  /** Whether the provider answers. */
  readonly isAnswer: boolean
  readonly paths: ConnectPaths
}

async function visitProvider(
  services: Services,
  realmRequest: RealmRequest,
  { slug, isAnswer, paths }: Place,
): Promise<RealmReply> {
  const context = contextOf(services, realmRequest)
  const provider = await context.read.brokerProviders.findBySlug(realmRequest.realm.id, slug)
  if (!provider?.active || provider.protocol === 'service_account') throw new Failure('not_found')
  if (realmRequest.method === 'POST') checkSameOrigin(realmRequest.headers, realmRequest.issuer)
  const signedIn = await currentSession(context, realmRequest)
  if (!signedIn) {
    if (isAnswer) throw new Failure('expired')
    const query = givenOf(realmRequest)
    return signInForPage(context, realmRequest, { path: connectPath(provider, paths), query })
  }
  const person = contextOfPerson(services, realmRequest, signedIn.user)
  const visit = { context: person, realmRequest, provider, signedIn, paths }
  return isAnswer ? answer(visit) : start(visit)
}

interface Visit {
  readonly context: Context
  readonly realmRequest: RealmRequest
  readonly provider: BrokerProvider
  readonly signedIn: SignedIn
  readonly paths: ConnectPaths
}

/** What a person is asked for. */
interface Asked {
  readonly resource: BrokerResource | undefined
  readonly client: RegisteredClient | undefined
  /** Of the resource. */
  readonly scopes: readonly string[]
  readonly returnUrl: string | null
}

function givenOf({ method, form, query }: RealmRequest): Record<string, string> {
  const given = method === 'POST' ? form : query
  return Object.fromEntries(
    PARAMETERS.flatMap((name) => {
      const value = given.get(name)
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

async function askedOf({ context, realmRequest, provider }: Visit): Promise<Asked> {
  const { registry, scope } = context
  const { resource: named, client_id: clientId, scope: names, return_url: returnUrl = null } = givenOf(realmRequest)
  const resources = await registry.resources(scope.tenantId)
  const found = named === undefined ? undefined : resourceNamed(resources, named)
  if (named !== undefined && (!found || !isBrokerResource(found) || found.brokerProviderId !== provider.id)) {
    throw new Failure('invalid_target', 'This provider has no such resource.')
  }
  const resource = found as BrokerResource | undefined
  if (returnUrl !== null && !isAllowedReturn(returnUrl, resource, registry.settings, realmRequest.issuer)) {
    throw new Failure(
      'invalid_request',
      'Nobody is sent to this return_url: neither the resource nor the server lists it.',
    )
  }
  const known =
    clientId === undefined || !resource
      ? undefined
      : await registry.client(scope.tenantId, realmRequest.realm.id, clientId)
  if (clientId !== undefined && known?.status !== 'active')
    throw new Failure('invalid_request', 'There is no such client.')
  const client = known && askable(known, resources)
  if (
    client &&
    resource &&
    !(resource.runtimeClients.includes(client.id) && client.audiences.includes(resource.identifier))
  ) {
    throw new Failure(
      'invalid_request',
      'The resource does not let this client use it, or the client is not registered for it.',
    )
  }
  return { resource, client, scopes: scopesOf(resource, client, names), returnUrl }
}

/**
 * The scopes that a person is asked for: those that are named, or all of the resource that the client can get.
 * @throws Failure `invalid_scope` for others, and where none is left: access without a scope would be all of it
 */
function scopesOf(
  resource: BrokerResource | undefined,
  client: RegisteredClient | undefined,
  names: string | undefined,
): readonly string[] {
  const declared = resource?.scopes.map(({ name }) => name) ?? []
  const possible = client ? declared.filter((name) => client.scopes.includes(name)) : declared
  const asked = [...new Set((names ?? '').split(' ').filter(Boolean))]
  if (asked.some((name) => !possible.includes(name))) {
    throw new Failure('invalid_scope', 'A scope is not one of the resource, or the client is not registered for it.')
  }
  if (declared.length > 0 && possible.length === 0) {
    throw new Failure('invalid_scope', 'The client is registered for no scope of the resource.')
  }
  return asked.length > 0 ? asked : possible
}

async function start(visit: Visit): Promise<RealmReply> {
  const { context, realmRequest, provider, signedIn } = visit
  const { method, form } = realmRequest
  const isPost = method === 'POST'
  if (isPost) checkCsrf(context, realmRequest, about(visit))
  const asked = await askedOf(visit)
  const decision = isPost ? form.get('decision') : undefined
  if (decision === 'deny') return goBack(visit, asked.returnUrl, 'access_denied')
  if (decision === 'allow') await allow(visit, asked)
  else if (await isConsentNeeded(visit, asked)) return showConsent(visit, asked)
  const connection = await context.read.connections.find(signedIn.user.id, provider.id)
  const needed = asked.resource && provider.protocol === 'oauth' ? upstreamScopes(asked.resource, asked.scopes) : []
  // Who only had to allow a client goes back at once.
  const isConnected = connection && !connection.needsReauth && needed.every((one) => connection.scopes.includes(one))
  if (decision === 'allow' && isConnected) return goBack(visit, asked.returnUrl)
  if (provider.protocol === 'api_key') {
    return isPost && decision === 'connect' ? takeKey(visit, asked) : showKeyForm(visit)
  }
  const scopes = [
    ...new Set([
      ...(asked.resource ? upstreamScopes(asked.resource) : []),
      ...provider.scopes,
      ...(connection?.scopes ?? []),
    ]),
  ]
  const browser = browserOf(context, realmRequest)
  const { id: sessionId, userId } = signedIn.session
  const url = await connectUrl(
    context,
    provider,
    { userId, sessionId, scopes, returnUrl: asked.returnUrl, paths: visit.paths },
    browser.secret,
  )
  return seeOther(url, browser.setCookie)
}

async function answer(visit: Visit): Promise<RealmReply> {
  const { context, realmRequest, provider, signedIn } = visit
  const { query } = realmRequest
  const answered: ConnectAnswer = {
    ...{ state: query.get('state'), code: query.get('code'), error: query.get('error') },
    browserSecret: readCookie(realmRequest, 'browser'),
    userId: signedIn.user.id,
  }
  const pending = await takeConnect(context, provider, answered)
  try {
    await finishConnect(context, provider, pending, answered)
  } catch (error) {
    if (!(error instanceof Failure) || pending.returnUrl === null) throw error
    return { ...goBack(visit, pending.returnUrl, error.code), refusal: error }
  }
  return goBack(visit, pending.returnUrl)
}

/** Where the person goes on: to the program that sent them, or to the account. */
function goBack({ realmRequest }: Visit, returnUrl: string | null, error?: string): RealmReply {
  if (returnUrl !== null) return seeOther(withQuery(returnUrl, error === undefined ? {} : { error }))
  const path = realmRequest.base + ACCOUNT_PATHS.connections
  return seeOther(error === undefined ? withQuery(path, { done: 'yes' }) : path)
}

async function isConsentNeeded({ context, signedIn }: Visit, { client, resource, scopes }: Asked): Promise<boolean> {
  if (!client || !resource || client.firstParty) return false
  const grant = await context.read.grants.find(signedIn.user.id, client.id, resource.identifier)
  return !grant || scopes.some((name) => !grant.scopes.includes(name))
}

async function allow({ context, realmRequest, signedIn }: Visit, { client, resource, scopes }: Asked): Promise<void> {
  if (!client || !resource) throw new Failure('invalid_request', 'The form does not say who is allowed what.')
  const { id: realmId } = realmRequest.realm
  const consent = { realmId, user: signedIn.user, client, resource: resource.identifier, scopes }
  await context.write((unit) => recordConsent(context, unit, consent))
}

function showConsent(visit: Visit, { client, resource, scopes }: Asked): RealmReply {
  const described = new Map(resource?.scopes.map(({ name, description }) => [name, description]))
  const { provider, signedIn } = visit
  return show(
    visit,
    (form) =>
      connectConsent({
        ...form,
        client: client?.label ?? '',
        resource: { name: `${resource?.name ?? ''} (${provider.name})` },
        scopes: scopes.map((name) => ({ name, description: described.get(name) || undefined })),
        email: signedIn.user.email,
      }),
    200,
  )
}

function showKeyForm(visit: Visit, isWrong = false): RealmReply {
  const { name, issuanceInstructionsUrl } = visit.provider
  const instructions = issuanceInstructionsUrl ?? undefined
  return show(visit, (form) => connectKeyForm({ ...form, provider: name, instructions, isWrong }), isWrong ? 400 : 200)
}

async function takeKey(visit: Visit, asked: Asked): Promise<RealmReply> {
  const { context, provider, signedIn, realmRequest } = visit
  try {
    await connectKey(context, provider, signedIn.user.id, realmRequest.form.get('key', 4096) ?? '')
  } catch (error) {
    if (error instanceof Failure && error.code === 'invalid_input') return showKeyForm(visit, true)
    throw error
  }
  return goBack(visit, asked.returnUrl)
}

function show(
  visit: Visit,
  write: (form: {
    frame: ReturnType<typeof frameOf>
    action: string
    hidden: Readonly<Record<string, string>>
  }) => string,
  status: number,
): RealmReply {
  const { context, realmRequest, provider } = visit
  const browser = browserOf(context, realmRequest)
  const csrf = csrfToken(context, browser.secret, about(visit))
  const action = realmRequest.base + connectPath(provider, visit.paths)
  const html = write({ frame: frameOf(realmRequest), action, hidden: { ...givenOf(realmRequest), csrf } })
  return pageReply(status, html, { leadsAway: true, setCookie: browser.setCookie })
}

function about({ provider, signedIn }: Visit): string[] {
  return ['connect', provider.id, signedIn.session.id]
}
