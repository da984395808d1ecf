// Reads and writes logout deliveries.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { dueRows } from '#database/due-rows.ts'
import { readListPage } from '#database/list-page.ts'
import type { LogoutDeliveryTable } from '#database/tables/log.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { LOGOUT_LEASE, type LogoutDelivery, type LogoutDeliveryQuery } from './logout-delivery.ts'

export type LogoutDeliveryStore = ReturnType<typeof logoutDeliveryStore>

type Row = Selectable<LogoutDeliveryTable>

/** A client that took part in a session and wants to be told of its end. */
export interface SessionClient {
  readonly sessionId: string
  readonly clientId: string
}

/** The deliveries of one tenant. */
export function logoutDeliveryStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const changeOpen = (change: Partial<Row>) =>
    kysely.updateTable('logout_delivery').set(change).where('tenant_id', '=', tenantId).where('settled_at', 'is', null)
  return {
    async insert(deliveries: readonly Omit<LogoutDelivery, 'tenantId'>[]): Promise<void> {
      if (deliveries.length === 0) return
      const rows = deliveries.map((delivery) => toRow({ ...delivery, tenantId }))
      await kysely.insertInto('logout_delivery').values(rows).execute()
    },

    /** The clients with a back-channel logout URI that got tokens of these sessions of a user. */
    async clientsOf(userId: string, sessionIds: readonly string[]): Promise<SessionClient[]> {
      if (sessionIds.length === 0) return []
      const rows = await kysely
        .selectFrom('token_family')
        .innerJoin('client', 'client.id', 'token_family.client_id')
        .select(['token_family.session_id', 'token_family.client_id'])
        .distinct()
        .where('token_family.tenant_id', '=', tenantId)
        .where('token_family.user_id', '=', userId)
        .where('token_family.session_id', 'in', sessionIds)
        .where('client.backchannel_logout_uri', 'is not', null)
        .execute()
      return rows.map((row) => ({ sessionId: row.session_id ?? '', clientId: row.client_id }))
    },

    /** The `client_id` of the first clients with a front-channel logout URI that got tokens of a session. */
    async frontChannelClients(userId: string, sessionId: string, most: number): Promise<string[]> {
      const rows = await kysely
        .selectFrom('token_family')
        .innerJoin('client', 'client.id', 'token_family.client_id')
        .select('client.client_id')
        .distinct()
        .where('token_family.tenant_id', '=', tenantId)
        .where('token_family.user_id', '=', userId)
        .where('token_family.session_id', '=', sessionId)
        .where('client.frontchannel_logout_uri', 'is not', null)
        .orderBy('client.client_id')
        .limit(most)
        .execute()
      return rows.map((row) => row.client_id)
    },

    /** One page of a realm's deliveries, newest first. */
    async list(realmId: string, { status, clientId, ...query }: LogoutDeliveryQuery): Promise<Page<LogoutDelivery>> {
      let deliveries = kysely
        .selectFrom('logout_delivery')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
      if (status !== undefined) deliveries = deliveries.where('status', '=', status)
      if (clientId !== undefined) deliveries = deliveries.where('client_id', '=', clientId)
      return mapPage(await readListPage(connection, deliveries, query, { newestFirst: true }), toDelivery)
    },

    /** Claims a due delivery for one attempt. Only one of several processes gets it. The claim ends with the lease. */
    async claim(id: string, now: number): Promise<LogoutDelivery | undefined> {
      const row = await changeOpen({ attempted_at: now, next_attempt_at: now + LOGOUT_LEASE })
        .set((delivery) => ({ attempts: delivery('attempts', '+', 1) }))
        .where('id', '=', id)
        .where('next_attempt_at', '<=', now)
        .returningAll()
        .executeTakeFirst()
      return row && toDelivery(row)
    },

    /** Records the result of the attempt that claimed the delivery. @returns whether that attempt still has the claim */
    async report(delivery: LogoutDelivery): Promise<boolean> {
      const { numUpdatedRows } = await changeOpen(toRow(delivery))
        .where('id', '=', delivery.id)
        .where('attempts', '=', delivery.attempts)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

/** The deliveries of every tenant that are due, the longest due first. */
export function dueLogoutDeliveries(connection: Connection, now: number, limit: number): ReturnType<typeof dueRows> {
  return dueRows(connection, 'logout_delivery', now, limit)
}

function toRow(delivery: LogoutDelivery): Row {
  return {
    id: delivery.id,
    tenant_id: delivery.tenantId,
    realm_id: delivery.realmId,
    client_id: delivery.clientId,
    user_id: delivery.userId,
    session_id: delivery.sessionId,
    status: delivery.status,
    attempts: delivery.attempts,
    response_status: delivery.responseStatus,
    error: delivery.error,
    created_at: delivery.createdAt,
    attempted_at: delivery.attemptedAt,
    next_attempt_at: delivery.nextAttemptAt,
    settled_at: delivery.settledAt,
  }
}

function toDelivery(row: Row): LogoutDelivery {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    clientId: row.client_id,
    userId: row.user_id,
    sessionId: row.session_id,
    status: row.status as LogoutDelivery['status'],
    attempts: row.attempts,
    responseStatus: row.response_status,
    error: row.error as LogoutDelivery['error'],
    createdAt: row.created_at,
    attemptedAt: row.attempted_at,
    nextAttemptAt: row.next_attempt_at,
    settledAt: row.settled_at,
  }
}
