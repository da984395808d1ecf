// Owns how query strings and forms become parameters.
import { Failure } from '#kernel/error.ts'
import { Parameters } from '#web/parameters.ts'
import { checkCharset, readForm } from './body.ts'

export const NO_PARAMETERS = new Parameters(new Map())

type Headers = Readonly<Record<string, string | string[] | undefined>>

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The parameters of a query string or a form. @throws Failure `invalid_request` */
export function parametersOf(text: string): Parameters {
  return text === '' ? NO_PARAMETERS : new Parameters(readForm(text))
}

/** Whether a content type is that of a form. */
export function isForm(type: string | string[] | undefined): boolean {
  return typeof type === 'string' && /^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)
}

/** The form that a request carries. @throws Failure `unsupported_media_type`, `invalid_request` */
export function formOf(request: { readonly headers: Headers; readonly body?: unknown }): Parameters {
  const body = request.body as Buffer | undefined
  if (body === undefined || body.length === 0) return NO_PARAMETERS
  if (!isForm(request.headers['content-type'])) {
    throw new Failure('unsupported_media_type', 'Send application/x-www-form-urlencoded.')
  }
  checkCharset(String(request.headers['content-type']))
  let text: string
  try {
    text = utf8.decode(body)
  } catch {
    throw new Failure('invalid_request', 'The form is not valid UTF-8.')
  }
  return parametersOf(text)
}
