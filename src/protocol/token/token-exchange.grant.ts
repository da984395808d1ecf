// The token exchange grant (RFC 8693): a client acts for the subject of a token.
import { Failure } from '#kernel/error.ts'
import { EXCHANGES_MAX } from '../live.ts'
import type { ReadContext } from '../read-context.ts'
import { ownScopes } from '../resource-indicator.ts'
import { brokered, brokerTarget } from './brokered.ts'
import { actorOf, allowedResources, boundOf, chainOf, isOwn, TOKEN_EXCHANGE } from './exchange-actor.ts'
import { frontedBy, linkHeld } from './exchange-fronted.ts'
import { grantedBy } from './exchange-grant.ts'
import { ACCESS_TOKEN, type SubjectToken, subjectTokenOf } from './exchange-subject.ts'
import { grant, invalidGrant, scopesAt } from './grant.ts'

/**
 * RFC 8693: the new token has at most the scopes, the resources and the lifetime of the subject token. With delegation, its
 * `act` names the client and those before it.
 */
export const tokenExchange = grant({
  type: TOKEN_EXCHANGE,
  parameters: {
    subject_token: 'needed',
    subject_token_type: 'needed',
    requested_token_type: 'optional',
    actor_token: 'optional',
    actor_token_type: 'optional',
    scope: 'optional',
  },
  // What allows an exchange is with the token, the client and the resource, and decided with them.
  clients: ({ authMethod }) => authMethod !== 'none',
  async find({ context, client, parameters, issuer, askedTarget }) {
    const target = askedTarget()
    const broker = await brokerTarget(context, target)
    if (broker) {
      const subject = await subjectTokenOf(context, client, { ...parameters, resource: target })
      await checkLength(context, subject)
      const { scope, requested_token_type: requestedType, actor_token: actorToken } = parameters
      const hasActorToken = actorToken !== undefined
      return brokered(context, client, broker, { issuer, token: subject, scope, requestedType, hasActorToken })
    }
    if ((parameters.requested_token_type ?? ACCESS_TOKEN) !== ACCESS_TOKEN) {
      throw new Failure(
        'invalid_request',
        'Tokens are exchanged for access tokens, and ID tokens for identity assertions.',
      )
    }
    const token = await subjectTokenOf(context, client, { ...parameters, resource: target })
    const actor = await actorOf(context, client, parameters)
    const granted = await grantedBy(context, client, token, actor)
    const { isGranted, under } = granted
    const consume = granted.consume ?? token.consume
    const own = isOwn(token, client, actor)
    const fronted = await frontedBy(context, client, token, { own, asked: target, named: granted.named })
    const asked = { actor, isGranted, ofGrant: granted.named, fronted }
    const allowed = await allowedResources(context, client, token, asked)
    const reached = within(allowed, under?.resources ?? null)
    const isRealmReached = reached.length === 0 || (own && token.isFirst && !under?.resources)
    const resources = target === undefined ? ofToken(token, reached, isRealmReached ? issuer : null) : reached
    await checkLength(context, token)
    const scopes = token.subject ? client.scopes : ownScopes(client)
    return {
      subject: token.subject,
      allowed: {
        scopes: (resource) => {
          if (!resource && !isRealmReached) throw notForRealm()
          return (fronted?.scopes ?? scopesAt(token.scopes, resource)).filter(
            (scope) => scopes.includes(scope) && (granted.scopes?.includes(scope) ?? true),
          )
        },
        resources,
        details: granted.scopes || fronted ? [] : token.details,
        narrows: true,
      },
      boundTo: boundOf(context, { token, actor, isOwn: own }),
      consume: fronted ? linkHeld(fronted, consume) : consume,
      refreshFamily: null,
      nonce: null,
      delegation: {
        parent: token.parent,
        sub: token.sub,
        act: chainOf(context, client, { token, actor, isGranted }),
        tools: token.tools,
        actorToken: actor.token,
        under,
        expiresAt: Math.min(token.expiresAt, granted.expiresAt),
      },
      upstream: null,
      responseMembers: { issued_token_type: ACCESS_TOKEN },
    }
  },
})

/** What grants leave of the resources. @throws Failure `invalid_target` where that is nothing */
function within(resources: readonly string[], limit: readonly string[] | null): readonly string[] {
  const left = limit ? resources.filter((resource) => limit.includes(resource)) : resources
  if (left.length > 0 || resources.length === 0) return left
  throw new Failure('invalid_target', 'The delegation grant is for none of the resources of the token.')
}

/** What a request that names no resource is about: what the token is for, as far as that can be reached. */
function ofToken({ audience }: SubjectToken, reached: readonly string[], realm: string | null): readonly string[] {
  if (audience === null) return reached
  return audience === realm ? [] : reached.includes(audience) ? [audience] : reached
}

function notForRealm(): Failure {
  return new Failure('invalid_target', 'The token is for an API, and not for the issuer itself.')
}

async function checkLength({ read }: ReadContext, { parent }: SubjectToken): Promise<void> {
  if (parent === null || (await read.issuances.countAbove(parent, EXCHANGES_MAX)) < EXCHANGES_MAX) return
  throw invalidGrant('actor_chain_too_long', `A token is exchanged ${EXCHANGES_MAX} times in a row at most.`)
}
