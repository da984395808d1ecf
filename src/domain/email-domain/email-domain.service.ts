// Decides about e-mail domains: who owns one is verified by a TXT record, and again each day.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Context, Unit } from '../context.ts'
import { lockOrganization } from '../organization/organization.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import {
  CHECK_INTERVAL,
  CHECK_SOON,
  type EmailDomain,
  type EmailDomainQuery,
  type EmailDomainView,
  MISSING_GRACE,
  type NewEmailDomain,
  recordOf,
  viewEmailDomain,
} from './email-domain.ts'

const TAKEN = 'Another owner has verified the domain in this realm.'

/**
 * Begins with a domain that the realm or an organization owns. It does nothing until it is verified.
 * @throws Failure `not_found` for the organization, `already_exists` if the owner has it already
 */
export async function createEmailDomain(context: Context, input: NewEmailDomain): Promise<EmailDomainView> {
  const { id: realmId, tenantId, kind } = realmOf(context.scope)
  if (kind === 'admin') throw new Failure('invalid_request', 'Administrators do not sign in at identity providers.')
  const { organizationId } = input
  const domain: EmailDomain = {
    ...input,
    ...{ id: context.random.id(), tenantId, realmId, token: context.random.secret(24) },
    ...{ verifiedAt: null, missingSince: null, nextCheckAt: null, createdAt: context.clock.now() },
  }
  await context.write(async (unit) => {
    if (organizationId !== null) await lockOrganization(context, unit, organizationId)
    if (!(await unit.emailDomains.insert(domain)))
      throw new Failure('already_exists', 'The owner has the domain already.')
    emit(unit, 'email_domain.created', domain)
  })
  return viewEmailDomain(domain)
}

/** One page of a realm's e-mail domains. */
export async function listEmailDomains(
  { read, scope }: Context,
  query: EmailDomainQuery,
): Promise<Page<EmailDomainView>> {
  return mapPage(await read.emailDomains.list(realmOf(scope).id, query), viewEmailDomain)
}

/** @throws Failure `not_found` */
export async function getEmailDomain({ read, scope }: Context, { id }: { id: string }): Promise<EmailDomainView> {
  return viewEmailDomain(found(await read.emailDomains.find(realmOf(scope).id, id)))
}

/**
 * Looks for the record of a domain now.
 * @throws Failure `not_found`, `conflict` if the record is not there, `already_exists` if another owner has verified the
 *   domain, `unreachable_host` if DNS does not answer
 */
export async function verifyEmailDomain(context: Context, { id }: { id: string }): Promise<EmailDomainView> {
  const domain = found(await context.read.emailDomains.find(realmOf(context.scope).id, id))
  if (!(await isThere(context, domain))) {
    const { name, value } = recordOf(domain)
    throw new Failure('conflict', `There is no TXT record ${name} with the value ${value}.`)
  }
  const now = context.clock.now()
  return context.write(async (unit) => {
    await unit.emailDomains.lockAlike(domain.realmId, domain.domain)
    const before = found(await unit.emailDomains.lock(domain.realmId, id))
    const after: EmailDomain = { ...before, verifiedAt: now, missingSince: null, nextCheckAt: now + CHECK_INTERVAL }
    await checkFree(unit, before)
    await unit.emailDomains.record(after)
    if (before.verifiedAt === null || before.missingSince !== null) emit(unit, 'email_domain.verified', after)
    return viewEmailDomain(after)
  })
}

async function checkFree(unit: Unit, { realmId, domain, verifiedAt }: EmailDomain): Promise<void> {
  if (verifiedAt !== null) return
  if (await unit.emailDomains.isVerified(realmId, domain)) throw new Failure('already_exists', TAKEN)
}

/** Deletes a domain: it leads nobody to a provider any more. @throws Failure `not_found` */
export async function deleteEmailDomain(context: Context, { id }: { id: string }): Promise<void> {
  const realmId = realmOf(context.scope).id
  await context.write(async (unit) => {
    const domain = found(await unit.emailDomains.lock(realmId, id))
    await unit.emailDomains.delete(realmId, id)
    emit(unit, 'email_domain.deleted', domain)
  })
}

/**
 * Looks for the record of a verified domain again, if that is due. A domain without its record goes on for seven days.
 * Where DNS does not answer, nothing changes.
 * @returns what the operator should know; undefined where nothing changed
 */
export async function checkDomainAgain(context: Context, id: string): Promise<string | undefined> {
  const { clock, read, scope } = context
  const realmId = realmOf(scope).id
  const now = clock.now()
  if (!(await context.write((unit) => unit.emailDomains.claim(id, now, now + CHECK_SOON)))) return undefined
  const domain = await read.emailDomains.find(realmId, id)
  const there = domain && (await isThereOrUnknown(context, domain))
  if (!domain || there === undefined) return undefined
  return context.write(async (unit) => {
    const before = await unit.emailDomains.lock(realmId, id)
    if (!before || before.verifiedAt === null) return undefined
    const since = before.missingSince
    const isOver = !there && since !== null && now - since >= MISSING_GRACE
    const after: EmailDomain = there
      ? { ...before, verifiedAt: now, missingSince: null, nextCheckAt: now + CHECK_INTERVAL }
      : isOver
        ? { ...before, verifiedAt: null, missingSince: null, nextCheckAt: null }
        : { ...before, missingSince: since ?? now }
    await unit.emailDomains.record(after)
    const outcome = there ? since !== null && FOUND.again : isOver ? FOUND.lapsed : since === null && FOUND.missing
    if (!outcome) return undefined
    emit(unit, outcome.event, after)
    return `The e-mail domain ${domain.domain} ${outcome.message}`
  })
}

/** What a look-up may find that was not so before. */
const FOUND = {
  again: { event: 'email_domain.verified', message: 'has its record again.' },
  missing: {
    event: 'email_domain.missing',
    message: 'has lost its record. It is not verified any more if that goes on for seven days.',
  },
  lapsed: { event: 'email_domain.lapsed', message: 'had no record for seven days, and is not verified any more.' },
} as const

async function isThere({ network }: Context, domain: EmailDomain): Promise<boolean> {
  const { name, value } = recordOf(domain)
  return (await network.resolveTxt(name, { tenantId: domain.tenantId })).includes(value)
}

async function isThereOrUnknown(context: Context, domain: EmailDomain): Promise<boolean | undefined> {
  try {
    return await isThere(context, domain)
  } catch (error) {
    if (error instanceof Failure && ['unreachable_host', 'temporarily_unavailable'].includes(error.code))
      return undefined
    throw error
  }
}

function found(domain: EmailDomain | undefined): EmailDomain {
  if (!domain) throw new Failure('not_found')
  return domain
}

function emit({ emit: tell }: Unit, type: EventType, { id, realmId, domain, organizationId }: EmailDomain): void {
  tell(type, {
    subject: { type: 'email_domain', id, label: domain },
    realmId,
    data: { domain, ...(organizationId !== null && { organizationId }) },
  })
}
