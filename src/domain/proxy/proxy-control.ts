// What the admin API may ask of the reverse proxy of this process. The room `proxy` implements it.
import type { Page } from '#kernel/page.ts'
import type { Caller } from '../proxy-rule/condition.ts'
import type { Asked } from '../proxy-rule/engine.ts'
import type { ProxyLifecycle, ProxyStatus, RuleInOrder, RulesQuery, SimulatedDecision } from './proxy.ts'

/** Whose part of the proxy is asked about. */
export interface ProxyPlace {
  readonly tenantId: string
  readonly realmId: string
}

/** The reverse proxy of this process. */
export interface ProxyControl {
  /** The sites and rules of a realm, and what happened to requests since the process started. */
  status(place: ProxyPlace): Promise<ProxyStatus>
  /**
   * One page of the rules of a realm, those of the file first: for each site its own in the order in which they are asked, then
   * those that all of them have.
   * @throws Failure `invalid_request` for an unknown cursor
   */
  rules(place: ProxyPlace, page: RulesQuery): Promise<Page<RuleInOrder>>
  /**
   * Decides about a request that nobody sent, by the engine of the data path.
   * @param host of the site; undefined for the only site of the realm
   * @throws Failure `not_found` for a site that the realm does not have, `invalid_request` for a path that would be refused
   */
  simulate(place: ProxyPlace, host: string | undefined, asked: Asked, caller: Caller): Promise<SimulatedDecision>
  /** The public URL of a realm’s site at a host; undefined if it has none there. */
  publicUrlAt(realmId: string, host: string): Promise<string | undefined>
  /** Whether it runs. @param place the realm whose rules are counted; undefined for what only the operator sees */
  lifecycle(place?: ProxyPlace): Promise<ProxyLifecycle>
  /** Listens. It changes nothing if it does already. @throws Failure `conflict` where the address is taken */
  start(): Promise<void>
  /** Stops listening, when the requests under way have ended or their time is up. */
  stop(): Promise<void>
  /** Reads the file and the rules again. @throws Failure `conflict` where the file has an error; then the old rules stay */
  reload(): Promise<void>
}
