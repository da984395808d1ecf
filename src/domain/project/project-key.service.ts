// Decides about the keys of projects: creates, verifies and revokes them.
import { Failure, flawed } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Context, Unit } from '../context.ts'
import { issuerOf } from '../realm/realm.ts'
import { findProject } from './project.service.ts'
import type { Project } from './project.ts'
import {
  type NewProjectKey,
  type PresentedKey,
  type ProjectKey,
  type ProjectKeyHolder,
  type ProjectKeyId,
  type ProjectKeyWithSecret,
  prefixesOf,
  USE_PRECISION,
  VISIBLE_LENGTH,
} from './project-key.ts'

/** Creates a key of a project. @throws Failure `not_found`, `invalid_input` for an expiry in the past */
export async function createProjectKey(context: Context, input: NewProjectKey): Promise<ProjectKeyWithSecret> {
  const { clock, crypto, random, write } = context
  const now = clock.now()
  if (input.expiresAt !== undefined && input.expiresAt <= now) {
    const flaw = { path: 'expiresAt', message: 'is in the past' }
    throw flawed(flaw.path, flaw.message)
  }
  return write(async (unit) => {
    const project = await findProject(unit, input.id)
    const prefixes = prefixesOf(project)
    const secret = `${prefixes.secret}${random.secret()}`
    const key: ProjectKey = {
      id: random.id(),
      projectId: project.id,
      name: input.name,
      publishableKey: `${prefixes.publishable}${random.secret()}`,
      prefix: secret.slice(0, VISIBLE_LENGTH.first),
      last4: secret.slice(-VISIBLE_LENGTH.last),
      createdAt: now,
      expiresAt: input.expiresAt ?? null,
      lastUsedAt: null,
      revokedAt: null,
    }
    await unit.projectKeys.insert(key, crypto.digest(secret))
    emitEvent(unit, 'project_key.created', project, key)
    return { ...key, secret }
  })
}

/** Revokes a key, so that it is no longer valid. @throws Failure `not_found`, also if it was already revoked */
export async function revokeProjectKey({ write, clock }: Context, { id, keyId }: ProjectKeyId): Promise<void> {
  await write(async (unit) => {
    const project = await findProject(unit, id)
    const key = await unit.projectKeys.find(id, keyId)
    if (!key || !(await unit.projectKeys.revoke(id, keyId, clock.now()))) throw new Failure('not_found')
    emitEvent(unit, 'project_key.revoked', project, key)
  })
}

/**
 * Finds the project of a presented key, within the tenant. The key identifies a program and gives it no rights.
 * @throws Failure `not_found` for a key that is unknown, revoked or expired, or whose project is disabled or deleted
 */
export async function projectKeyHolder(context: Context, { key: presented }: PresentedKey): Promise<ProjectKeyHolder> {
  const { read, write, crypto, clock, registry } = context
  const secret = presented.startsWith('zk_')
  const now = clock.now()
  const key = await read.projectKeys.recognise(
    secret ? { secretHash: crypto.digest(presented) } : { publishableKey: presented },
  )
  if (!key || key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now)) throw new Failure('not_found')
  const { id: projectId, environment, realm } = await findProject(read, key.projectId)
  if (!realm.enabled) throw new Failure('not_found')
  if (key.lastUsedAt === null || key.lastUsedAt <= now - USE_PRECISION) {
    await write((unit) => unit.projectKeys.touch(key.id, now))
  }
  const { id, name, expiresAt } = key
  const kind = secret ? 'secret' : 'publishable'
  return { id, name, kind, projectId, environment, issuer: issuerOf(realm, registry.settings), expiresAt }
}

function emitEvent(
  unit: Unit,
  type: EventType,
  { id: projectId, realm }: Project,
  { id, name, prefix }: ProjectKey,
): void {
  unit.emit(type, {
    subject: { type: 'project_key', id, label: name },
    realmId: realm.id,
    data: { name, prefix, projectId },
  })
}
