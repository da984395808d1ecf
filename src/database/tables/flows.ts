// The tables of flows and of their runs.
import type { Flag, Json, Millis, Optional, Versioned } from './column.ts'

export interface FlowTable extends Versioned {
  id: string
  tenant_id: string
  realm_id: string
  name: string
  trigger: string
  /** enabled, shadow or disabled */
  mode: string
  priority: number
  conditions: Json
  steps: Json
  /** Sealed. */
  secret: string
  /** The values of headers, sealed. */
  headers: Optional<string>
  /** The ids of the roles and organizations that the steps name, between spaces. */
  targets: string
}

export interface FlowRunTable {
  id: string
  tenant_id: string
  realm_id: string
  flow_id: string
  flow_version: number
  user_id: Optional<string>
  trigger: string
  /** enabled or shadow */
  mode: string
  outcome: string
  /** The step that decided. */
  step: Optional<string>
  reason: Optional<string>
  /** waiting → signed_in or blocked */
  actual: string
  /** Whether the sign-in ended as the flow decided. */
  agrees: Flag
  aal: Optional<number>
  metadata: Json
  timeline: Json
  started_at: Millis
  finished_at: Optional<Millis>
}
