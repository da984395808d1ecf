// Owns how many requests to addresses that other people chose may be under way, so that no tenant and no host takes the
// places of others.
import { createGate, createKeyedGate } from './gate.ts'

/** For whom a request is made, and to which host. */
export interface Outbound {
  readonly tenantId: string
  readonly host: string
}

export interface BudgetOptions {
  /** Requests of a tenant at once; half of them may be to the same host. */
  readonly perTenant: number
  /** Requests to a host at once, and all requests at once. */
  readonly perHost: number
  readonly total: number
}

/** Requests that may wait for each one that may be under way. */
const WAITING = 8

/** Runs a request when the budgets of its tenant and its host have a place. */
export type Budget = <T>(who: Outbound, request: () => Promise<T>) => Promise<T>

/**
 * Makes a budget. Whoever waits for a host that hangs holds places of its own tenant only.
 * @returns throws Failure `temporarily_unavailable` if too many requests wait
 */
export function createBudget({ perTenant, perHost, total }: BudgetOptions): Budget {
  const ofTenant = createKeyedGate(perTenant, perTenant * WAITING)
  const ofTenantAtHost = createKeyedGate(Math.ceil(perTenant / 2), perTenant * WAITING)
  const ofHost = createKeyedGate(perHost, perHost * WAITING)
  const all = createGate(total, total * WAITING)
  return ({ tenantId, host }, request) =>
    ofTenantAtHost(`${tenantId} ${host}`)(() => ofTenant(tenantId)(() => ofHost(host)(() => all(request))))
}
