// The rows for what hosted pages and mails show.
import * as z from 'zod'
import * as brandings from '#domain/branding/branding.operations.ts'
import { Branding, type BrandingView } from '#domain/branding/branding.ts'
import type { BrandingFileView } from '#domain/branding/branding-file.service.ts'
import { FONT_STACK_NAMES } from '#domain/branding/fonts.ts'
import { Tokens } from '#domain/branding/tokens.ts'
import type { Codec } from '../codec.ts'
import type { Route } from '../surface.ts'
import { UploadedFile } from '../uploaded-file.ts'
import { json, noContent, row } from './dialect.ts'

const { name, color, accent, font } = Branding.shape
const Shown = z.object({
  logo_url: z.string().optional(),
  logo_sha: z.string().optional(),
  name,
  primary_color: color,
  secondary_color: accent,
  font_family: font,
})

function shown({ effective, logoUrl }: BrandingView): z.output<typeof Shown> {
  const light = effective.colors?.light
  return {
    ...(logoUrl && { logo_url: logoUrl, logo_sha: effective.logo?.split('.')[0] }),
    name: effective.name,
    primary_color: light?.primary ?? effective.color,
    secondary_color: light?.accent ?? effective.accent,
    font_family: effective.font,
  }
}

const fonts = [...FONT_STACK_NAMES]
const branding = json(z.object({ branding: Shown, fonts: z.array(z.string()) }), (view: BrandingView) => ({
  ...{ branding: shown(view), fonts },
}))
const withTokens = json(
  z.object({ data: z.object({ branding: Shown, design_tokens: Tokens }) }),
  (view: BrandingView) => ({ data: { branding: shown(view), design_tokens: view.own.tokens ?? {} } }),
)
const uploaded = json(
  z.object({ logo_url: z.string(), logo_sha: z.string() }),
  ({ file, url, path }: BrandingFileView) => ({
    ...{ logo_url: url ?? path, logo_sha: file.split('.')[0] ?? '' },
  }),
)

const file: Codec = {
  schema: z.string(),
  requestSchema: z
    .string()
    .max(245_760)
    .meta({ format: 'binary' })
    .describe('A PNG, JPEG, WebP or SVG image of at most 180 KiB. In a body of JSON, in base64.'),
  decode: (sent) => (sent instanceof UploadedFile ? sent.base64 : sent),
}

const BASE = '/api/v1/admin/branding'

/** The branding of the tenant’s pages and mails (SharkAuth, “Branding”). */
export const brandingRoutes: readonly Route[] = [
  row(`GET ${BASE}`, brandings.realmBrandingGet, branding, { pick: [] }),
  row(`PATCH ${BASE}`, brandings.realmBrandingUpdate, branding, {
    pick: ['name', 'color', 'accent', 'font', 'tokens'],
    names: { color: 'primary_color', accent: 'secondary_color', font: 'font_family', tokens: 'design_tokens' },
  }),
  row(
    `POST ${BASE}/logo`,
    brandings.realmBrandingUpload,
    { ...uploaded, status: 200 },
    {
      ...{ requestType: 'multipart/form-data', pick: ['content'], names: { content: 'logo' } },
      ...{ codecs: { content: file }, fixed: { as: 'logo' } },
    },
  ),
  row(`DELETE ${BASE}/logo`, brandings.realmBrandingUpdate, noContent, { pick: [], fixed: { logo: null } }),
  row(`PATCH ${BASE}/design-tokens`, brandings.realmBrandingUpdate, withTokens, {
    ...{ pick: ['tokens'], names: { tokens: 'design_tokens' }, required: ['tokens'] },
  }),
]
