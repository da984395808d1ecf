// Decides about partners: creates, changes and deletes them.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { PLATFORM } from '#kernel/id.ts'
import type { Reach } from '../actor.ts'
import type { Context, Unit } from '../context.ts'
import { checkUpdated, revise } from '../update.ts'
import { INTERNAL_PARTNER, type NewPartner, type Partner, PartnerFields, type PartnerPatch } from './partner.ts'

const SLUG_IN_USE = 'Another partner has this slug.'

/** @throws Failure `already_exists` if the slug is in use */
export async function createPartner({ actor, write, random, clock }: Context, input: NewPartner): Promise<Partner> {
  const now = clock.now()
  const partner: Partner = { ...input, id: random.id(), version: 1, createdAt: now, updatedAt: now }
  await write((unit) => insertPartner(unit, actor.reach, partner))
  return partner
}

/** Writes a partner inside a write. @throws Failure `already_exists` if the slug is in use */
export async function insertPartner(unit: Unit, reach: Reach, partner: Partner): Promise<void> {
  if (!(await unit.acrossTenants.partners.insert(reach, partner))) throw new Failure('already_exists', SLUG_IN_USE)
  emitEvent(unit, 'partner.created', partner)
}

/** @throws Failure `not_found` */
export async function getPartner({ read, actor }: Context, { id }: { id: string }): Promise<Partner> {
  const partner = await read.acrossTenants.partners.find(actor.reach, id)
  if (!partner) throw new Failure('not_found')
  return partner
}

/** @throws Failure `not_found`, `precondition_failed`, `already_exists`, `conflict` for the operator’s own partner */
export async function updatePartner(
  { actor: { reach }, write, clock }: Context,
  { id, ifVersion, ...patch }: PartnerPatch,
): Promise<Partner> {
  return write(async (unit) => {
    const before = await unit.acrossTenants.partners.find(reach, id)
    if (!before) throw new Failure('not_found')
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const revised = revise(PartnerFields, before, patch, clock.now())
    if (!revised) return before
    const { after: partner, change } = revised
    if (before.slug === INTERNAL_PARTNER && (partner.slug !== before.slug || partner.status !== 'active')) {
      throw new Failure('conflict', 'The internal partner cannot be suspended, and its slug cannot be changed.')
    }
    checkUpdated(await unit.acrossTenants.partners.update(reach, partner), SLUG_IN_USE)
    emitEvent(unit, 'partner.updated', partner, { ...change })
    return partner
  })
}

/** @throws Failure `not_found`, `conflict` if it has tenants */
export async function deletePartner(
  { actor: { reach }, write, clock }: Context,
  { id }: { id: string },
): Promise<void> {
  await write(async (unit) => {
    const partner = await unit.acrossTenants.partners.lock(reach, id)
    if (!partner) throw new Failure('not_found')
    if ((await unit.acrossTenants.partners.tenants(reach, id)) > 0)
      throw new Failure('conflict', 'The partner still has tenants.')
    await unit.acrossTenants.partners.delete(reach, id, clock.now())
    emitEvent(unit, 'partner.deleted', partner)
  })
}

function emitEvent(unit: Unit, type: EventType, partner: Partner, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'partner', id: partner.id, label: partner.name },
    tenantId: PLATFORM,
    data: { slug: partner.slug, ...data },
  })
}
