// Partners, for the role super_admin only (ScaiKey, “Partners”).
import * as partners from '#domain/partner/partner.operations.ts'
import { PartnerView } from '#domain/partner/partner.ts'
import type { Route } from '../surface.ts'
import { created, list, noContent, ok, representation, rows } from './dialect.ts'

const row = rows({ scope: async (_request, places) => places.platform() })

const partner = representation(PartnerView, { omit: ['version'] })

export const partnerRoutes: readonly Route[] = [
  row('GET /api/v1/admin/partners', partners.partnerList, list(partner)),
  row('POST /api/v1/admin/partners', partners.partnerCreate, created(partner)),
  row('GET /api/v1/admin/partners/{id}', partners.partnerGet, ok(partner)),
  row('PATCH /api/v1/admin/partners/{id}', partners.partnerUpdate, ok(partner)),
  row('DELETE /api/v1/admin/partners/{id}', partners.partnerDelete, noContent),
]
