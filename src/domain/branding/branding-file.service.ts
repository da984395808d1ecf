// Stores the files of brandings by their content: images and fonts, checked, and SVG cleaned.
import * as z from 'zod'
import { Failure, flawed } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { issuerOf } from '../realm/realm.ts'
import { changeOwn, changeTenant } from './branding.service.ts'
import { BRANDING_FILES_PATH, brandingOwner } from './branding.ts'
import { formatOf, MEDIA_TYPES } from './file-format.ts'
import { cleanSvg } from './svg.ts'

/** The longest file, in bytes. */
export const FILE_MAX = 184_320
/** How many files a tenant can have, and their bytes. */
export const FILES_MAX = { files: 100, bytes: 8_388_608 } as const

const FORMATS = {
  logo: ['png', 'jpg', 'webp', 'svg'],
  favicon: ['png', 'jpg', 'webp', 'svg'],
  font: ['woff2'],
} as const

const upload = {
  as: z
    .enum(['logo', 'favicon', 'font'])
    .describe('What it is: an image in PNG, JPEG, WebP or SVG, or a font in WOFF2. The content says which.'),
  content: z
    .base64()
    .max((FILE_MAX / 3) * 4)
    .describe('The file in base64: at most 180 KiB. Of SVG only what is harmless is stored.'),
  use: z
    .boolean()
    .default(true)
    .describe('Whether the branding refers to it from now on. A file that none refers to is purged after a day.'),
}

export const NewBrandingFile = z.strictObject(upload)
export const NewRealmBrandingFile = z.strictObject({ ...brandingOwner, ...upload })
type NewFile = z.output<typeof NewRealmBrandingFile>

export const BrandingFileView = z.object({
  file: z.string().describe('Its name, for `logo`, `favicon` or `font`: the SHA-256 of the content, and its format.'),
  mediaType: z.string(),
  bytes: z.number().int(),
  path: z.string().describe('Where it is, below the issuer of each realm of the tenant.'),
  url: z.string().optional().describe('Where it is, for a realm.'),
})
export type BrandingFileView = z.output<typeof BrandingFileView>

/**
 * Stores a file, and has the branding of the tenant, or that of the realm of the request or of what is named, refer to it.
 * @throws Failure `invalid_input` for what is not such a file, `limit_reached`, `not_found`
 */
export async function uploadBrandingFile(
  context: Context,
  { as, content: given, use, ...owner }: NewFile,
): Promise<BrandingFileView> {
  const { content, format } = contentOf(as, Buffer.from(given, 'base64'))
  const digest = Buffer.from(context.crypto.digest(content), 'base64url').toString('hex')
  const file = `${digest}.${format}`
  const now = context.clock.now()
  await context.write(async (unit) => {
    const { files, bytes } = await unit.brandingFiles.usage(file)
    if (files >= FILES_MAX.files || bytes + content.length > FILES_MAX.bytes) {
      throw new Failure(
        'limit_reached',
        'The tenant has too many files. Those that are not used are purged after a day.',
      )
    }
    await unit.brandingFiles.add({ file, content }, now)
    await unit.brandingFiles.noteUse(now)
    unit.emit('branding.file_added', {
      subject: { type: 'tenant', id: context.scope.tenantId },
      data: { file, as, bytes: content.length },
    })
    if (!use) return
    if (context.scope.realm) await changeOwn(context, unit, owner, { [as]: file })
    else await changeTenant(context, unit, { [as]: file })
  })
  const { realm } = context.scope
  const path = `${BRANDING_FILES_PATH}/${file}`
  const url = realm && issuerOf(realm, context.registry.settings) + path
  return { file, mediaType: MEDIA_TYPES[format], bytes: content.length, path, ...(url && { url }) }
}

function contentOf(as: NewFile['as'], bytes: Buffer) {
  const format = formatOf(bytes)
  const accepted: readonly string[] = FORMATS[as]
  if (format === undefined || !accepted.includes(format)) {
    const message =
      as === 'font' ? 'not a WOFF2 font' : 'not a PNG, JPEG, WebP or SVG image of at most 4096 pixels a side'
    throw flawed('content', message)
  }
  return { format, content: format === 'svg' ? Buffer.from(cleanSvg(bytes.toString('utf8'))) : bytes }
}
