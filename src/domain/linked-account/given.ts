// Owns what the mapping of a provider gave to the user of a linked account.
import * as z from 'zod'

/** A group or role that a mapping gave. A role of an organization has the id of the organization. */
export const Given = z.object({
  kind: z.enum(['group', 'role']),
  id: z.string(),
  /** The realm of the provider, and of a role. */
  realmId: z.string(),
  organizationId: z.string().nullable(),
})
export type Given = Readonly<z.output<typeof Given>>

/** Tells one gift from the others. */
export function keyOf({ kind, id, organizationId }: Given): string {
  return `${kind} ${id} ${organizationId ?? ''}`
}

/** In the order in which rows are locked: groups before roles, by their ids. */
export function inOrder(gifts: readonly Given[]): Given[] {
  const byKey = new Map(gifts.map((gift) => [keyOf(gift), gift]))
  return [...byKey.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, gift]) => gift)
}
