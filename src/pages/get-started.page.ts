// The page behind the link that a new installation prints: it makes the first administrator. It belongs to no realm.
import { consumeBootstrap, isBootstrapLink } from '#domain/bootstrap.ts'
import type { Actor, Context, Origin } from '#domain/context.ts'
import { type House, openContext } from '#domain/open-context.ts'
import type { Parameters, RealmReply, RealmRequest } from '#domain/realm-request.ts'
import { checkSameOrigin } from '#domain/sign-in/browser.ts'
import { SHORTEST_PASSWORD } from '#domain/user/password.ts'
import { Failure } from '#kernel/error.ts'
import { PLATFORM } from '#kernel/id.ts'
import { pageReply } from './page-reply.ts'
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
  /** Where a new administrator may go on, on this listener. */
  readonly continueTo?: { readonly uri: string; readonly label: string }
}

const frame: Frame = { brand: { name: 'Countersign' } }

/**
 * Shows the form where the link works, and creates the administrator where it is filled in. What is wrong with the
 * address or the password is said beside it, and the link goes on working.
 */
export async function getStartedPage(house: House, request: GetStartedRequest): Promise<RealmReply> {
  const context = contextFor(house, request)
  if (request.method === 'POST') return answerForm(context, request)
  if (request.token === undefined || !(await isBootstrapLink(context, request.token))) return expired()
  return pageReply(200, getStarted(propsOf(context, request, request.token)))
}

async function answerForm(context: Context, request: GetStartedRequest): Promise<RealmReply> {
  const { form } = request
  const secret = form.get('token')
  if (secret === undefined) return expired()
  const email = form.get('email') ?? ''
  try {
    checkSameOrigin(request.headers, context.registry.settings.adminUrl)
    if (!context.crypto.equal(form.get('csrf') ?? '', csrfOf(context, secret))) throw new Failure('forbidden')
    await consumeBootstrap(context, { secret, email, password: form.get('password') ?? '' })
    return pageReply(200, getStartedDone({ frame, email: email.trim(), continueTo: request.continueTo }))
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.code === 'unauthenticated') return expired()
    if (error.code !== 'invalid_input') return failed(error, request)
    const problems = problemsOf(error)
    return pageReply(400, getStarted({ ...propsOf(context, request, secret), email, problems }))
  }
}

function contextFor(house: House, { origin }: GetStartedRequest): Context {
  const actor: Actor = {
    kind: 'anonymous',
    id: 'anonymous',
    label: '',
    reach: { kind: 'none' },
    permissions: new Set(),
    origin,
  }
  return openContext(house, actor, { tenantId: PLATFORM })
}

function propsOf(context: Context, { action }: GetStartedRequest, token: string): GetStartedProps {
  return { frame, action, csrf: csrfOf(context, token), token, passwordLength: SHORTEST_PASSWORD }
}

// Whoever knows the link’s secret may use it, in any browser; no cookie needs to say which.
function csrfOf({ crypto }: Context, token: string): string {
  return crypto.mac('csrf', JSON.stringify(['get-started', token]))
}

function problemsOf({ detail }: Failure): GetStartedProps['problems'] {
  const flaw = (path: string) => detail.flaws?.find((one) => one.path === path)?.message
  const sentence = (text: string | undefined) => text && `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
  return { email: sentence(flaw('email')), password: sentence(flaw('password')) }
}

function expired(): RealmReply {
  return pageReply(410, getStartedExpired({ frame }))
}

function failed({ code, detail, status }: Failure, { origin }: GetStartedRequest): RealmReply {
  const html = errorPage({ frame, code, requestId: origin.requestId, detail: detail.message })
  return pageReply(status, html, { retryAfter: detail.retryAfter })
}
