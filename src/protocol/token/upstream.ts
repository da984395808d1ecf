// What a token of a provider is that a client is to get.
import type { BrokerProvider } from '#domain/broker-provider/broker-provider.ts'
import type { Connection } from '#domain/connection/connection.ts'
import type { BrokerResource } from '#domain/resource/resource.ts'

/** A token of a provider that a client is to get. */
export interface Upstream {
  readonly provider: BrokerProvider
  readonly resource: BrokerResource
  /** The scopes of the resource that were asked for. */
  readonly scopes: readonly string[]
  /** Null for a service account. */
  readonly connection: Connection | null
  readonly consentUrl: string
}
