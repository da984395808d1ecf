// Reads and writes backchannel authentications.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { dueRows } from '#database/due-rows.ts'
import { readListPage } from '#database/list-page.ts'
import type { BackchannelAuthenticationTable } from '#database/tables/tokens.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { AuthorizationDetail } from '../authorization/authorization-detail.ts'
import type { DeliveryMode } from '../client/backchannel.ts'
import { polledStore } from '../device-authorization/polled.store.ts'
import {
  type BackchannelAuthentication,
  type BackchannelAuthenticationQuery,
  NOTICE_LEASE,
  type RequestStatus,
} from './backchannel-authentication.ts'

export type BackchannelAuthenticationStore = ReturnType<typeof backchannelAuthenticationStore>

type Row = Selectable<BackchannelAuthenticationTable>

/** What a person approved, and the session and family that the approval began. */
export interface GrantedApproval {
  readonly userId: string
  readonly sessionId: string
  readonly familyId: string
  readonly scopes: readonly string[]
  readonly details: readonly AuthorizationDetail[]
}

/** The backchannel authentications of one tenant. */
export function backchannelAuthenticationStore(connection: Connection, tenantId: string) {
  return {
    ...polledStore(connection, tenantId, 'backchannel_authentication'),
    ...found(connection, tenantId),
    ...decided(connection, tenantId),
    ...told(connection, tenantId),
  }
}

function found(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const all = () => kysely.selectFrom('backchannel_authentication').selectAll().where('tenant_id', '=', tenantId)
  return {
    async insert(request: BackchannelAuthentication): Promise<void> {
      await kysely.insertInto('backchannel_authentication').values(toRow(request)).execute()
    },

    async deleteOfUser(userId: string): Promise<void> {
      await kysely
        .deleteFrom('backchannel_authentication')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .execute()
    },

    async find(realmId: string, id: string): Promise<BackchannelAuthentication | undefined> {
      const row = await all().where('realm_id', '=', realmId).where('id', '=', id).executeTakeFirst()
      return row && toRequest(row)
    },

    async findByRequestId(hash: string): Promise<BackchannelAuthentication | undefined> {
      const row = await all().where('request_hash', '=', hash).executeTakeFirst()
      return row && toRequest(row)
    },

    /** The newest requests to a user at a realm: those that wait, or those that were decided. */
    async ofUser(
      realmId: string,
      userId: string,
      { waiting, now, most }: { readonly waiting: boolean; readonly now: number; readonly most: number },
    ): Promise<BackchannelAuthentication[]> {
      const own = all().where('realm_id', '=', realmId).where('user_id', '=', userId)
      const rows = await (waiting
        ? own.where('status', '=', 'pending').where('expires_at', '>', now)
        : own.where('status', '<>', 'pending')
      )
        .orderBy('id', 'desc')
        .limit(most)
        .execute()
      return rows.map(toRequest)
    },

    /** One page of a realm's requests, newest first. */
    async list(
      realmId: string,
      { status, userId, clientId, ...query }: BackchannelAuthenticationQuery,
    ): Promise<Page<BackchannelAuthentication>> {
      let requests = all().where('realm_id', '=', realmId)
      if (status !== undefined) requests = requests.where('status', '=', status)
      if (userId !== undefined) requests = requests.where('user_id', '=', userId)
      if (clientId !== undefined) requests = requests.where('client_id', '=', clientId)
      return mapPage(await readListPage(connection, requests, query, { newestFirst: true }), toRequest)
    },
  }
}

// Each decision is one conditional update, so only one of several concurrent decisions succeeds.
function decided({ kysely }: Connection, tenantId: string) {
  const open = (id: string, userId: string, now: number) =>
    kysely
      .updateTable('backchannel_authentication')
      .where('id', '=', id)
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .where('status', '=', 'pending')
      .where('expires_at', '>', now)
  return {
    /** Approves it. @returns the approved request; undefined if it was decided, has expired or is another user's */
    async approve(id: string, approval: GrantedApproval, now: number): Promise<BackchannelAuthentication | undefined> {
      const { userId, sessionId, familyId, scopes, details } = approval
      const row = await open(id, userId, now)
        .set({
          status: 'approved',
          decided_at: now,
          session_id: sessionId,
          family_id: familyId,
          granted_scopes: scopes.join(' '),
          granted_details: details.length === 0 ? null : JSON.stringify(details),
        })
        .set(({ eb }) => ({
          next_attempt_at: eb.case().when('delivery_mode', '=', 'poll').then(null).else(now).end(),
        }))
        .returningAll()
        .executeTakeFirst()
      return row && toRequest(row)
    },

    /** Denies it. @returns the denied request; undefined as for `approve` */
    async deny(id: string, userId: string, now: number): Promise<BackchannelAuthentication | undefined> {
      const row = await open(id, userId, now)
        .set({ status: 'denied', decided_at: now })
        .set(({ eb }) => ({
          next_attempt_at: eb.case().when('delivery_mode', '=', 'poll').then(null).else(now).end(),
        }))
        .returningAll()
        .executeTakeFirst()
      return row && toRequest(row)
    },
  }
}

function told({ kysely }: Connection, tenantId: string) {
  const change = (id: string) =>
    kysely.updateTable('backchannel_authentication').where('id', '=', id).where('tenant_id', '=', tenantId)
  return {
    /** Claims one attempt to tell the client. Only one of several processes gets it. The claim ends with the lease. */
    async claim(id: string, now: number): Promise<BackchannelAuthentication | undefined> {
      const row = await change(id)
        .set({ attempted_at: now, next_attempt_at: now + NOTICE_LEASE })
        .set((request) => ({ attempts: request('attempts', '+', 1) }))
        .where('next_attempt_at', '<=', now)
        .returningAll()
        .executeTakeFirst()
      return row && toRequest(row)
    },

    /** Keeps what is sent, so that each attempt sends the same. */
    async keepNotification(id: string, notification: string): Promise<void> {
      await change(id).set({ notification }).execute()
    },

    /** Records the result of the attempt that claimed it. @returns whether that attempt still has the claim */
    async report({ id, attempts, ...request }: BackchannelAuthentication): Promise<boolean> {
      const { numUpdatedRows } = await change(id)
        .set({
          response_status: request.responseStatus,
          error: request.error,
          next_attempt_at: request.nextAttemptAt,
          ...(request.nextAttemptAt === null && { notification: null }),
        })
        .where('attempts', '=', attempts)
        .where('next_attempt_at', 'is not', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

/** The requests of every tenant whose clients are to be told, the longest due first. */
export function dueBackchannelNotices(connection: Connection, now: number, limit: number): ReturnType<typeof dueRows> {
  return dueRows(connection, 'backchannel_authentication', now, limit)
}

function toRow(request: BackchannelAuthentication): Row {
  return {
    id: request.id,
    tenant_id: request.tenantId,
    realm_id: request.realmId,
    client_id: request.clientId,
    user_id: request.userId,
    request_hash: request.requestHash,
    scopes: request.scopes.join(' '),
    resources: JSON.stringify(request.resources),
    details: request.details.length === 0 ? null : JSON.stringify(request.details),
    granted_scopes: null,
    granted_details: null,
    aal: request.aal,
    binding_message: request.bindingMessage,
    delivery_mode: request.deliveryMode,
    notification: request.notification,
    ip: request.ip,
    user_agent: request.userAgent,
    poll_interval: request.pollInterval,
    polled_at: null,
    status: request.status,
    session_id: null,
    family_id: null,
    organization_id: request.organizationId,
    created_at: request.createdAt,
    expires_at: request.expiresAt,
    decided_at: null,
    consumed_at: null,
    attempts: 0,
    response_status: null,
    error: null,
    attempted_at: null,
    next_attempt_at: request.nextAttemptAt,
  }
}

function toRequest(row: Row): BackchannelAuthentication {
  const granted = row.granted_scopes
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    clientId: row.client_id,
    userId: row.user_id,
    requestHash: row.request_hash,
    scopes: row.scopes.split(' ').filter(Boolean),
    resources: JSON.parse(row.resources),
    details: row.details === null ? [] : JSON.parse(row.details),
    grantedScopes: granted === null ? null : granted.split(' ').filter(Boolean),
    grantedDetails: granted === null ? null : row.granted_details === null ? [] : JSON.parse(row.granted_details),
    aal: row.aal,
    bindingMessage: row.binding_message,
    deliveryMode: row.delivery_mode as DeliveryMode,
    notification: row.notification,
    ip: row.ip,
    userAgent: row.user_agent,
    pollInterval: row.poll_interval,
    status: row.status as RequestStatus,
    sessionId: row.session_id,
    familyId: row.family_id,
    organizationId: row.organization_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    decidedAt: row.decided_at,
    consumedAt: row.consumed_at,
    attempts: row.attempts,
    responseStatus: row.response_status,
    error: row.error as BackchannelAuthentication['error'],
    attemptedAt: row.attempted_at,
    nextAttemptAt: row.next_attempt_at,
  }
}
