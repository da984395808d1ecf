// Shows the code that connects a client.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import { type SnippetQuery, type SnippetView, snippetsOf, stacksOf } from './snippet.ts'

/**
 * The commands and files that connect a client, to be copied and run. Its secret is not among them.
 * @throws Failure `not_found`, `conflict` where the client cannot use the stack
 */
export async function showSnippet(context: Context, { id, stack: asked }: SnippetQuery): Promise<SnippetView> {
  const realm = realmOf(context.scope)
  const { settings } = context.registry
  const named = await context.read.clients.find(realm.id, id)
  if (!named) throw new Failure('not_found')
  const stacks = stacksOf(named.client)
  const stack = asked ?? stacks[0] ?? 'jose'
  if (!stacks.includes(stack)) {
    throw new Failure(
      'conflict',
      `The client cannot use ${stack}. With its grant types and its authentication method it can use: ${stacks.join(', ')}.`,
    )
  }
  const place = {
    issuer: issuerOf(realm, settings),
    clientsUrl: `${settings.adminUrl}/v1/realms/${realm.issuerId}/clients`,
  }
  return { stack, stacks, snippets: snippetsOf(named.client, stack, place) }
}
