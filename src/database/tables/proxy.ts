// The tables of the reverse proxy.
import type { Flag, Json, Optional, Versioned } from './column.ts'

/** An application behind the proxy: its address, and the server there. */
export interface ProxySiteTable extends Versioned {
  id: string
  tenant_id: string
  realm_id: string
  application_id: string
  public_url: string
  /** The host of the public URL; unique. */
  host: string
  upstream: string
  audience: Optional<string>
  signs_identity: Flag
  passes_token: Flag
  health_path: Optional<string>
  timeout_seconds: number
  enabled: Flag
}

/** Who may send which requests to an application, or to every application of a realm. */
export interface ProxyRuleTable extends Versioned {
  id: string
  tenant_id: string
  realm_id: string
  /** Null for every application of the realm. */
  application_id: Optional<string>
  name: string
  path: string
  methods: Json
  require: string
  scopes: Json
  tier: Optional<string>
  machines_only: Flag
  priority: number
  mode: string
  enabled: Flag
}
