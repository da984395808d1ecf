// The limits that a client has because it belongs to an agent.

/** The limits of a client that belongs to an agent. */
export interface AgentTerms {
  /** The id of the agent. */
  readonly id: string
  /** Null if all are allowed. */
  readonly allowedTools: readonly string[] | null
  /** Token requests per minute; null for no limit. */
  readonly rateLimitRpm: number | null
  /** Milliseconds since 1970; null if it does not expire. */
  readonly expiresAt: number | null
  /** The thumbprint of its key; null for any key, or none. */
  readonly dpopJkt: string | null
}
