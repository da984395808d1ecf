// The fields of a user that say who a person is besides name and address (OpenID Connect Core §5.1).
import * as z from 'zod'
import { editable } from '#kernel/declared-fields.ts'
import { label } from '#kernel/field.ts'

const url = z.url({ protocol: /^https?$/ }).max(2000)
// Stored in the column of the profile, which the store maps.
// Events say that one of them was changed, not what it is: they are kept for ever.
const optional = { initial: null, codec: null, audited: 'name' } as const

/** A postal address (OpenID Connect Core §5.1.1). */
export const PostalAddress = z.strictObject({
  formatted: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .optional()
    .describe('The full address; lines are separated by newlines.'),
  streetAddress: z.string().trim().min(1).max(300).optional(),
  locality: label(200).optional().describe('The city.'),
  region: label(200).optional().describe('The state or province.'),
  postalCode: label(40).optional(),
  country: label(100).optional(),
})
export type PostalAddress = z.output<typeof PostalAddress>

/** The fields, all of which may be null. */
export const PERSON_FIELDS = {
  middleName: editable(label(200).nullable(), optional),
  nickname: editable(label(200).nullable(), optional),
  profileUrl: editable(url.nullable().describe('The URL of the profile page.'), optional),
  picture: editable(url.nullable().describe('The URL of a picture of the person.'), optional),
  website: editable(url.nullable(), optional),
  gender: editable(label(50).nullable(), optional),
  birthdate: editable(
    z
      .string()
      .regex(/^\d{4}(-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?$/, 'a date as YYYY-MM-DD, or a year as YYYY')
      .nullable()
      .describe('YYYY-MM-DD, or YYYY; 0000 where the year is unknown.'),
    optional,
  ),
  zoneinfo: editable(
    z
      .string()
      .max(64)
      .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/, 'the name of a time zone, such as Europe/Berlin')
      .nullable()
      .describe('The time zone, such as Europe/Berlin.'),
    optional,
  ),
  locale: editable(
    z
      .string()
      .max(35)
      .regex(/^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$/, 'a language tag, such as de-CH')
      .nullable()
      .describe('The language, such as de-CH.'),
    optional,
  ),
  address: editable(PostalAddress.nullable().describe('The postal address.'), {
    ...optional,
    view: PostalAddress.nullable(),
  }),
}
