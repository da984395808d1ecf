import * as z from 'zod'
import { idOf, idOut, ifVersion, label, time } from '#kernel/field.ts'
import { scopeToken } from '../client/client.ts'

/** mint: this server signs the tokens for it. */
export const RESOURCE_BACKENDS = ['mint'] as const
export const RESOURCE_STATUSES = ['active', 'suspended'] as const

const SLUG = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/
const SLUG_MAX = 64
// A backslash, white space or a control character lets two parsers see two resources.
const AMBIGUOUS = /[\\\s\p{Cc}]/u

/**
 * What is wrong with a resource identifier; undefined where nothing is. An absolute http or https URI without a
 * fragment (RFC 8707 §2) and without user information.
 */
export function flawOfIdentifier(identifier: string): string | undefined {
  if (identifier.length > 2000) return 'is longer than 2000 characters'
  if (AMBIGUOUS.test(identifier)) return 'contains white space, a backslash or a control character'
  if (identifier.includes('#')) return 'has a fragment'
  if (!/^https?:\/\/[^/?]/.test(identifier) || !URL.canParse(identifier)) return 'is not an absolute http or https URI'
  const { username, password } = new URL(identifier)
  return username || password ? 'has user information' : undefined
}

/** A slug for an identifier: its host and path, `https://api.example.com/v1` as `api-example-com-v1`. */
export function slugFor(identifier: string): string {
  const plain = identifier
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[^a-z0-9]+/g, '-')
  return plain.slice(0, SLUG_MAX).replace(/^-+|-+$/g, '') || 'resource'
}

const identifier = z.string().superRefine((uri, issue) => {
  const flaw = flawOfIdentifier(uri)
  if (flaw) issue.addIssue({ code: 'custom', message: `the identifier ${flaw}` })
})

const ScopeView = z.object({ name: z.string(), description: z.string() })
const Scope = z.strictObject({
  name: scopeToken,
  description: z
    .string()
    .trim()
    .max(500)
    .regex(
      /^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u,
      'may not contain control or bidirectional formatting characters',
    )
    .default('')
    .describe('What it lets a client do, in words for the person who consents.'),
})

const fields = {
  slug: z
    .string()
    .regex(SLUG, 'up to 64 lower-case letters, digits and hyphens, with no hyphen first or last')
    .describe('A short name that may stand for the identifier in requests to this API.'),
  name: label(200).describe('What people see it called.'),
  scopes: z
    .array(Scope)
    .max(200)
    .refine((scopes) => new Set(scopes.map(({ name }) => name)).size === scopes.length, 'a scope is there twice')
    .describe('The scopes that tokens for it may carry.'),
}

/** What a new resource needs: its identifier; everything else has a default. */
export const NewResource = z.strictObject({
  identifier: identifier.describe(
    'The absolute URI that clients name it by (RFC 8707); matched byte for byte, never changed.',
  ),
  slug: fields.slug.optional().describe('A short name for it. Default: made of its host and path.'),
  name: fields.name.optional().describe('What people see it called. Default: its slug.'),
  backend: z.enum(RESOURCE_BACKENDS).default('mint').describe('mint: this server signs the tokens for it.'),
  scopes: fields.scopes.default([]),
})
export type NewResource = z.output<typeof NewResource>

/** What may be changed about a resource; what is left out stays, the scopes are replaced whole. */
export const ResourcePatch = z.strictObject({
  id: idOf('resource'),
  slug: fields.slug.optional(),
  name: fields.name.optional(),
  scopes: fields.scopes.optional(),
  status: z.enum(RESOURCE_STATUSES).optional().describe('No tokens are issued for a suspended resource.'),
  ifVersion,
})
export type ResourcePatch = z.output<typeof ResourcePatch>

/** A protected resource of a tenant: an API that tokens are for (RFC 8707). */
export interface Resource {
  readonly id: string
  readonly tenantId: string
  /** The audience of its tokens; compared byte for byte. */
  readonly identifier: string
  readonly slug: string
  readonly name: string
  readonly backend: (typeof RESOURCE_BACKENDS)[number]
  readonly scopes: readonly { readonly name: string; readonly description: string }[]
  readonly status: (typeof RESOURCE_STATUSES)[number]
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** A resource as admin surfaces show it. */
export const ResourceView = z.object({
  id: idOut('resource'),
  identifier: z.string(),
  slug: z.string(),
  name: z.string(),
  backend: z.enum(RESOURCE_BACKENDS),
  scopes: z.array(ScopeView),
  status: z.enum(RESOURCE_STATUSES),
  tenantId: idOut('tenant'),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type ResourceView = z.output<typeof ResourceView>

/** A resource as admin surfaces show it. */
export function viewResource(resource: Resource): ResourceView {
  return { ...resource, scopes: [...resource.scopes] }
}
