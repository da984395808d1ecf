// A browser without a network: asks the endpoints of a test services directly, keeps cookies, follows redirects, fills in
// forms. What an endpoint throws besides a Failure is thrown on, so that no test takes a defect for an answer.
import type { Services } from '#domain/open-context.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { readForm } from '#http/body.ts'
import { Failure } from '#kernel/error.ts'
import { ENGLISH } from '#language/language.ts'
import { failureReply } from '#pages/page-reply.ts'
import { pageEndpoints } from '#pages/pages.ts'
import { endpoints } from '#protocol/endpoints.ts'
import { inLanguage } from '#web/language.ts'
import { Parameters } from '#web/parameters.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'

const HOPS_MAX = 10

export interface FormBrowserOptions {
  /** Where the browser is. Default: 192.0.2.1. */
  readonly ip?: string
  /** Default: form-browser. */
  readonly userAgent?: string
  /** The realm as it is by now. */
  readonly realm?: Realm
  /** A services that behaves otherwise. */
  readonly services?: Services
  /** What stands before the realm's paths. Default: nothing. */
  readonly base?: string
  /** Takes what is left for after a reply. Default: it is done before the browser has the page. */
  readonly later?: (() => Promise<void>)[]
}

/** What a browser got. */
export interface PageResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly text: string
  /** Where it redirects to. */
  readonly location: string | undefined
  /** The code of the error page. */
  readonly error: string | undefined
}

type Fields = Readonly<Record<string, string>> | readonly (readonly [string, string])[]

/** Somebody with a browser of their own. */
export class FormBrowser {
  readonly cookies = new Map<string, string>()
  /** Every Set-Cookie there was. */
  readonly setCookies: string[] = []
  readonly #services: Services
  readonly #realm: Realm
  readonly #options: FormBrowserOptions

  constructor(services: Services, realm: Realm, options: FormBrowserOptions = {}) {
    this.#services = options.services ?? services
    this.#realm = options.realm ?? realm
    this.#options = options
  }

  get issuer(): string {
    return issuerOf(this.#realm, this.#services.registry.settings)
  }

  /** @param fields what the query says besides what the path has */
  get(path: string, fields: Fields = {}, headers: RealmRequest['headers'] = {}): Promise<PageResponse> {
    const [plain = '', query = ''] = path.split('?')
    const more = new URLSearchParams(fields as Record<string, string>).toString()
    return this.#ask('GET', plain, [query, more].filter(Boolean).join('&'), '', headers)
  }

  /** Posts a form as the browser does from a page of the same origin, unless the headers say otherwise. */
  post(path: string, fields: Fields, headers: RealmRequest['headers'] = { 'sec-fetch-site': 'same-origin' }) {
    const [plain = '', query = ''] = path.split('?')
    return this.#ask('POST', plain, query, new URLSearchParams(fields as Record<string, string>).toString(), headers)
  }

  /** Follows redirects while they stay in the realm. @returns a page, or the redirect that leaves */
  async follow(visit: PageResponse): Promise<PageResponse> {
    let last = visit
    for (let hop = 0; hop < HOPS_MAX; hop++) {
      if (last.location === undefined || !last.location.startsWith('/')) return last
      last = await this.get(last.location)
    }
    throw new Error(`${visit.location} redirects without end`)
  }

  /** Fills in the form of a page and follows where it leads. */
  async submit(page: PageResponse, values: Readonly<Record<string, string>>): Promise<PageResponse> {
    const { action, fields } = formOf(page)
    return this.follow(await this.post(action, { ...fields, ...values }))
  }

  async #ask(method: string, path: string, query: string, form: string, headers: RealmRequest['headers']) {
    const { base = '', ip = '192.0.2.1', userAgent = 'form-browser' } = this.#options
    const endpoint = [...endpoints, ...pageEndpoints].find(
      ({ methods, paths }) =>
        methods.includes(method as 'GET') && paths.some((one) => base + one === path || restOf(path, base + one)),
    )
    if (!endpoint) throw new Error(`nothing answers ${method} ${path}`)
    const rest = endpoint.paths.map((one) => restOf(path, base + one)).find(Boolean)
    const request: RealmRequest = {
      method,
      realm: this.#realm,
      brand: {},
      issuer: this.issuer,
      base,
      path: path.slice(base.length),
      language: ENGLISH,
      ...(rest !== undefined && { rest }),
      query: new Parameters(readForm(query)),
      form: new Parameters(readForm(form)),
      headers,
      cookies: new Map(this.cookies),
      origin: { ip, userAgent, requestId: 'visit', surface: 'protocol' },
    }
    const reply = await answerOf(this.#services, endpoint, await inLanguage(request))
    const page = await this.#keep(reply)
    if (reply.after) {
      if (this.#options.later) this.#options.later.push(reply.after)
      else await reply.after()
    }
    return page
  }

  async #keep({ status, headers, body = '', failure }: RealmReply): Promise<PageResponse> {
    for (const line of [headers['set-cookie'] ?? []].flat()) {
      this.setCookies.push(line)
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/;\s*max-age=0\b/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    const location = headers.location as string | undefined
    return {
      status,
      headers,
      text: await textOf(body),
      location,
      error: failure?.code,
    }
  }
}

async function textOf(body: NonNullable<RealmReply['body']>): Promise<string> {
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body).toString('latin1')
  let text = ''
  for await (const piece of body) text += piece
  return text
}

/** What a path has where another ends with `*`; undefined if it is not below that. */
function restOf(path: string, pattern: string): string | undefined {
  const above = pattern.endsWith('/*') ? pattern.slice(0, -1) : undefined
  return above !== undefined && path.startsWith(above) ? path.slice(above.length) : undefined
}

async function answerOf(services: Services, endpoint: Endpoint, request: RealmRequest): Promise<RealmReply> {
  try {
    return await endpoint.respond(services, request)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const reply = endpoint.refuse(error, request)
    return { ...(reply.failure ? failureReply(reply.failure, request, reply.onward) : reply), failure: error }
  }
}

/** The target and the hidden fields of a page's first form. */
export function formOf({ status, text }: PageResponse): { action: string; fields: Record<string, string> } {
  const [, attributes, inside] = /<form([^>]*)>(.*?)<\/form>/s.exec(text) ?? []
  if (attributes === undefined || inside === undefined)
    throw new Error(`a page of status ${status} has no form: ${text}`)
  const fields: Record<string, string> = {}
  for (const [tag] of inside.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    fields[/name="([^"]*)"/.exec(tag)?.[1] ?? ''] = /value="([^"]*)"/.exec(tag)?.[1] ?? ''
  }
  return { action: /action="([^"]*)"/.exec(attributes)?.[1] ?? '', fields }
}
