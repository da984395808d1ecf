import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { PLATFORM } from '#kernel/id.ts'
import type { Context, Unit } from '../context.ts'
import { checkUpdated, givenOnly } from '../update.ts'
import { INTERNAL_PARTNER, type NewPartner, type Partner, type PartnerPatch } from './partner.ts'

const TAKEN = 'Another partner has this slug.'

/** @throws Failure `already_exists` where the slug is taken */
export async function createPartner({ write, random, clock }: Context, input: NewPartner): Promise<Partner> {
  const now = clock.now()
  const partner: Partner = { ...input, id: random.id(), version: 1, createdAt: now, updatedAt: now }
  await write((unit) => insertPartner(unit, partner))
  return partner
}

/** Writes a partner inside a write. @throws Failure `already_exists` where the slug is taken */
export async function insertPartner(unit: Unit, partner: Partner): Promise<void> {
  if (!(await unit.partners.insert(partner))) throw new Failure('already_exists', TAKEN)
  tell(unit, 'partner.created', partner)
}

/** @throws Failure `not_found` */
export async function getPartner({ read }: Context, { id }: { id: string }): Promise<Partner> {
  const partner = await read.partners.find(id)
  if (!partner) throw new Failure('not_found')
  return partner
}

/** @throws Failure `not_found`, `precondition_failed`, `already_exists`, `conflict` where it is the operator’s own */
export async function updatePartner(
  { write, clock }: Context,
  { id, ifVersion, ...patch }: PartnerPatch,
): Promise<Partner> {
  const given = givenOnly(patch)
  return write(async (unit) => {
    const before = await unit.partners.find(id)
    if (!before) throw new Failure('not_found')
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const partner: Partner = { ...before, ...given, version: before.version + 1, updatedAt: clock.now() }
    if (before.slug === INTERNAL_PARTNER && (partner.slug !== before.slug || partner.status !== 'active')) {
      throw new Failure('conflict', 'The operator’s own partner can be neither renamed in URLs nor suspended.')
    }
    checkUpdated(await unit.partners.update(partner), TAKEN)
    tell(unit, 'partner.updated', partner, { changed: Object.keys(given) })
    return partner
  })
}

/** @throws Failure `not_found`, `conflict` while it has tenants */
export async function deletePartner({ write, clock }: Context, { id }: { id: string }): Promise<void> {
  await write(async (unit) => {
    const partner = await unit.partners.lock(id)
    if (!partner) throw new Failure('not_found')
    if ((await unit.partners.tenants(id)) > 0) throw new Failure('conflict', 'The partner still has tenants.')
    await unit.partners.delete(id, clock.now())
    tell(unit, 'partner.deleted', partner)
  })
}

function tell(unit: Unit, type: EventType, partner: Partner, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'partner', id: partner.id },
    tenantId: PLATFORM,
    data: { slug: partner.slug, ...data },
  })
}
