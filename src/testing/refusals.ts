// How each admin surface refuses: the shape of its errors, and what stands in them.
import assert from 'node:assert/strict'

/** What a row answered. */
export interface RowReply {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

type Body = Readonly<Record<string, unknown>>

/** What a surface’s errors say in their own words. */
interface Wording {
  /** That a body is an error of that surface. @returns its sentence */
  readonly sentence: (reply: RowReply) => string
  /** Of somebody whose tier may not. */
  readonly tier: RegExp
  /** Of a thing that is there and out of reach: status and sentence. */
  readonly outOfReach: readonly [number, RegExp]
}

const NEEDS = /^This needs the permission [a-z-]+:(read|write) with the reach of a (platform|tenant|realm)\.$/

const WORDINGS: Readonly<Record<string, Wording>> = {
  native: {
    sentence: ({ status, headers, body }) => {
      const { error, error_description: description } = body as Body
      assert.match(String(error), /^[a-z_]+$/)
      if (status === 401) assert.match(headers.get('www-authenticate') ?? '', /^Bearer .*error="invalid_token"/)
      return String(description)
    },
    tier: NEEDS,
    outOfReach: [404, /^(The object does not exist|No decision is kept)/],
  },
  scaikey: {
    sentence: ({ status, headers, body }) => {
      assert.deepEqual(Object.keys(body as Body), ['detail'])
      if (status === 401) assert.equal(headers.get('www-authenticate'), 'Bearer')
      const { detail } = body as Body
      if (status !== 422) return detail as string
      const flaws = typeof detail === 'string' ? [{ loc: [], msg: detail, type: '' }] : (detail as Body[])
      for (const flaw of flaws) assert.deepEqual(Object.keys(flaw), ['loc', 'msg', 'type'])
      return flaws.map(({ msg }) => msg).join()
    },
    tier: /^Access denied$/,
    outOfReach: [403, /^Access denied$/],
  },
  zautha: {
    sentence: ({ status, headers, body }) => {
      assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
      if (status === 401) assert.equal(headers.get('www-authenticate'), 'Bearer')
      const { type, title, status: said, detail, instance, traceId } = body as Body
      assert.match(String(type), /^https:\/\/docs\.zautha\.com\/errors\/[a-z-]+$/)
      assert.ok(typeof title === 'string' && typeof traceId === 'string')
      assert.equal(said, status)
      assert.match(String(instance), /^\/v1\/admin\//)
      return String(detail)
    },
    tier: /^(The token is of no tenant’s administrator\.|This needs the permission \S+ with the reach of a platform\.)$/,
    outOfReach: [404, /^The object does not exist/],
  },
  sharkauth: {
    sentence: ({ status, headers, body }) => {
      const { error, code, message, docs_url } = body as Body
      assert.match(String(error), /^[a-z_]+$/)
      if (error === 'weak_password') assert.match(String(code), /^password_[a-z_]+$/)
      else assert.equal(code, error)
      assert.match(String(docs_url), new RegExp(`^http://127\\.0\\.0\\.1:\\d+/errors/${code}$`))
      if (status === 401) assert.equal(headers.get('www-authenticate'), 'Bearer')
      return String(message)
    },
    tier: NEEDS,
    outOfReach: [404, /^The object does not exist/],
  },
  authplane: {
    sentence: ({ status, headers, body }) => {
      assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
      const { type, title, status: said, detail, error, error_description: description } = body as Body
      assert.equal(type, 'about:blank')
      assert.ok(typeof title === 'string')
      assert.equal(said, status)
      assert.equal(description, detail)
      assert.match(String(error), /^[a-z_]+$/)
      if (status === 401) assert.match(headers.get('www-authenticate') ?? '', /^Bearer/)
      return String(detail)
    },
    tier: NEEDS,
    outOfReach: [404, /^The object does not exist/],
  },
  scim: {
    sentence: ({ status, headers, body }) => {
      assert.match(headers.get('content-type') ?? '', /^application\/scim\+json/)
      if (status === 401) assert.match(headers.get('www-authenticate') ?? '', /^Bearer /)
      const { schemas, status: said, detail } = body as Body
      assert.deepEqual(schemas, ['urn:ietf:params:scim:api:messages:2.0:Error'])
      assert.equal(said, String(status))
      return String(detail)
    },
    tier: NEEDS,
    outOfReach: [404, /^The object does not exist/],
  },
}

/** How a surface refuses. @throws Error for a surface that nothing is known of */
export function wordingOf(surface: string): Wording {
  const wording = WORDINGS[surface]
  if (!wording) throw new Error(`Say in src/testing/refusals.ts how ${surface} refuses.`)
  return wording
}

/** That a row refused, in its surface’s words. @param sentence what it has to say */
export function assertRefused(surface: string, reply: RowReply, status: number, sentence?: RegExp): void {
  assert.equal(reply.status, status, `answered ${JSON.stringify(reply.body)}`)
  const said = wordingOf(surface).sentence(reply)
  assert.ok(said.length > 0)
  if (sentence) assert.match(said, sentence)
}

/** That a row took the caller for one who may: whatever else was wrong, it was neither who asked nor where. */
export function assertAdmitted(reply: RowReply): void {
  const { status, body } = reply
  assert.ok(status < 500 && ![401, 403, 404, 405].includes(status), `${status}: ${JSON.stringify(body)}`)
}

/** What of an error does not depend on which request it was. */
export function withoutRequestIds(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body
  const { instance: _, traceId: __, ...rest } = body as Body
  return rest
}
