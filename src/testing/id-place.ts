// Owns what a place for an id in a request is.
import type { Noun } from '#kernel/id.ts'

/** What is sent besides the path. */
export interface Sent {
  readonly query: Readonly<Record<string, string>>
  readonly body: object | undefined
}

/** One place for an id in a query or a body. */
export interface IdPlace {
  /** What it is called there. */
  readonly name: string
  readonly in: 'query' | 'body'
  /** Of what it is; `issuer_id` for what URLs call a realm, undefined where it may be anything’s. */
  readonly noun: Noun | 'issuer_id' | undefined
  /** Whether an id of nothing is passed over instead of refused, as by a filter. */
  readonly isFilter: boolean
  readonly put: (sent: Sent, id: string) => Sent
}
