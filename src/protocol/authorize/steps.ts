// The steps that read the rest of an authorization request. Whatever fails here is told to the client, by redirect.
import {
  type AuthorizationRequest,
  OPENID_SCOPES,
  PROMPTS,
  type Prompt,
} from '#domain/authorization/authorization-request.ts'
import { readIdTokenHint } from '#domain/authorization/id-token-hint.ts'
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import type { Parameters } from '#domain/realm-request.ts'
import type { Resource } from '#domain/resource/resource.ts'
import { Failure } from '#kernel/error.ts'

const STATE_MAX = 4096
const NONCE_MAX = 1024
const RESOURCES_MAX = 10
const CODE_CHALLENGE = /^[A-Za-z0-9_-]{43}$/
const ACR = /^aal([123])$/

/** A request in the making. */
export type Draft = { -readonly [Name in keyof AuthorizationRequest]: AuthorizationRequest[Name] }

/** What a request asks for, in the making: the part that other requests have, too. */
export type Asked = Pick<Draft, 'scopes' | 'resources'>

/** What a step has to go by. */
export interface Given {
  readonly context: Context
  readonly parameters: Parameters
  readonly client: Client
  readonly issuer: string
  /** The tenant’s resources by identifier. */
  readonly resources: ReadonlyMap<string, Resource>
}

/** Checks one thing and writes down what it found. @throws Failure with a code of RFC 6749 §4.1.2.1 or its extensions */
export type Step = (draft: Draft, given: Given) => void | Promise<void>

/** Every step, in the order in which they are taken; `state` is first, so that every error carries it. */
export const STEPS: readonly Step[] = [
  readState,
  refuseRequestObjects,
  checkGrant,
  checkResponseType,
  checkResponseMode,
  readCodeChallenge,
  readResources,
  readScopes,
  readPrompt,
  readMaxAge,
  readNonce,
  readLoginHint,
  readAcrValues,
  readIdTokenHintOf,
]

function readState(draft: Draft, { parameters }: Given): void {
  const state = parameters.get('state') ?? null
  if (state !== null && state.length > STATE_MAX) throw invalid(`state is longer than ${STATE_MAX} characters.`)
  draft.state = state
}

/** OpenID Connect Core §6: none of it is supported. */
function refuseRequestObjects(_: Draft, { parameters }: Given): void {
  if (parameters.get('request') !== undefined) throw new Failure('request_not_supported')
  if (parameters.get('request_uri') !== undefined) throw new Failure('request_uri_not_supported')
}

function checkGrant(_: Draft, { client }: Given): void {
  if (!client.grantTypes.includes('authorization_code')) throw new Failure('unauthorized_client')
}

function checkResponseType(_: Draft, { parameters }: Given): void {
  if (parameters.need('response_type') !== 'code') throw new Failure('unsupported_response_type')
}

/** A code travels in the query only: elsewhere scripts, and pages that load them, could read it (RFC 9700 §4.17). */
function checkResponseMode(_: Draft, { parameters }: Given): void {
  const mode = parameters.get('response_mode')
  if (mode !== undefined && mode !== 'query') throw invalid('response_mode must be query.')
}

/** OAuth 2.1 §4.1.1, RFC 9700 §2.1.1: every client uses PKCE, and with S256. */
function readCodeChallenge(draft: Draft, { parameters }: Given): void {
  const challenge = parameters.get('code_challenge')
  if (challenge === undefined) throw invalid('code_challenge is missing: PKCE (RFC 7636) is required.')
  if (parameters.get('code_challenge_method') !== 'S256') throw invalid('code_challenge_method must be S256.')
  if (!CODE_CHALLENGE.test(challenge)) throw invalid('code_challenge is not 43 characters of base64url.')
  draft.codeChallenge = challenge
}

/**
 * RFC 8707 §2.1; `audience` and a slug are understood too. The issuer stands for the realm itself, but in an admin
 * realm, whose clients get tokens for the admin API and for nothing else (SemAuth, “The CLI client”).
 * @throws Failure `invalid_target`
 */
export function readResources(draft: Asked, { context, parameters, client, issuer, resources }: Given): void {
  const asked = new Set([...parameters.all('resource'), ...parameters.all('audience')])
  if (realmOf(context.scope).kind !== 'admin') asked.delete(issuer)
  else if (asked.size === 0) for (const audience of client.audiences) asked.add(audience)
  if (asked.size > RESOURCES_MAX) throw new Failure('invalid_target', `Ask for at most ${RESOURCES_MAX} resources.`)
  const found = [...asked].map((name) => {
    const resource = resources.get(name) ?? [...resources.values()].find(({ slug }) => slug === name)
    if (resource?.status === 'active' && client.audiences.includes(resource.identifier)) return resource.identifier
    throw new Failure('invalid_target')
  })
  draft.resources = [...new Set(found)]
}

/**
 * RFC 6749 §3.3. A scope that some resource declares is worth nothing unless that resource is asked for.
 * @throws Failure `invalid_scope`
 */
export function readScopes(draft: Asked, { parameters, client, resources }: Given): void {
  const scopes = [...new Set((parameters.get('scope') ?? '').split(' ').filter(Boolean))]
  if (scopes.some((scope) => !client.scopes.includes(scope))) throw new Failure('invalid_scope')
  const declares = ({ scopes: declared }: Resource, scope: string) => declared.some(({ name }) => name === scope)
  const stray = scopes.find((scope) => {
    if (OPENID_SCOPES.has(scope)) return false
    const owners = [...resources.values()].filter((resource) => declares(resource, scope))
    return owners.length > 0 && !owners.some(({ identifier }) => draft.resources.includes(identifier))
  })
  if (stray !== undefined) throw new Failure('invalid_scope', 'A requested scope is not one of the requested resource.')
  draft.scopes = scopes
}

function readPrompt(draft: Draft, { parameters }: Given): void {
  const values = (parameters.get('prompt') ?? '').split(' ').filter(Boolean)
  const prompt = PROMPTS.filter((known) => values.includes(known))
  const unknown = values.some((value) => !PROMPTS.includes(value as Prompt))
  if (unknown) throw invalid('prompt must be none, login, consent or select_account.')
  if (prompt.includes('none') && prompt.length > 1) throw invalid('prompt=none cannot be combined.')
  draft.prompt = prompt
}

function readMaxAge(draft: Draft, { parameters }: Given): void {
  const maxAge = parameters.get('max_age')
  if (maxAge !== undefined && !/^\d{1,10}$/.test(maxAge)) throw invalid('max_age must be a number of seconds.')
  draft.maxAge = maxAge === undefined ? null : Number(maxAge)
}

function readNonce(draft: Draft, { parameters }: Given): void {
  const nonce = parameters.get('nonce') ?? null
  if (nonce !== null && nonce.length > NONCE_MAX) throw invalid(`nonce is longer than ${NONCE_MAX} characters.`)
  draft.nonce = nonce
}

function readLoginHint(draft: Draft, { parameters }: Given): void {
  draft.loginHint = parameters.get('login_hint')?.slice(0, 320) ?? null
}

/** OpenID Connect Core §3.1.2.1: any of the values will do, so the least known one is what is asked for. */
function readAcrValues(draft: Draft, { parameters }: Given): void {
  const values = (parameters.get('acr_values') ?? '').split(' ')
  const levels = values.flatMap((value) => ACR.exec(value)?.[1] ?? []).map(Number)
  draft.aal = levels.length > 0 ? Math.min(...levels) : 1
}

async function readIdTokenHintOf(draft: Draft, { context, parameters, client }: Given): Promise<void> {
  const token = parameters.get('id_token_hint')
  if (token === undefined) return
  const hinted = await readIdTokenHint(context, token)
  draft.hint = { userId: hinted?.clientIdentifier === client.clientId ? hinted.userId : undefined }
}

function invalid(message: string): Failure {
  return new Failure('invalid_request', message)
}
