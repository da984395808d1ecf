// Which branding the pages of a request show, and how pages refer to it.
import { brandFor } from '#domain/branding/branding.service.ts'
import { BRANDING_FILES_PATH, type Brand, isDataImage, textsIn } from '#domain/branding/branding.ts'
import type { Client } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import type { Id } from '#kernel/id.ts'
import { renderId } from '#kernel/id.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import { withQuery } from '#web/reply.ts'
import { digest } from './views/assets.ts'
import { BRAND_STYLE_PATH, brandStyle } from './views/brand-style.ts'
import type { Brand as ShownBrand } from './views/layout.ts'

/** What a page is for besides its realm. */
export interface BrandedFor {
  readonly client?: Pick<Client, 'id' | 'clientId'> | undefined
  readonly organizationId?: Id | undefined
}

/** A request whose pages show the branding of an organization and of a client. */
export async function brandedFor(
  context: Context,
  realmRequest: RealmRequest,
  { client, organizationId }: BrandedFor,
): Promise<RealmRequest> {
  if (realmRequest.realm.kind === 'admin') return realmRequest
  const owners = [
    organizationId && { ownerId: organizationId, of: { organization: renderId('organization', organizationId) } },
    client && { ownerId: client.id, of: { client: client.clientId } },
  ]
  const brand = await brandFor(
    context,
    realmRequest.brand,
    owners.filter((owner) => typeof owner === 'object'),
  )
  return { ...realmRequest, brand }
}

/**
 * What a page shows of a branding.
 * @param name what is shown where the branding has no name
 */
export function shownBrand({ realm, brand, language, base }: RealmRequest, name: string): ShownBrand {
  const css = brandStyle(brand)
  const texts = textsIn(brand, [language.tag, realm.defaultLanguage, 'en'])
  const fileAt = (file: string | undefined) =>
    file === undefined || isDataImage(file) ? file : `${base}${BRANDING_FILES_PATH}/${file}`
  return {
    name: realm.kind === 'admin' ? name : (brand.name ?? name),
    logoUrl: fileAt(brand.logo),
    iconUrl: fileAt(brand.favicon),
    stylesheet: css === '' ? undefined : withQuery(base + BRAND_STYLE_PATH, { ...brand.of, v: versionOf(brand) }),
    texts,
  }
}

/** The version of the stylesheet of a branding. */
export function versionOf(brand: Brand): string {
  return digest(brandStyle(brand))
}
