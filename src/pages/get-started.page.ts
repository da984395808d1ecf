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
import { flawIn } from './password-flaw.ts'
import { serverFrame } from './server-frame.ts'
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
  readonly continueTo?: { readonly uri: string }
  /** The address of the account of the new administrator. */
  readonly account?: string | undefined
}

/**
 * Shows the form if the link works, and creates the administrator when the form is posted. Errors in the address or the
 * password are shown beside the fields, and the link still works. A second click on the button gets the answer of the
 * first.
 */
export async function getStartedPage(services: Services, request: GetStartedRequest): Promise<PageReply> {
  const context = contextFor(services, request)
  const frame = await serverFrame(request.headers)
  if (request.method === 'POST') return answerForm({ services, context, request, frame })
  if (request.token === undefined || !(await isBootstrapLink(context, request.token))) return expired(frame)
  return pageReply(200, getStarted(propsOf({ context, request, frame }, request.token)))
}

interface Visit {
  readonly context: Context
  readonly request: GetStartedRequest
  readonly frame: Frame
}

async function answerForm(visit: Visit & { readonly services: Services }): Promise<PageReply> {
  const { services, context, request, frame } = visit
  const { form } = request
  const secret = form.get('token')
  if (secret === undefined) return expired(frame)
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
      return isRepeated ? done() : expired(frame)
    }
    if (error.code !== 'invalid_input') return failed(error, visit)
    const problems = problemsOf(error, frame)
    return pageReply(400, getStarted({ ...propsOf(visit, secret), email, problems }))
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

function propsOf({ context, request: { action }, frame }: Visit, token: string): GetStartedProps {
  return { frame, action, csrf: csrfOf(context, token), token, passwordLength: SHORTEST_PASSWORD }
}

// Whoever knows the secret of the link may use it in any browser, so no cookie is needed.
function csrfOf({ crypto }: Context, token: string): string {
  return crypto.mac('csrf', JSON.stringify(['get-started', token]))
}

function problemsOf(failure: Failure, { language }: Frame): GetStartedProps['problems'] {
  const isAbout = (path: string) => failure.detail.flaws?.some((one) => one.path === path)
  return {
    email: isAbout('email') ? language.messages.getStarted.wrongEmail : undefined,
    password: isAbout('password') ? flawIn(failure, language) : undefined,
  }
}

function expired(frame: Frame): PageReply {
  return pageReply(410, getStartedExpired({ frame }))
}

function failed({ code, detail, status }: Failure, { request: { origin }, frame }: Visit): PageReply {
  const html = errorPage({ frame, code, requestId: origin.requestId, detail: detail.message })
  return pageReply(status, html, { retryAfter: detail.retryAfter })
}
