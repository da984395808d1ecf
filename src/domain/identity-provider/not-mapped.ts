// Refuses the deletion of what the mapping of an identity provider gives.
import { Failure } from '#kernel/error.ts'
import type { Stores } from '../context.ts'

/** Checks that no mapping gives a group or role, which is about to be deleted. @throws Failure `conflict` */
export async function checkNotMapped(
  { identityProviders }: Pick<Stores, 'identityProviders'>,
  id: string,
): Promise<void> {
  const provider = await identityProviders.naming(id)
  if (!provider) return
  throw new Failure(
    'conflict',
    `The group mapping of the provider “${provider.name}” names it. Change the mapping first.`,
  )
}
