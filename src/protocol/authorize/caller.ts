// The client of an authorization request, and the input that its steps get.
import { askable } from '#domain/client/askable.ts'
import type { Client } from '#domain/client/client.ts'
import { findClient, whyNoClient } from '#domain/client/find-client.ts'
import type { Context } from '#domain/context.ts'
import { clientRule } from '#domain/decision/rule.ts'
import { type Profile, profileOf } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import type { Parameters } from '#web/parameters.ts'
import type { StepInput } from './step.ts'

/**
 * The client of a request without authentication: the one that `client_id` names.
 * @throws Failure `invalid_request`, `invalid_client`; `temporarily_unavailable`, `too_many_requests` for a client whose
 * metadata document is not fetched
 */
export async function namedClient(context: Context, parameters: Parameters): Promise<Client> {
  parameters.refuseRepeated()
  const clientId = parameters.need('client_id')
  const client = await findClient(context, clientId, { provisionalToo: true })
  if (!client) {
    throw new Failure('invalid_client', {
      message: 'There is no client of this id.',
      ...whyNoClient(realmOf(context.scope), clientId),
      ...{ reason: 'unknown_client', step: 'client', clientId },
    })
  }
  if (client.status !== 'active') {
    const rule = clientRule(client, 'status')
    const told = { message: 'The client is suspended.', reason: 'client_suspended', step: 'client' } as const
    throw new Failure('invalid_client', { ...told, clientId, rule })
  }
  return client
}

/** What the steps of a client’s request have to go by. */
export async function stepInputOf(
  context: Context,
  client: Client,
  { issuer, proof }: Pick<StepInput, 'issuer' | 'proof'>,
): Promise<StepInput & { readonly profile: Profile }> {
  const realm = realmOf(context.scope)
  const resources = await context.registry.resources(realm.tenantId)
  return { context, client: askable(client, resources), issuer, profile: profileOf(realm, client), resources, proof }
}
