// Keeps what the steps of flows name: without it, the step would fail in every sign-in.
import { Failure } from '#kernel/error.ts'
import type { Stores } from '../context.ts'

/** Refuses to delete a role or an organization that the steps of a flow name. @throws Failure `conflict` */
export async function checkNotInFlow(unit: Pick<Stores, 'flows'>, id: string): Promise<void> {
  const flow = await unit.flows.naming(id)
  if (flow) throw new Failure('conflict', `The flow “${flow.name}” names it. Change the flow first.`)
}
