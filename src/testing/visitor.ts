// A browser without a network: asks the endpoints of a test house directly, keeps cookies, follows redirects, fills in
// forms. What an endpoint throws besides a Failure is thrown on, so that no test takes a defect for an answer.
import type { House } from '#domain/open-context.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import { type Endpoint, Parameters, type RealmReply, type RealmRequest } from '#domain/realm-request.ts'
import { readForm } from '#http/body.ts'
import { Failure } from '#kernel/error.ts'
import { failureReply } from '#pages/page-reply.ts'
import { pageEndpoints } from '#pages/pages.ts'
import { endpoints } from '#protocol/endpoints.ts'

const HOPS_MAX = 10

export interface VisitorOptions {
  /** Where the visitor is; 192.0.2.1 unless told. */
  readonly ip?: string
  /** The realm as it is by now. */
  readonly realm?: Realm
  /** A house that behaves otherwise. */
  readonly house?: House
  /** What stands before the realm's paths; nothing unless told. */
  readonly base?: string
}

/** What a visitor got. */
export interface Visit {
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
export class Visitor {
  readonly cookies = new Map<string, string>()
  /** Every Set-Cookie there was. */
  readonly setCookies: string[] = []
  readonly #house: House
  readonly #realm: Realm
  readonly #options: VisitorOptions

  constructor(house: House, realm: Realm, options: VisitorOptions = {}) {
    this.#house = options.house ?? house
    this.#realm = options.realm ?? realm
    this.#options = options
  }

  get issuer(): string {
    return issuerOf(this.#realm, this.#house.registry.settings)
  }

  /** @param fields what the query says besides what the path has */
  get(path: string, fields: Fields = {}, headers: RealmRequest['headers'] = {}): Promise<Visit> {
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
  async follow(visit: Visit): Promise<Visit> {
    let last = visit
    for (let hop = 0; hop < HOPS_MAX; hop++) {
      if (last.location === undefined || !last.location.startsWith('/')) return last
      last = await this.get(last.location)
    }
    throw new Error(`${visit.location} redirects without end`)
  }

  /** Fills in the form of a page and follows where it leads. */
  async submit(page: Visit, values: Readonly<Record<string, string>>): Promise<Visit> {
    const { action, fields } = formOf(page)
    return this.follow(await this.post(action, { ...fields, ...values }))
  }

  async #ask(method: string, path: string, query: string, form: string, headers: RealmRequest['headers']) {
    const { base = '', ip = '192.0.2.1' } = this.#options
    const endpoint = [...endpoints, ...pageEndpoints].find(
      ({ methods, paths }) => methods.includes(method as 'GET') && paths.some((one) => base + one === path),
    )
    if (!endpoint) throw new Error(`nothing answers ${method} ${path}`)
    const request: RealmRequest = {
      method,
      realm: this.#realm,
      issuer: this.issuer,
      base,
      query: new Parameters(readForm(query)),
      form: new Parameters(readForm(form)),
      headers,
      cookies: new Map(this.cookies),
      origin: { ip, userAgent: 'visitor', requestId: 'visit', surface: 'protocol' },
    }
    return this.#keep(await answerOf(this.#house, endpoint, request))
  }

  #keep({ status, headers, body = '', failure }: RealmReply): Visit {
    for (const line of [headers['set-cookie'] ?? []].flat()) {
      this.setCookies.push(line)
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/;\s*max-age=0\b/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    const location = headers.location as string | undefined
    return { status, headers, text: body, location, error: failure?.code }
  }
}

async function answerOf(house: House, endpoint: Endpoint, request: RealmRequest): Promise<RealmReply> {
  try {
    return await endpoint.respond(house, request)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const reply = endpoint.refuse(error, request)
    return { ...(reply.failure ? failureReply(reply.failure, request) : reply), failure: error }
  }
}

/** The target and the hidden fields of a page's first form. */
export function formOf({ status, text }: Visit): { action: string; fields: Record<string, string> } {
  const [, attributes, inside] = /<form([^>]*)>(.*?)<\/form>/s.exec(text) ?? []
  if (attributes === undefined || inside === undefined)
    throw new Error(`a page of status ${status} has no form: ${text}`)
  const fields: Record<string, string> = {}
  for (const [tag] of inside.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    fields[/name="([^"]*)"/.exec(tag)?.[1] ?? ''] = /value="([^"]*)"/.exec(tag)?.[1] ?? ''
  }
  return { action: /action="([^"]*)"/.exec(attributes)?.[1] ?? '', fields }
}
