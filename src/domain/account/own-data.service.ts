// Collects what is stored about a person, for the person: no secret of any kind is among it.
import { Failure } from '#kernel/error.ts'
import { renderId } from '#kernel/id.ts'
import type { Page } from '#kernel/page.ts'
import type { Context } from '../context.ts'
import type { Event } from '../event/event.ts'
import { GROUPS_CLAIM_MAX } from '../group/group.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import { DEVICES_MAX } from '../remembered-device/remembered-device.ts'
import type { SignedIn } from '../sign-in/signed-in.ts'
import type { User } from '../user/user.ts'
import { lockActive } from './own-account.service.ts'

/** How many rows are read at a time. */
const AT_A_TIME = 100
/** How often a person gets the data. */
const DOWNLOADS = { limit: 5, windowSeconds: 3600 }

type Json = Readonly<Record<string, unknown>>

/** All rows of a kind, read while they are written. */
type Rows = AsyncIterable<Json>

/**
 * What is stored about a person at the realm, as the pieces of a JSON text: rows are read while they are sent, however many there
 * are. The caller must have checked that the sign-in is recent.
 * @throws Failure `too_many_requests` for a person who got it too often, `not_found` for one who is not active any more
 */
export async function ownData(context: Context, { user: signedIn }: SignedIn): Promise<AsyncIterable<string>> {
  const { clock, limiter, read, registry, scope, write } = context
  const retryAfter = await limiter.take(`own-data ${signedIn.id}`, DOWNLOADS.limit, DOWNLOADS.windowSeconds)
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
  const user = await write(async (unit) => {
    const active = await lockActive(context, unit, signedIn)
    const { id, email, directoryId } = active
    unit.emit('user.data_downloaded', { subject: { type: 'user', id, label: email }, data: { email, directoryId } })
    return active
  })
  const realm = realmOf(scope)
  return pieces({
    written_at: iso(clock.now()),
    realm: { issuer: issuerOf(realm, registry.settings), name: realm.name },
    account: accountOf(user),
    ...(await belongingsOf(context, user)),
    ...logsOf(context, user),
    groups: await read.groups.namesOfUser(realm.directoryId, user.id, GROUPS_CLAIM_MAX),
  })
}

/** A JSON object with one member in a piece. Rows are an object with `data`, and `complete` behind it, once all were there. */
async function* pieces(members: Readonly<Record<string, unknown>>): AsyncGenerator<string> {
  let separator = '{\n'
  for (const [name, value] of Object.entries(members)) {
    yield `${separator}  ${JSON.stringify(name)}: `
    separator = ',\n'
    if (!isRows(value)) {
      yield JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')
      continue
    }
    let between = '{ "data": ['
    for await (const row of value) {
      yield `${between}\n    ${JSON.stringify(row)}`
      between = ','
    }
    yield `${between.startsWith('{') ? between : ''}], "complete": true }`
  }
  yield '\n}\n'
}

function isRows(value: unknown): value is Rows {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function accountOf(user: User): Json {
  const { id, email, emailVerified, name, givenName, familyName, username, externalId, status, attributes } = user
  return {
    id: renderId('user', id),
    ...{ email, email_verified: emailVerified, name, given_name: givenName, family_name: familyName, username },
    ...{ middle_name: user.middleName, nickname: user.nickname, profile: user.profileUrl, picture: user.picture },
    ...{ website: user.website, gender: user.gender, birthdate: user.birthdate, zoneinfo: user.zoneinfo },
    ...{ locale: user.locale, address: user.address, phone_number: user.phone, phone_verified: user.phoneVerified },
    ...{ title: user.title, department: user.department, employee_id: user.employeeId, external_id: externalId },
    reports_to: user.reportsTo === null ? null : renderId('user', user.reportsTo),
    ...{ status, attributes },
    password_set_at: iso(user.passwordSetAt),
    last_sign_in_at: iso(user.lastSignInAt),
    created_at: iso(user.createdAt),
    updated_at: iso(user.updatedAt),
  }
}

/** What belongs to the person, whichever realm it is of. */
async function belongingsOf({ read, scope }: Context, { id }: User): Promise<Json> {
  const { id: realmId } = realmOf(scope)
  return {
    authenticators: (await read.authenticators.allOf(id)).map(({ kind, name, createdAt, lastUsedAt }) => ({
      ...{ kind, name, created_at: iso(createdAt), last_used_at: iso(lastUsedAt) },
    })),
    linked_accounts: (await read.linkedAccounts.allOf(id)).map(({ issuer, subject, label, createdAt, lastUsedAt }) => ({
      ...{ issuer, subject, label, created_at: iso(createdAt), last_used_at: iso(lastUsedAt) },
    })),
    remembered_browsers: (await read.rememberedDevices.allOf(realmId, id))
      .slice(0, DEVICES_MAX)
      .map(({ ip, userAgent, createdAt, lastUsedAt, expiresAt }) => ({
        ...{ ip, user_agent: userAgent, created_at: iso(createdAt), last_used_at: iso(lastUsedAt) },
        expires_at: iso(expiresAt),
      })),
    organizations: all(
      (page) => read.organizations.ofUser(id, page),
      ({ name, role, permissions, joinedAt }) => ({ name, role, permissions, joined_at: iso(joinedAt) }),
    ),
    accepted_terms: all(
      (page) => read.termsAcceptances.list(realmId, id, page),
      ({ version, acceptedAt }) => ({ version, accepted_at: iso(acceptedAt) }),
    ),
  }
}

/** What happened with the account at the realm. */
function logsOf({ read, scope }: Context, { id }: User): Json {
  const { id: realmId } = realmOf(scope)
  return {
    sessions: all(
      (page) => read.sessions.list(realmId, { ...page, userId: id }),
      ({ amr, aal, ip, userAgent, createdAt, lastSeenAt, expiresAt, endedAt }) => ({
        ...{ amr, aal, ip, user_agent: userAgent, created_at: iso(createdAt), last_seen_at: iso(lastSeenAt) },
        ...{ expires_at: iso(expiresAt), ended_at: iso(endedAt) },
      }),
    ),
    consents: all(
      (page) => read.grants.list(realmId, { ...page, userId: id, revoked: true }),
      ({ clientId, resource, scopes, details, createdAt, revokedAt }) => ({
        ...{ client: renderId('client', clientId), resource: resource === '' ? null : resource, scopes },
        ...{ authorization_details: details, created_at: iso(createdAt), revoked_at: iso(revokedAt) },
      }),
    ),
    approvals: all(
      (page) => read.backchannelAuthentications.list(realmId, { ...page, userId: id }),
      ({ clientId, scopes, bindingMessage, status, createdAt, decidedAt }) => ({
        ...{ client: renderId('client', clientId), scopes, message: bindingMessage, status },
        ...{ created_at: iso(createdAt), decided_at: iso(decidedAt) },
      }),
    ),
    mails: all(
      (page) => read.mails.listAbout(id, page),
      ({ kind, recipient, subject, status, createdAt }) => ({
        ...{ kind, recipient, subject, status, created_at: iso(createdAt) },
      }),
    ),
    activity_by_me: all(
      (page) => read.events.list({ ...page, actorId: id }),
      ({ type, occurredAt, result, ip, userAgent }) => ({
        ...{ type, at: iso(occurredAt), result, ip, user_agent: userAgent },
      }),
    ),
    activity_about_me: all(
      (page) => read.events.list({ ...page, subjectId: id }),
      (event) => aboutMe(event, id),
    ),
  }
}

/** An event about a person. Who else acted is told by the kind only: it may be somebody else's name. */
function aboutMe({ type, occurredAt, result, actor }: Event, id: string): Json {
  return { type, at: iso(occurredAt), result, by: actor.id === id ? 'me' : actor.kind }
}

async function* all<Row>(
  list: (page: { readonly limit: number; readonly cursor?: string | undefined }) => Promise<Page<Row>>,
  show: (row: Row) => Json,
): Rows {
  let cursor: string | undefined
  do {
    const page = await list({ limit: AT_A_TIME, cursor })
    yield* page.data.map(show)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
