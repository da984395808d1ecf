// Decides about a request to a site: its path, its caller and the rules. All ways into the proxy share it.
import type { IncomingHttpHeaders } from 'node:http'
import type { Services } from '#domain/open-context.ts'
import type { SiteRule } from '#domain/proxy/proxied-site.ts'
import type { Decision } from '#domain/proxy-rule/engine.ts'
import { canonicalTarget, type Target } from '#domain/proxy-rule/target.ts'
import { issuerOf } from '#domain/realm/realm.ts'
import type { Callers, Identified } from './callers.ts'
import { denial, type OwnReply } from './denial.ts'
import type { Figures } from './figures.ts'
import { beginSignIn } from './sign-in.ts'
import type { PlacedSite } from './sites.ts'

/** A request as far as it is decided about. */
export interface GateRequest {
  readonly method: string
  /** The request target in origin form, as it was sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly ip: string
  readonly requestId: string
}

/** What the gate needs. */
export interface GateParts {
  readonly services: Services
  readonly callers: Callers
  readonly figures: Figures
}

/** A request that was decided about. */
export interface Passage {
  readonly target: Target
  readonly identified: Identified
  readonly decision: Decision<SiteRule>
  /** The reply of the proxy where it may not pass. */
  readonly denied: OwnReply | undefined
}

/** Decides about a request, and counts it. @throws Failure `invalid_request` for a path with more than one meaning */
export async function pass(parts: GateParts, placed: PlacedSite, request: GateRequest): Promise<Passage> {
  const { services, callers, figures } = parts
  const target = canonicalTarget(request.url)
  const { method, headers, ip, requestId } = request
  const sent = request.url.slice(0, request.url.length - target.query.length)
  const paths = sent === target.path ? [sent] : [target.path, sent]
  const identified = await callers.identify(placed, { method, headers, paths, ip, requestId })
  const decision = placed.proxied.rules.decide({ method, path: target.path }, identified.caller)
  figures.decided(placed.site, decision)
  const counts = figures.site(placed.proxied)
  if (decision.allowed) {
    counts.allowed += 1
    return { target, identified, decision, denied: undefined }
  }
  counts.denied += 1
  const issuer = issuerOf(placed.realm, services.registry.settings)
  const url = `${placed.site.publicUrl}${target.path}${target.query}`
  const signIn = () => beginSignIn(services, placed, url)
  const denied = denial({ placed, issuer, method, headers, url, identified, decision, signIn })
  return { target, identified, decision, denied }
}
