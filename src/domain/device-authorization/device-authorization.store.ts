// Reads and writes device authorizations.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import type { DeviceAuthorizationTable } from '#database/tables/tokens.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { DeviceAuthorization, DeviceAuthorizationStatus } from './device-authorization.ts'
import type { DeviceAuthorizationQuery } from './device-authorization-view.ts'
import { polledStore } from './polled.store.ts'

export type DeviceAuthorizationStore = ReturnType<typeof deviceAuthorizationStore>

type Row = Selectable<DeviceAuthorizationTable>

/** The user who approved, and the session and family that the approval began. */
export interface DeviceApproval {
  readonly userId: string
  readonly sessionId: string
  readonly familyId: string
  readonly organizationId: string | null
}

/** The device authorizations of one tenant. */
export function deviceAuthorizationStore(connection: Connection, tenantId: string) {
  return {
    ...found(connection, tenantId),
    ...polledStore(connection, tenantId, 'device_authorization'),
    ...decided(connection, tenantId),
  }
}

function found(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const all = () => kysely.selectFrom('device_authorization').selectAll().where('tenant_id', '=', tenantId)
  return {
    /** Inserts a device authorization. @returns false if the user code is in use */
    async insert(authorization: DeviceAuthorization): Promise<boolean> {
      const rows = await kysely
        .insertInto('device_authorization')
        .values(toRow(authorization, tenantId))
        .onConflict((conflict) => conflict.column('user_code_hash').doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    async find(realmId: string, id: string): Promise<DeviceAuthorization | undefined> {
      const row = await all().where('realm_id', '=', realmId).where('id', '=', id).executeTakeFirst()
      return row && toDeviceAuthorization(row)
    },

    async findByDeviceCode(hash: string): Promise<DeviceAuthorization | undefined> {
      const row = await all().where('device_code_hash', '=', hash).executeTakeFirst()
      return row && toDeviceAuthorization(row)
    },

    /** One page of a realm's device authorizations, newest first. @param query.status `expired` is pending no more */
    async list(
      realmId: string,
      { status, userId, clientId, ...query }: DeviceAuthorizationQuery,
      now: number,
    ): Promise<Page<DeviceAuthorization>> {
      let listed = all().where('realm_id', '=', realmId)
      if (status !== undefined) listed = listed.where('status', '=', status === 'expired' ? 'pending' : status)
      if (status === 'pending') listed = listed.where('expires_at', '>', now)
      if (status === 'expired') listed = listed.where('expires_at', '<=', now)
      if (userId !== undefined) listed = listed.where('user_id', '=', userId)
      if (clientId !== undefined) listed = listed.where('client_id', '=', clientId)
      return mapPage(await readListPage(connection, listed, query, { newestFirst: true }), toDeviceAuthorization)
    },

    async findByUserCode(realmId: string, hash: string): Promise<DeviceAuthorization | undefined> {
      const row = await all().where('realm_id', '=', realmId).where('user_code_hash', '=', hash).executeTakeFirst()
      return row && toDeviceAuthorization(row)
    },
  }
}

// Each decision is one conditional update, so only one of several concurrent decisions succeeds.
function decided({ kysely }: Connection, tenantId: string) {
  const update = updaterOf(kysely, tenantId)
  const forUser = (id: string, userId: string, now: number) =>
    update(id)
      .where('status', '=', 'pending')
      .where('expires_at', '>', now)
      .where(({ or, eb }) => or([eb('user_id', 'is', null), eb('user_id', '=', userId)]))
  return {
    /** Binds it to the first user who sees it. @returns whether it is undecided and bound to this user */
    async claim(id: string, userId: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await forUser(id, userId, now).set({ user_id: userId }).executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Releases it for another user while it is undecided. */
    async release(id: string, userId: string): Promise<void> {
      await update(id).set({ user_id: null }).where('status', '=', 'pending').where('user_id', '=', userId).execute()
    },

    /**
     * Approves it.
     * @returns the approved device authorization; undefined if it was already decided, has expired or belongs to
     *   another user
     */
    async approve(id: string, approval: DeviceApproval, now: number): Promise<DeviceAuthorization | undefined> {
      const row = await forUser(id, approval.userId, now)
        .set({
          status: 'approved',
          decided_at: now,
          user_id: approval.userId,
          session_id: approval.sessionId,
          family_id: approval.familyId,
          organization_id: approval.organizationId,
        })
        .returningAll()
        .executeTakeFirst()
      return row && toDeviceAuthorization(row)
    },

    /** Denies it. @returns whether it was undecided and bound to this user */
    async deny(id: string, userId: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await forUser(id, userId, now)
        .set({ status: 'denied', decided_at: now, user_id: userId })
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Denies it for whichever user saw it. @returns whether it was undecided */
    async withdraw(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await update(id)
        .where('status', '=', 'pending')
        .where('expires_at', '>', now)
        .set({ status: 'denied', decided_at: now })
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

function updaterOf(kysely: Connection['kysely'], tenantId: string) {
  return (id: string) =>
    kysely.updateTable('device_authorization').where('id', '=', id).where('tenant_id', '=', tenantId)
}

function toRow(authorization: DeviceAuthorization, tenantId: string): Row {
  return {
    id: authorization.id,
    tenant_id: tenantId,
    realm_id: authorization.realmId,
    client_id: authorization.clientId,
    device_code_hash: authorization.deviceCodeHash,
    user_code_hash: authorization.userCodeHash,
    user_code: authorization.userCode,
    scopes: authorization.scopes.join(' '),
    resources: JSON.stringify(authorization.resources),
    details: authorization.details.length === 0 ? null : JSON.stringify(authorization.details),
    ip: authorization.ip,
    user_agent: authorization.userAgent,
    poll_interval: authorization.pollInterval,
    polled_at: authorization.polledAt,
    status: authorization.status,
    user_id: authorization.userId,
    session_id: authorization.sessionId,
    family_id: authorization.familyId,
    organization: authorization.organization,
    organization_id: authorization.organizationId,
    created_at: authorization.createdAt,
    expires_at: authorization.expiresAt,
    decided_at: authorization.decidedAt,
    consumed_at: authorization.consumedAt,
  }
}

function toDeviceAuthorization(row: Row): DeviceAuthorization {
  return {
    id: row.id,
    realmId: row.realm_id,
    clientId: row.client_id,
    deviceCodeHash: row.device_code_hash,
    userCodeHash: row.user_code_hash,
    userCode: row.user_code,
    scopes: row.scopes.split(' ').filter(Boolean),
    resources: JSON.parse(row.resources),
    details: row.details === null ? [] : JSON.parse(row.details),
    ip: row.ip,
    userAgent: row.user_agent,
    pollInterval: row.poll_interval,
    status: row.status as DeviceAuthorizationStatus,
    userId: row.user_id,
    sessionId: row.session_id,
    familyId: row.family_id,
    organization: row.organization,
    organizationId: row.organization_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    consumedAt: row.consumed_at,
    polledAt: row.polled_at,
    decidedAt: row.decided_at,
  }
}
