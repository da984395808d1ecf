// The fields, inputs and views of fronting links: for which resources the tokens of a gateway can be exchanged.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, VERSIONED } from '#kernel/declared-fields.ts'
import { idOut, ifVersion } from '#kernel/field.ts'
import { offsetQuery } from '#kernel/page.ts'
import { scopeToken } from '../client/client.ts'

const SCOPES_MAX = 200
/** The links of one tenant. */
export const LINKS_MAX = 500

const scopeMap = z
  .record(scopeToken, z.array(scopeToken).min(1).max(SCOPES_MAX))
  .refine((map) => Object.keys(map).length > 0, 'a link that maps no scope gives nothing')
  .refine((map) => Object.keys(map).length <= SCOPES_MAX, `at most ${SCOPES_MAX} scopes`)
  .meta({ maxProperties: SCOPES_MAX })
  .describe(
    'The scopes of the target by the scopes of the source: a token gives the scopes of the target that its own are mapped to.',
  )

/** The fields of a fronting link. */
export const FrontingLinkFields = declare({
  id: constant(idOut('fronting_link')),
  tenantId: constant(z.string(), { view: null }),
  sourceId: constant(idOut('resource')),
  targetId: constant(idOut('resource')),
  scopeMap: editable(scopeMap, { view: z.record(z.string(), z.array(z.string())) }),
  createdBy: constant(z.string().describe('Who made it, as events name the actor.')),
  ...VERSIONED,
})

const dryRun = z.boolean().default(false).describe('Whether everything is checked and nothing is stored.')

const resource = z.string().min(1).max(2000)

/** What names a link: its two ends, each by its slug, id or identifier. */
export const LinkName = z.strictObject({
  source: resource.describe('The resource that the gateway is: its slug, id or identifier.'),
  target: resource.describe('The resource behind it, for which the gateway exchanges its tokens.'),
})
export type LinkName = z.output<typeof LinkName>

/** The input for a new fronting link. */
export const NewFrontingLink = LinkName.extend({ scopeMap, dryRun })
export type NewFrontingLink = z.output<typeof NewFrontingLink>

/** The ids of the ends of a link. */
export interface LinkEnds {
  readonly sourceId: string
  readonly targetId: string
}

/** The input for an update: the scopes are replaced as a whole. */
export const FrontingLinkPatch = LinkName.extend({ scopeMap: scopeMap.optional(), ifVersion })
export type FrontingLinkPatch = z.output<typeof FrontingLinkPatch>

/** The filters of the list of links, which is read by offset. */
export const FrontingLinkQuery = offsetQuery.omit({ cursor: true }).extend({
  source: resource.optional().describe('Only links from this resource.'),
  target: resource.optional().describe('Only links to this resource.'),
  resource: resource.optional().describe('Only links from or to this resource.'),
})
export type FrontingLinkQuery = z.output<typeof FrontingLinkQuery>

/** For which resource, and which of its scopes, a gateway can exchange the tokens of another one. */
export type FrontingLink = NounOf<typeof FrontingLinkFields>

/** A link with the names of its ends. */
export const FrontingLinkView = z.object({
  ...FrontingLinkFields.view,
  sourceSlug: z.string(),
  targetSlug: z.string(),
})
export type FrontingLinkView = z.output<typeof FrontingLinkView>

/** A link that was made, or that could be. */
export const MadeFrontingLink = FrontingLinkView.extend({
  dryRun: z.boolean().describe('Whether it was only checked.'),
})
export type MadeFrontingLink = z.output<typeof MadeFrontingLink>

/** The scopes of the target that scopes of the source are mapped to. */
export function mappedScopes({ scopeMap: map }: Pick<FrontingLink, 'scopeMap'>, scopes: readonly string[]): string[] {
  return [...new Set(scopes.flatMap((scope) => (Object.hasOwn(map, scope) ? (map[scope] ?? []) : [])))]
}

/** Whether one resource leads to another one by some links, over any number of others. */
export function leadsTo(links: readonly LinkEnds[], from: string, to: string): boolean {
  const seen = new Set([from])
  const waiting = [from]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at === to) return true
    for (const { sourceId, targetId } of links) {
      if (sourceId !== at || seen.has(targetId)) continue
      seen.add(targetId)
      waiting.push(targetId)
    }
  }
  return false
}
