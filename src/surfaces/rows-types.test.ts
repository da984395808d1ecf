// Checks that rows with unknown names do not compile.
import { test } from 'node:test'
import * as z from 'zod'
import { partnerGet, partnerUpdate } from '#domain/partner/partner.operations.ts'
import { PartnerView } from '#domain/partner/partner.ts'
import { UserView } from '#domain/user/user.ts'
import { computed, json, list, ok, representation, rows } from './scaikey/dialect.ts'

// What must not compile: `npm run check` fails where one of these does.

const row = rows({ scope: async (_request, places) => places.platform() })
const partner = representation(PartnerView, { omit: ['version'] })
const AT = 'PATCH /api/v1/admin/partners/{id}'

test('a name that the schema lacks is no row', () => {
  // @ts-expect-error: a partner has no such member
  representation(PartnerView, { names: { contactMail: 'contact_email' } })
  // @ts-expect-error: nor this one to leave out
  representation(PartnerView, { omit: ['versions'] })
  representation(
    PartnerView,
    {},
    // @ts-expect-error: nor is there such a one to compute from
    { mail: computed(z.string(), ({ contactMail }: z.output<typeof PartnerView>) => contactMail) },
  )
  // @ts-expect-error: its input has no such member
  row(AT, partnerUpdate, ok(partner), { names: { maxTenant: 'max_tenants' } })
  // @ts-expect-error: nor one of that name for the path
  row('PATCH /api/v1/admin/partners/{slug}', partnerUpdate, ok(partner), { path: { slug: 'ids' } })
  // @ts-expect-error: what is fixed is of the input’s type
  row(AT, partnerUpdate, ok(partner), { fixed: { maxTenants: 'many' } })
  // @ts-expect-error: the operation answers with a partner, not with a user
  row('GET /api/v1/admin/partners/{id}', partnerGet, ok(representation(UserView)))
  // @ts-expect-error: nor with a list
  row('GET /api/v1/admin/partners/{id}', partnerGet, list(partner))
  // @ts-expect-error: what a row writes itself is of its schema
  json(z.object({ message: z.string() }), () => ({ message: 7 }))
})
