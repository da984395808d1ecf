// The page of the link that a new installation prints. It creates the first administrator and belongs to no realm.

import type { Actor, Origin } from '#domain/actor.ts'
import { consumeBootstrap, hasJustConsumed, isBootstrapLink, type NewAdministrator } from '#domain/bootstrap.ts'
import type { Context } from '#domain/context.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import { SHORTEST_PASSWORD } from '#domain/user/password.ts'
import { Failure } from '#kernel/error.ts'
import { PLATFORM } from '#kernel/id.ts'
import { checkSameOrigin } from '#web/csrf.ts'
import type { Parameters } from '#web/parameters.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import { type PageReply, pageReply } from './page-reply.ts'
import { errorPage } from './views/error-page.ts'
import { type GetStartedProps, getStarted, getStartedDone, getStartedExpired } from './views/get-started.ts'
import type { Frame } from './views/layout.ts'

/** A request for the page, as the admin listener has it. */
export interface GetStartedRequest {
  readonly method: string
  readonly headers: RealmRequest['headers']
  readonly origin: Origin
  /** The secret of the link, from the query. */
  readonly token: string | undefined
  /** The form of a POST: `token`, `csrf`, `email`, `password`. */
  readonly form: Parameters
  /** The path that the form is posted to. */
  readonly action: string
  /** Where a new administrator can continue, on this listener. */
  readonly continueTo?: { readonly uri: string; readonly label: string }
  /** The address of the account of the new administrator. */
  readonly account?: string | undefined
}

const frame: Frame = { brand: { name: 'Countersign' } }

/**
 * Shows the form if the link works, and creates the administrator when the form is posted. Errors in the address or the
 * password are shown beside the fields, and the link still works. A second click on the button gets the answer of the
 * first.
 */
export async function getStartedPage(services: Services, request: GetStartedRequest): Promise<PageReply> {
  const context = contextFor(services, request)
  if (request.method === 'POST') return answerForm(services, context, request)
  if (request.token === undefined || !(await isBootstrapLink(context, request.token))) return expired()
  return pageReply(200, getStarted(propsOf(context, request, request.token)))
}

async function answerForm(services: Services, context: Context, request: GetStartedRequest): Promise<PageReply> {
  const { form } = request
  const secret = form.get('token')
  if (secret === undefined) return expired()
  const email = form.get('email') ?? ''
  const input: NewAdministrator = { secret, email, password: form.get('password') ?? '' }
  const { continueTo, account } = request
  const done = () => pageReply(200, getStartedDone({ frame, email: email.trim(), continueTo, account }))
  try {
    checkSameOrigin(request.headers, context.registry.settings.adminUrl)
    if (!context.crypto.equal(form.get('csrf') ?? '', csrfOf(context, secret))) throw new Failure('forbidden')
    await consumeBootstrap(context, input)
    return done()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.code === 'unauthenticated') {
      const isRepeated = await hasJustConsumed((tenantId) => contextFor(services, request, tenantId), input)
      return isRepeated ? done() : expired()
    }
    if (error.code !== 'invalid_input') return failed(error, request)
    const problems = problemsOf(error)
    return pageReply(400, getStarted({ ...propsOf(context, request, secret), email, problems }))
  }
}

function contextFor(services: Services, { origin }: GetStartedRequest, tenantId = PLATFORM): Context {
  const actor: Actor = {
    kind: 'anonymous',
    id: 'anonymous',
    label: '',
    reach: { kind: 'none' },
    permissions: new Set(),
    origin,
  }
  return openContext(services, actor, { tenantId })
}

function propsOf(context: Context, { action }: GetStartedRequest, token: string): GetStartedProps {
  return { frame, action, csrf: csrfOf(context, token), token, passwordLength: SHORTEST_PASSWORD }
}

// Whoever knows the secret of the link may use it in any browser, so no cookie is needed.
function csrfOf({ crypto }: Context, token: string): string {
  return crypto.mac('csrf', JSON.stringify(['get-started', token]))
}

function problemsOf({ detail }: Failure): GetStartedProps['problems'] {
  const flaw = (path: string) => detail.flaws?.find((one) => one.path === path)?.message
  const sentence = (text: string | undefined) => text && `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
  return { email: sentence(flaw('email')), password: sentence(flaw('password')) }
}

function expired(): PageReply {
  return pageReply(410, getStartedExpired({ frame }))
}

function failed({ code, detail, status }: Failure, { origin }: GetStartedRequest): PageReply {
  const html = errorPage({ frame, code, requestId: origin.requestId, detail: detail.message })
  return pageReply(status, html, { retryAfter: detail.retryAfter })
}
