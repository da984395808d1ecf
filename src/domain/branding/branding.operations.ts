// The operations on brandings.
import * as z from 'zod'
import { operation } from '../context.ts'
import { showBranding, showTenantBranding, updateBranding, updateTenantBranding } from './branding.service.ts'
import { BrandingPatch, BrandingView, brandingOwner, noticesOf, RealmBrandingPatch } from './branding.ts'
import { BrandingFileView, NewBrandingFile, NewRealmBrandingFile, uploadBrandingFile } from './branding-file.service.ts'
import { openPreview, PreviewRequest, PreviewView } from './branding-preview.service.ts'

const CHANGES =
  'Only the given members change, each as a whole; null removes one, so that it is inherited. Colors that would make text unreadable are adjusted, and notices say which.'
const FILES =
  'The name of the file is the SHA-256 of its content. The formats are told by the content, and SVG is cleaned: only shapes, gradients and local references are left. A tenant has at most 100 files and 8 MiB.'

export const brandingGet = operation({
  name: 'branding.get',
  summary: 'Show the branding of a tenant',
  description:
    'What all realms of the tenant show on hosted pages and in mails, unless they have a branding of their own.',
  permission: 'brandings:read',
  reach: 'tenant',
  input: z.strictObject({}),
  output: BrandingView,
  errors: ['not_found'],
  events: [],
  run: showTenantBranding,
})

export const brandingUpdate = operation({
  name: 'branding.update',
  summary: 'Change the branding of a tenant',
  description: CHANGES,
  permission: 'brandings:write',
  reach: 'tenant',
  input: BrandingPatch,
  output: BrandingView,
  errors: ['not_found', 'precondition_failed'],
  events: ['branding.updated'],
  run: updateTenantBranding,
})

export const brandingUpload = operation({
  name: 'branding.upload',
  summary: 'Upload a logo, an icon or a font for a tenant',
  description: FILES,
  permission: 'brandings:write',
  reach: 'tenant',
  input: NewBrandingFile,
  output: BrandingFileView,
  errors: ['not_found', 'limit_reached'],
  events: ['branding.file_added', 'branding.updated'],
  run: uploadBrandingFile,
})

export const realmBrandingGet = operation({
  name: 'realm_branding.get',
  summary: 'Show the branding of a realm, an organization or a client',
  description: 'With client_id or organization_id, that of the client or the organization.',
  permission: 'brandings:read',
  reach: 'realm',
  input: z.strictObject(brandingOwner),
  output: BrandingView,
  errors: ['not_found', 'invalid_request'],
  events: [],
  run: showBranding,
})

export const realmBrandingUpdate = operation({
  name: 'realm_branding.update',
  summary: 'Change the branding of a realm, an organization or a client',
  description: `With client_id or organization_id, that of the client or the organization. ${CHANGES}`,
  permission: 'brandings:write',
  reach: 'realm',
  input: RealmBrandingPatch,
  output: BrandingView,
  errors: ['not_found', 'precondition_failed', 'invalid_request'],
  events: ['branding.updated'],
  run: updateBranding,
})

export const realmBrandingUpload = operation({
  name: 'realm_branding.upload',
  summary: 'Upload a logo, an icon or a font for a realm, an organization or a client',
  description: FILES,
  permission: 'brandings:write',
  reach: 'realm',
  input: NewRealmBrandingFile,
  output: BrandingFileView,
  errors: ['not_found', 'limit_reached', 'invalid_request'],
  events: ['branding.file_added', 'branding.updated'],
  run: uploadBrandingFile,
})

export const realmBrandingPreview = operation({
  name: 'realm_branding.preview',
  summary: 'Preview a branding',
  description:
    'Returns an address that shows the sign-in page, the consent page or a mail with a draft, for ten minutes. Nothing is stored. The page has neither scripts nor forms that do something, and only pages of the server and of the admin listener can embed it.',
  permission: 'brandings:write',
  reach: 'realm',
  input: PreviewRequest,
  output: PreviewView,
  errors: ['not_found', 'invalid_request'],
  events: [],
  async run(context, { clientId, organizationId, ...request }) {
    const { effective } = await showBranding(context, { clientId, organizationId })
    const { url, expiresAt, brand } = await openPreview(context, request, effective as never)
    return { url, expiresAt, notices: noticesOf(brand) }
  },
})
