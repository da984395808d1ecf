// Decides about subject mappings: creates and deletes them.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import {
  type NewSubjectMapping,
  type SubjectMapping,
  SubjectMappingFields,
  type SubjectMappingView,
} from './subject-mapping.ts'

/** @throws Failure `not_found` for an unknown issuer or user, `already_exists` for a subject that is somebody already */
export async function createSubjectMapping(context: Context, input: NewSubjectMapping): Promise<SubjectMappingView> {
  const realm = realmOf(context.scope)
  const mapping: SubjectMapping = {
    ...input,
    id: context.random.id(),
    tenantId: realm.tenantId,
    realmId: realm.id,
    createdAt: context.clock.now(),
  }
  return context.write(async (unit) => {
    // Both are held: who deletes them at the same time waits, and deletes the mapping too.
    if (!(await unit.trustedIssuers.lock(realm.id, input.trustedIssuerId))) {
      throw new Failure('not_found', 'The trusted issuer does not exist.')
    }
    if (!(await unit.users.lockAll(realm.directoryId, [input.userId])).has(input.userId)) {
      throw new Failure('not_found', 'The user does not exist.')
    }
    if (!(await unit.subjectMappings.insert(mapping)))
      throw new Failure('already_exists', 'The subject is mapped already.')
    emitEvent(unit, 'subject_mapping.created', mapping)
    return SubjectMappingFields.show(mapping)
  })
}

/** @throws Failure `not_found` */
export async function deleteSubjectMapping(context: Context, { id }: { id: string }): Promise<void> {
  const realm = realmOf(context.scope)
  await context.write(async (unit) => {
    const mapping = await unit.subjectMappings.find(realm.id, id)
    if (!(mapping && (await unit.subjectMappings.delete(realm.id, id)))) throw new Failure('not_found')
    emitEvent(unit, 'subject_mapping.deleted', mapping)
  })
}

function emitEvent(unit: Unit, type: EventType, { id, realmId, trustedIssuerId, userId }: SubjectMapping): void {
  unit.emit(type, { subject: { type: 'subject_mapping', id }, realmId, data: { trustedIssuerId, userId } })
}
