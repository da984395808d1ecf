// Serves what pages and mails refer to of brandings: the stylesheet, and the files that were uploaded.
import { BRANDING_FILES_PATH } from '#domain/branding/branding.ts'
import { type FileFormat, MEDIA_TYPES } from '#domain/branding/file-format.ts'
import { Failure } from '#kernel/error.ts'
import { parseId } from '#kernel/id.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { brandedFor, versionOf } from './brand.ts'
import { failureReply } from './page-reply.ts'
import { BRAND_STYLE_PATH, brandStyle } from './views/brand-style.ts'

const FOR_EVER = 'public, max-age=31536000, immutable'
const FILE = /^[0-9a-f]{64}\.(png|jpg|webp|svg|woff2)$/

/** The stylesheet of a realm, or of one of its organizations and clients. Its address has the version of what it has. */
export const brandStylePage: Endpoint = {
  name: 'branding_stylesheet',
  methods: ['GET'],
  paths: [BRAND_STYLE_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const { realm, query } = realmRequest
    const clientId = query.get('client')
    const [client, organizationId] = [
      clientId === undefined ? undefined : await context.registry.client(realm.tenantId, realm.id, clientId),
      parseId('organization', query.get('organization') ?? ''),
    ]
    const { brand } = await brandedFor(context, realmRequest, { client, organizationId })
    return {
      status: 200,
      headers: {
        'content-type': 'text/css; charset=utf-8',
        'cache-control': query.get('v') === versionOf(brand) ? FOR_EVER : 'no-cache',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      },
      body: brandStyle(brand),
    }
  },
}

/**
 * An uploaded file. Its name is the digest of its content, so that a browser may keep it for ever. As a document of its own,
 * an image can do nothing.
 */
export const brandFilePage: Endpoint = {
  name: 'branding_file',
  methods: ['GET'],
  paths: [`${BRANDING_FILES_PATH}/*`],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const file = realmRequest.rest ?? ''
    const format = FILE.exec(file)?.[1] as FileFormat | undefined
    const content = format && (await contextOf(services, realmRequest).read.brandingFiles.find(file))
    if (!content) throw new Failure('not_found')
    return {
      status: 200,
      headers: {
        'content-type': MEDIA_TYPES[format],
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        // Mails show images, and only pages of the realm need its fonts.
        'cross-origin-resource-policy': format === 'woff2' ? 'same-origin' : 'cross-origin',
        'cache-control': FOR_EVER,
      },
      body: content,
    }
  },
}
