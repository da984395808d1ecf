// A browser without scripts: keeps cookies, follows redirects within the server, fills in the forms of hosted pages.

/** Who signs in. */
export interface Person {
  readonly email: string
  readonly password: string
}

/** What a page answered. */
export interface PageReply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly url: string
}

/** One person’s browser, without scripts. */
export class UserAgent {
  readonly #cookies = new Map<string, string>()
  readonly #origin: string
  readonly #fetch: typeof fetch

  /**
   * @param origin of the server; a redirect to anywhere else is given back instead of followed
   * @param fetchWith how requests reach the server, where its name does not lead to it
   */
  constructor(origin: string, fetchWith: typeof fetch = fetch) {
    this.#origin = origin
    this.#fetch = fetchWith
  }

  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies
  }

  /** One request, with the cookies, without following redirects. */
  async request(url: string, form?: Record<string, string>, headers: Record<string, string> = {}): Promise<PageReply> {
    const response = await this.#fetch(url, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: {
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form && { origin: this.#origin, 'sec-fetch-site': 'same-origin' }),
        ...headers,
      },
      ...(form && { body: new URLSearchParams(form) }),
    })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return { status: response.status, headers: response.headers, text: await response.text(), url }
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';')
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    const gone = value === '' || attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute))
    if (gone) this.#cookies.delete(name.trim())
    else this.#cookies.set(name.trim(), value.trim())
  }

  /** Goes on until a page or a redirect away from the server. */
  async follow(reply: PageReply): Promise<PageReply & { readonly away?: URL }> {
    let last = reply
    for (let hop = 0; hop < 10; hop++) {
      const location = last.headers.get('location')
      if (last.status < 300 || last.status > 399 || !location) return last
      const next = new URL(location, last.url)
      if (next.origin !== this.#origin) return { ...last, away: next }
      last = await this.request(next.href)
    }
    throw new Error(`${reply.url} redirects without end`)
  }

  /** The hidden fields and the target of the page's first form. */
  form(page: PageReply): { action: string; fields: Record<string, string> } {
    const [, attributes = '', inside = ''] = /<form([^>]*)>(.*?)<\/form>/s.exec(page.text) ?? []
    const action = plain(/action="([^"]*)"/.exec(attributes)?.[1] ?? page.url)
    const fields: Record<string, string> = {}
    for (const [tag] of inside.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(tag)?.[1]
      if (name) fields[plain(name)] = plain(/value="([^"]*)"/.exec(tag)?.[1] ?? '')
    }
    return { action: new URL(action, page.url).href, fields }
  }

  /** Fills in a page's form and follows where that leads. */
  async submit(page: PageReply, values: Record<string, string>): Promise<PageReply & { readonly away?: URL }> {
    const { action, fields } = this.form(page)
    return this.follow(await this.request(action, { ...fields, ...values }))
  }

  /**
   * Goes through an authorization request: signs in and consents where asked to.
   * @returns where the client is sent back to
   */
  async authorize(url: string, person: Person): Promise<URL> {
    let page = await this.follow(await this.request(url))
    for (let step = 0; step < 4; step++) {
      if ('away' in page && page.away) return page.away
      if (/name="password"/.test(page.text)) page = await this.submit(page, { ...person })
      else if (/value="allow"/.test(page.text)) page = await this.submit(page, { decision: 'allow' })
      else break
    }
    if ('away' in page && page.away) return page.away
    throw unexpected(page)
  }

  /**
   * Enters the code that a device shows, signs in where asked to, and decides.
   * @param url the device page, with the code or without
   * @param userCode what to enter where the address does not say it
   * @returns the page that says how it ended
   */
  async decideDevice(
    url: string,
    person: Person,
    { decision = 'allow', userCode = '' }: { decision?: 'allow' | 'deny'; userCode?: string } = {},
  ): Promise<PageReply> {
    const form = await this.follow(await this.request(url))
    const prefilled = plain(/name="user_code"[^>]*value="([^"]*)"/s.exec(form.text)?.[1] ?? '')
    let page = await this.submit(form, { user_code: userCode || prefilled })
    if (/name="password"/.test(page.text)) page = await this.submit(page, { ...person })
    if (!/value="allow"/.test(page.text)) throw unexpected(page)
    return this.submit(page, { decision })
  }

  /**
   * Opens the only request for approval that waits for a person, signs in where asked to, and decides (CIBA).
   * @param base of the realm
   * @returns the page that says how it ended
   */
  async decideApproval(base: string, person: Person, decision: 'approve' | 'deny' = 'approve'): Promise<PageReply> {
    const open = async (url: string) => {
      const page = await this.follow(await this.request(url))
      return /name="password"/.test(page.text) ? this.submit(page, { ...person }) : page
    }
    const list = await open(`${base}/account/approvals`)
    const [, link = ''] = /href="([^"]*\?request=[^"]*)"/.exec(list.text) ?? []
    const page = await open(new URL(link, list.url).href)
    const boxes = [...page.text.matchAll(/<input[^>]*type="checkbox"[^>]*name="(\w+)"/g)].map(([, name = '']) => name)
    return this.submit(page, { ...Object.fromEntries(boxes.map((name) => [name, 'yes'])), decision })
  }
}

function unexpected(page: PageReply): Error {
  const text = page.text.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
  return new Error(`${page.url} answered ${page.status}: ${text}`)
}

function plain(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#34;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
