// Owns the form of the events about organizations.
import type { EventType } from '#kernel/event.ts'
import type { Unit } from '../context.ts'
import type { Organization } from './organization.ts'

/** Emits what happened to an organization. */
export function emitOrganizationEvent(
  unit: Unit,
  type: EventType,
  { id, name, slug }: Organization,
  data: Record<string, unknown> = {},
): void {
  unit.emit(type, { subject: { type: 'organization', id, label: name }, data: { name, slug, ...data } })
}
