// What is asked of the person, and about whom.
import * as z from 'zod'
import { takesUserRegistrations } from '#domain/account/user-registration.service.ts'
import { type Prompt, promptsOf } from '#domain/authorization/authorization-request.ts'
import { usesOrganizations } from '#domain/authorization/chosen-organization.ts'
import { readIdTokenHint } from '#domain/authorization/id-token-hint.ts'
import { clientRule } from '#domain/decision/rule.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { levelOfAcr } from '#domain/sign-in/assurance.ts'
import { reachableAal } from '#domain/sign-in/methods.ts'
import { Failure } from '#kernel/error.ts'
import { languageOfLocales } from '#language/languages.ts'
import { scopeOfClaim } from '../claims.ts'
import { step } from './step.ts'

const NONCE_MAX = 1024

export const prompt = step({
  reads: ['prompt'],
  needs: [],
  gives: ['prompt'],
  take(parameters, { context }) {
    const values = (parameters.get('prompt') ?? '').split(' ').filter(Boolean)
    const supported = promptsOf(takesUserRegistrations(context))
    const known = supported.filter((value) => values.includes(value))
    const unknown = values.some((value) => !supported.includes(value as Prompt))
    if (unknown) throw invalid(`prompt must be of: ${supported.join(', ')}.`)
    if (known.includes('none') && known.length > 1) throw invalid('prompt=none cannot be combined.')
    return { prompt: known }
  },
})

export const maxAge = step({
  reads: ['max_age'],
  needs: [],
  gives: ['maxAge'],
  take(parameters) {
    const given = parameters.get('max_age')
    if (given !== undefined && !/^\d{1,10}$/.test(given)) throw invalid('max_age must be a number of seconds.')
    return { maxAge: given === undefined ? null : Number(given) }
  },
})

export const nonce = step({
  reads: ['nonce'],
  needs: [],
  gives: ['nonce'],
  take(parameters) {
    const given = parameters.get('nonce') ?? null
    if (given === null || given.length <= NONCE_MAX) return { nonce: given }
    throw invalid(`nonce is longer than ${NONCE_MAX} characters.`)
  },
})

const ClaimsParameter = z.object({
  userinfo: z.record(z.string().max(200), z.unknown()).nullish(),
  id_token: z.record(z.string().max(200), z.unknown()).nullish(),
})

/**
 * OpenID Connect Core §5.5. Claims that are not known are ignored, as are those of a scope that the client is not
 * registered for.
 */
export const claims = step({
  reads: ['claims'],
  needs: [],
  gives: ['claims'],
  take(parameters, { client }) {
    const data = claimsIn(parameters.get('claims'))
    if (!data) return { claims: null }
    const subject = [data.userinfo?.sub, data.id_token?.sub].find((wanted) => wanted !== undefined && wanted !== null)
    if (subject !== undefined) throw invalid('claims: sub cannot be asked for. Name the person in id_token_hint.')
    const namesOf = (wanted: Readonly<Record<string, unknown>> | null | undefined) =>
      Object.keys(wanted ?? {}).filter((name) => client.scopes.includes(scopeOfClaim(name) ?? ''))
    const asked = { userinfo: namesOf(data.userinfo), idToken: namesOf(data.id_token) }
    const scopes = new Set([...asked.userinfo, ...asked.idToken].map((name) => scopeOfClaim(name) ?? ''))
    return { claims: scopes.size === 0 ? null : { ...asked, scopes: [...scopes] } }
  },
})

function claimsIn(text: string | undefined): z.output<typeof ClaimsParameter> | undefined {
  if (text === undefined) return undefined
  const { data } = ClaimsParameter.safeParse(jsonOf(text))
  if (data) return data
  throw invalid('claims must be a JSON object with the members userinfo and id_token.')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const loginHint = step({
  reads: ['login_hint'],
  needs: [],
  gives: ['loginHint'],
  take: (parameters) => ({ loginHint: parameters.get('login_hint')?.slice(0, 320) ?? null }),
})

const ORGANIZATION_MAX = 100

/**
 * The organization that the sign-in is for, by its id or its slug. Whether there is one, and whether the person is a
 * member, is found out when the person has signed in.
 */
export const organization = step({
  reads: ['organization'],
  needs: [],
  gives: ['organization'],
  take(parameters, { client, context }) {
    const given = parameters.get('organization') ?? null
    if (given === null) return { organization: null }
    if (!usesOrganizations(context, client)) {
      const rule = clientRule(client, 'organizationUsage', given.slice(0, ORGANIZATION_MAX))
      throw new Failure('invalid_request', { message: 'This client does not use organizations.', rule })
    }
    if (given.length <= ORGANIZATION_MAX && /^[\x21-\x7e]+$/.test(given)) return { organization: given }
    throw invalid('organization must be the id or the slug of an organization.')
  },
})

/** OpenID Connect Core §3.1.2.1: the first language that the pages have; others are ignored. */
export const uiLocales = step({
  reads: ['ui_locales'],
  needs: [],
  gives: ['language'],
  take: (parameters) => ({ language: languageOfLocales(parameters.get('ui_locales')) ?? null }),
})

/**
 * The assurance level that the request needs. A known value of `acr_values` is needed (RFC 9470 §5), and so is an
 * essential claim `acr` (OpenID Connect Core §5.5.1.1). Any of several values will do, so that the least level counts.
 */
export const authenticationContext = step({
  reads: ['acr_values', 'claims'],
  needs: [],
  gives: ['aal'],
  take(parameters, { context }) {
    const asked = leastLevel((parameters.get('acr_values') ?? '').split(' ')) ?? 1
    const reachable = reachableAal(realmOf(context.scope))
    const claimed = claimedLevel(claimsIn(parameters.get('claims'))?.id_token?.acr, reachable)
    return { aal: Math.max(asked, claimed) }
  },
})

const AcrClaim = z.object({
  essential: z.boolean().optional(),
  value: z.string().optional(),
  values: z.array(z.string()).max(20).optional(),
})

/** @throws Failure `unmet_authentication_requirements` where only unknown values would do */
function claimedLevel(claim: unknown, reachable: number): number {
  if (claim === undefined || claim === null) return 1
  const { data } = AcrClaim.safeParse(claim)
  if (!data) throw invalid('claims: acr has the members essential, value and values.')
  const values = data.value === undefined ? data.values : [data.value]
  if (values === undefined) return 1
  const level = leastLevel(values)
  if (data.essential !== true) return level !== undefined && level <= reachable ? level : 1
  if (level !== undefined) return level
  throw new Failure('unmet_authentication_requirements', 'No sign-in here has one of the values of acr.')
}

/** The least level among authentication context classes; undefined where none is known. */
function leastLevel(values: readonly string[]): number | undefined {
  const levels = values.flatMap((value) => levelOfAcr(value) ?? [])
  return levels.length > 0 ? Math.min(...levels) : undefined
}

export const hints = step({
  reads: ['id_token_hint'],
  needs: [],
  gives: ['hint'],
  async take(parameters, { context, client }) {
    const token = parameters.get('id_token_hint')
    if (token === undefined) return { hint: null }
    const hinted = await readIdTokenHint(context, token)
    return { hint: { userId: hinted?.clientIdentifier === client.clientId ? hinted.userId : undefined } }
  },
})

function invalid(message: string): Failure {
  return new Failure('invalid_request', message)
}
