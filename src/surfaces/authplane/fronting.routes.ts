// The rows for fronting links.
import * as z from 'zod'
import * as links from '#domain/fronting-link/fronting-link.operations.ts'
import { FrontingLinkView, type MadeFrontingLink } from '#domain/fronting-link/fronting-link.ts'
import type { Page } from '#kernel/page.ts'
import { objectSchema } from '../dialect.ts'
import type { Reply } from '../reply.ts'
import type { Route } from '../surface.ts'
import { json, list, noContent, ok, representation, row } from './dialect.ts'

const link = representation(FrontingLinkView, {
  pick: ['sourceSlug', 'targetSlug', 'scopeMap', 'createdAt', 'createdBy', 'updatedAt'],
})
const body = {
  accept: ['source', 'target', 'scopeMap'],
  aliases: { source: 'source_slug', target: 'target_slug' },
} as const

/** 201, or 200 for what was only checked. */
const made: Reply<MadeFrontingLink> = {
  status: 201,
  mapping: link.mapping,
  shows: link.shows,
  send: (value) => ({ status: value.dryRun ? 200 : 201, body: link.encode(value) }),
  schema: () => objectSchema(link.describe()),
}

const fronting = z.object({ slug: z.string(), fronts: z.array(z.string()), fronted_by: z.array(z.string()) })
const around = json(fronting, ({ data }: Page<FrontingLinkView>, { params: { slug = '' } }) => ({
  slug,
  fronts: data.filter(({ sourceSlug }) => sourceSlug === slug).map(({ targetSlug }) => targetSlug),
  fronted_by: data.filter(({ targetSlug }) => targetSlug === slug).map(({ sourceSlug }) => sourceSlug),
}))

const AT = '/admin/fronting/{source}/{target}'

/** Fronting links (AuthPlane, “Fronting”). */
export const frontingRoutes: readonly Route[] = [
  row('POST /admin/fronting', links.frontingLinkCreate, made, {
    ...body,
    scopeParameters: [{ name: 'dry_run', description: 'true to check everything and store nothing.' }],
    fixed: ({ query: { dry_run: asked = 'false' } }) => ({ dryRun: asked !== 'false' }),
  }),
  row('GET /admin/fronting', links.frontingLinkList, list(link), { accept: ['source', 'target'] }),
  row(`GET ${AT}`, links.frontingLinkGet, ok(link)),
  row(`PATCH ${AT}`, links.frontingLinkUpdate, ok(link), { accept: ['scopeMap'] }),
  row(`DELETE ${AT}`, links.frontingLinkDelete, noContent),
  row('GET /admin/resources/{slug}/fronting', links.frontingLinkList, around, {
    pick: ['resource'],
    path: { slug: 'resource' },
    fixed: { limit: 200 },
  }),
]
