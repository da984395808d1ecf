// Issues identity assertion authorization grants (draft-ietf-oauth-identity-assertion-authz-grant §3): a client exchanges
// an ID token for an assertion about its person, which another authorization server accepts.
import type { IdentityAssertionTarget } from '#domain/client/identity-assertion.ts'
import { listed } from '#domain/decision/rule.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { flawOfIdentifier } from '#domain/resource/resource.ts'
import { Failure } from '#kernel/error.ts'
import type { Parameters } from '#web/parameters.ts'
import { replayed } from '../binding/binding.ts'
import { signJwt } from '../jwt.ts'
import { shown } from '../resource-indicator.ts'
import { signerFor, TOKEN_KINDS } from '../signing.ts'
import { ID_TOKEN, idTokenSubject, type SubjectToken } from './exchange-subject.ts'
import { invalidGrant, scopesAt } from './grant.ts'
import { checkPerson, type TokenRequest } from './redeem.ts'
import { holdAgent } from './still-valid.ts'

/** The token type (§3.1). */
export const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag'
/** Seconds that an assertion is valid: it is sent on at once. */
const LIFETIME = 300

/** What the token endpoint answers (RFC 8693 §2.2.1): the assertion is no access token. */
export interface IdentityAssertion {
  readonly issued_token_type: typeof ID_JAG
  readonly access_token: string
  readonly token_type: 'N_A'
  readonly expires_in: number
  readonly scope?: string
}

/**
 * Issues an assertion, where a policy of the client names the authorization server.
 * @throws Failure `invalid_request`, `invalid_grant`, `invalid_target`, `invalid_scope`
 */
export async function issueIdentityAssertion(request: TokenRequest): Promise<IdentityAssertion> {
  const { context, client, form, issuer, proof } = request
  if (form.need('subject_token_type') !== ID_TOKEN || form.get('actor_token') !== undefined) {
    const message = 'An identity assertion is issued for an ID token of the client, without an actor_token.'
    throw new Failure('invalid_request', message)
  }
  const target = targetOf(request, form.need('audience'))
  const [resource, scope] = [resourceOf(form, target), scopeOf(form, target)]
  const token = await idTokenSubject(context, client, form.need('subject_token'))
  const { subject } = token
  if (!subject) throw invalidGrant('id_token_invalid')
  await checkPerson(context, client, subject)
  const iat = Math.floor(context.clock.now() / 1000)
  const jti = context.random.id()
  const signer = await signerFor(context, 'identity_assertion')
  const assertion = await signJwt(signer, TOKEN_KINDS.identity_assertion.typ, {
    iss: issuer,
    sub: token.sub,
    aud: target.audience,
    client_id: target.clientId ?? client.clientId,
    jti,
    iat,
    exp: iat + LIFETIME,
    ...(resource !== undefined && { resource }),
    ...(scope && { scope }),
    ...(subject.authenticatedAt > 0 && { auth_time: Math.floor(subject.authenticatedAt / 1000) }),
    ...{ acr: subject.acr, amr: subject.amr },
    ...(await emailOf(request, token)),
    ...(proof && { cnf: proof.confirmation }),
  })
  await record(request, token, { jti, audience: target.audience, scope, resource })
  return {
    ...{ issued_token_type: ID_JAG, access_token: assertion, token_type: 'N_A', expires_in: LIFETIME },
    ...(scope && { scope }),
  }
}

/** Holds the agent, the session and the person while the event is written. @throws Failure `invalid_grant` */
async function record(
  { context, client, proof }: TokenRequest,
  { subject, consume }: SubjectToken,
  data: { jti: string; audience: string; scope: string; resource: string | undefined },
): Promise<void> {
  const { directoryId } = realmOf(context.scope)
  await context.write(async (unit) => {
    const now = context.clock.now()
    if (client.agent && !(await holdAgent(context, unit, client.agent, proof))) {
      throw invalidGrant('not_valid_any_more')
    }
    if (proof && !(await proof.consume(unit, now))) throw replayed()
    const userId = subject?.userId ?? ''
    if ((await consume?.(unit, now)) || !(await unit.users.isActive(directoryId, userId))) {
      throw invalidGrant('not_valid_any_more')
    }
    unit.emit('identity_assertion.issued', {
      subject: { type: 'client', id: client.id, label: client.label },
      data: { clientId: client.clientId, userId, ...data },
    })
  })
}

function targetOf({ client }: TokenRequest, audience: string): IdentityAssertionTarget {
  const target = client.identityAssertions.find((each) => each.audience === audience)
  if (target) return target
  const value = listed(client.identityAssertions.map((each) => each.audience))
  const rule = { policy: 'client.identity_assertions', value, given: audience }
  const message = `The client gets no identity assertions for ${shown(audience)}.`
  throw new Failure('invalid_target', { message, reason: 'policy_denied', rule })
}

function resourceOf(form: Parameters, { resources }: IdentityAssertionTarget): string | undefined {
  const [resource, ...others] = form.all('resource')
  if (others.length > 0) throw new Failure('invalid_target', 'Ask for one resource at a time.')
  if (resource === undefined) return resources.length === 1 ? resources[0] : undefined
  const isAllowed = resources.length === 0 ? flawOfIdentifier(resource) === undefined : resources.includes(resource)
  if (isAllowed) return resource
  const message = `The client gets no identity assertions for the resource ${shown(resource)}.`
  throw new Failure('invalid_target', { message, reason: 'invalid_resource' })
}

function scopeOf(form: Parameters, { scopes }: IdentityAssertionTarget): string {
  const asked = [...new Set((form.get('scope') ?? '').split(' ').filter(Boolean))]
  const refused = scopes.length === 0 ? undefined : asked.find((scope) => !scopes.includes(scope))
  if (refused === undefined) return (asked.length > 0 ? asked : scopes).join(' ')
  const message = `The client gets no identity assertions with the scope ${shown(refused)}.`
  throw new Failure('invalid_scope', { message, reason: 'invalid_scope' })
}

/** The address, where the person allowed the client to see it. */
async function emailOf({ context }: TokenRequest, { subject, scopes }: SubjectToken): Promise<Record<string, unknown>> {
  if (!subject || !scopesAt(scopes, undefined).includes('email')) return {}
  const user = await context.read.users.find(realmOf(context.scope).directoryId, subject.userId)
  return user ? { email: user.email, email_verified: user.emailVerified } : {}
}
