// The context of a request to a realm: whose rows it may see, and who acts.
import type { Actor } from '#domain/actor.ts'
import type { Context } from '#domain/context.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import type { RealmRequest } from './realm-request.ts'

const NO_PERMISSIONS: ReadonlySet<string> = new Set()

/** A context for the realm of the request. Each event says who the actor is. */
export function contextOf(services: Services, { realm, origin, language }: RealmRequest): Context {
  const actor: Actor = {
    kind: 'anonymous',
    id: 'anonymous',
    label: '',
    reach: { kind: 'none' },
    permissions: NO_PERMISSIONS,
    origin,
  }
  return openContext(services, actor, { tenantId: realm.tenantId, realm, language: language.tag })
}

/** A context about the request’s realm, in which everything is done by one client. */
export function contextOfClient(
  services: Services,
  request: RealmRequest,
  { id, label }: { readonly id: string; readonly label: string },
): Context {
  const { realm, origin, language } = request
  const actor: Actor = { kind: 'client', id, label, reach: { kind: 'none' }, permissions: NO_PERMISSIONS, origin }
  return openContext(services, actor, { tenantId: realm.tenantId, realm, language: language.tag })
}

/** A context about the request’s realm, in which everything is done by one person. */
export function contextOfPerson(
  services: Services,
  request: RealmRequest,
  person: { id: string; email: string },
): Context {
  const { realm, origin, language } = request
  const actor: Actor = {
    kind: 'user',
    id: person.id,
    label: person.email,
    reach: { kind: 'none' },
    permissions: NO_PERMISSIONS,
    origin,
  }
  return openContext(services, actor, { tenantId: realm.tenantId, realm, language: language.tag })
}
