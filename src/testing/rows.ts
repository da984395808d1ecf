// Owns complete database rows for tests that are not about their columns.
import { randomUUID } from 'node:crypto'
import type { Insertable } from 'kysely'
import type { EventDraft, TokenDraft } from '#database/database.ts'
import type { Schema } from '#database/schema.ts'

// Rows with every column filled in, for tests that are not about what is in them.

/** A partner of that id and slug. */
export function partnerRow(row: Partial<Insertable<Schema['partner']>> = {}): Insertable<Schema['partner']> {
  const id = randomUUID()
  return { id, name: 'P', slug: `p-${id}`, status: 'active', version: 1, created_at: 1, updated_at: 1, ...row }
}

/** An event as an emitter drafts it. */
export function eventDraft(draft: Partial<EventDraft> = {}): EventDraft {
  return {
    id: randomUUID(),
    tenant_id: randomUUID(),
    type: 'user.created',
    occurred_at: 1_800_000_000_000,
    actor_kind: 'system',
    actor_id: 'system',
    actor_label: null,
    subject_label: null,
    subject_type: 'user',
    subject_id: randomUUID(),
    realm_id: null,
    result: 'success',
    ip: null,
    user_agent: null,
    request_id: null,
    surface: 'test',
    data: '{}',
    ...draft,
  }
}

/** An issuance as the token endpoint drafts it. */
export function issuanceDraft(draft: Partial<TokenDraft> = {}): TokenDraft {
  return {
    id: randomUUID(),
    tenant_id: randomUUID(),
    realm_id: randomUUID(),
    client_id: randomUUID(),
    client_name: 'c1',
    client_label: 'Client',
    user_id: null,
    session_id: null,
    family_id: null,
    parent_id: null,
    confirmation: null,
    act: null,
    ip: null,
    user_agent: null,
    request_id: null,
    surface: 'test',
    grant_type: 'client_credentials',
    audience: 'https://api.example.com',
    scopes: 'read',
    kid: 'k1',
    token_hash: 'h',
    issued_at: 1_800_000_000_000,
    expires_at: 1_800_000_300_000,
    ...draft,
  }
}
