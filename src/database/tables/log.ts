// The tables of events, counters, webhooks and mails.
import type { Flag, Json, Millis, Optional, Versioned } from './column.ts'

export interface EventTable {
  id: string
  tenant_id: string
  /** 1, 2, 3 … within the tenant. */
  seq: number
  type: string
  occurred_at: Millis
  actor_kind: string
  actor_id: string
  actor_label: string | null
  subject_type: string
  subject_id: string
  /** Null for what has no name, and in events from before there was the column. */
  subject_label: Optional<string>
  realm_id: string | null
  result: string
  ip: string | null
  user_agent: string | null
  request_id: string | null
  surface: string
  data: Json
  /** HMAC-SHA256 over the row before it in the chain and this row, base64url. */
  hash: string
}

export interface EventHeadTable {
  tenant_id: string
  seq: number
  hash: string
  /** How many of them say that a token was issued. */
  tokens: number
}

/** Where a tenant's chain begins after its older part was purged. */
export interface EventCheckpointTable {
  tenant_id: string
  /** The last entry that was purged, and its hash; 0 and the hash before the first entry if none was. */
  seq: number
  hash: string
  /** The tokens of all links to this one were purged. The links stay as long as the events do. */
  tokens_seq: number
  /** How many of the purged entries were events, and not tokens. */
  events: number
  /** Whether nothing is left of what was purged. */
  cleared: Flag
  /** HMAC-SHA256 over the other columns, base64url. */
  mac: string
}

/** Counts that are kept as things happen. */
export interface CounterTable {
  tenant_id: string
  name: string
  /** When the span begins that it counts, milliseconds since 1970; 0 for what is there now. */
  bucket: Millis
  /** The directory or realm that it counts in. */
  place: string
  value: number
}

export interface WebhookTable extends Versioned {
  id: string
  tenant_id: string
  url: string
  description: Optional<string>
  events: Json
  active: Flag
  /** How deliveries look on the wire: body, headers and signature. */
  profile: string
  /** Sealed, for a signature is made with the secret itself. */
  secret: string
  /** The sealed secret before it, which signs too until its time is over. */
  previous_secret: Optional<string>
  previous_until: Optional<Millis>
  /** The realm and the client of a stream of Shared Signals, and its state. */
  realm_id: Optional<string>
  client_id: Optional<string>
  stream: Optional<Json>
}

/** Where a webhook is in its tenant’s events, and who is delivering. */
export interface WebhookQueueTable {
  webhook_id: string
  tenant_id: string
  /** The last event that has a delivery, or needs none. */
  seq: number
  /** The process that is delivering. */
  holder: Optional<string>
  /** Until when the holder has it; without one, when to go on; null where nothing is to do before the next event. */
  wake_at: Optional<Millis>
  /** How many deliveries were given up since the last that succeeded. */
  dead_in_row: number
}

export interface WebhookDeliveryTable {
  id: string
  tenant_id: string
  webhook_id: string
  event_id: string
  event_type: string
  /** Null for a test. */
  event_seq: Optional<number>
  /** event, replay or test */
  kind: string
  /** pending → delivered, or failed → … → delivered or dead */
  status: string
  attempts: number
  response_status: Optional<number>
  error: Optional<string>
  duration_ms: Optional<number>
  created_at: Millis
  attempted_at: Optional<Millis>
  /** When the next attempt is due; null once it is settled. */
  next_attempt_at: Optional<Millis>
  settled_at: Optional<Millis>
}

/** How often requests of one minute were refused. */
export interface RefusalTable {
  id: string
  tenant_id: string
  realm_id: string
  /** When the minute began. */
  minute: Millis
  client_id: string
  error: string
  reason: string
  network: string
  count: number
}

export interface MailTable {
  id: string
  tenant_id: string
  /** The realm it is sent for. */
  realm_id: string
  kind: string
  /** What it is about: an invitation. */
  about_id: Optional<string>
  recipient: string
  subject: string
  /** Sealed, for it holds a live link; null once nothing will be sent any more. */
  body: Optional<string>
  /** queued → sent, failed or withdrawn */
  status: string
  /** What wrote it; null before the first try. */
  template: Optional<string>
  attempts: number
  /** Why the last try failed. */
  error: Optional<string>
  /** What the mail server answered to the last try. */
  response_code: Optional<number>
  /** When it is of no use any more. */
  expires_at: Millis
  created_at: Millis
  attempted_at: Optional<Millis>
  /** When the next try is due; for one under way, when it counts as lost; null once it is settled. */
  next_attempt_at: Optional<Millis>
  settled_at: Optional<Millis>
  /** The day for whose limit it counts: when that began; null while it counts for none. */
  counted_on: Optional<Millis>
}

/** Who sends the mails of a realm, and how many. */
export interface MailSettingsTable {
  realm_id: string
  tenant_id: string
  settings: Json
  /** Sealed. */
  smtp_password: Optional<string>
  /** Sealed. */
  http_secret: Optional<string>
  version: number
  created_at: Millis
  updated_at: Millis
}

/** Who sends the text messages of a realm, and how many. */
export interface SmsSettingsTable {
  realm_id: string
  tenant_id: string
  settings: Json
  /** Sealed. */
  secret: Optional<string>
  /** Sealed. */
  authorization: Optional<string>
  /** When the last day began on which a message was queued, and how many were. */
  day: Millis
  sent: number
  version: number
  created_at: Millis
  updated_at: Millis
}

/** How many mails of a realm were sent on the last day on which any was. */
export interface MailDayTable {
  realm_id: string
  tenant_id: string
  /** When the day began. */
  day: Millis
  sent: number
}

/** What a realm writes in its mails instead of what the server does. */
export interface MailTemplateTable {
  realm_id: string
  kind: string
  language: string
  tenant_id: string
  content: Json
  version: number
  created_at: Millis
  updated_at: Millis
}

/** What a client is told of a session that ended. */
export interface LogoutDeliveryTable {
  id: string
  tenant_id: string
  realm_id: string
  client_id: string
  user_id: string
  session_id: string
  /** queued → delivered, failed or withdrawn */
  status: string
  attempts: number
  response_status: Optional<number>
  error: Optional<string>
  created_at: Millis
  attempted_at: Optional<Millis>
  /** When the next attempt is due; for one under way, when it counts as lost; null once it is settled. */
  next_attempt_at: Optional<Millis>
  settled_at: Optional<Millis>
}
