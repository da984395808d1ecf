// The fields, inputs and views of proxy sites: at which address people reach an application, and the server behind it.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, fixed, VERSIONED } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text
const originText = z
  .string()
  .max(300)
  .refine(isOrigin, {
    message: 'must be an origin, such as https://app.example.com: a scheme and a host in lower case',
  })
  .refine((text) => /^https?:/.test(text), { message: 'must be http or https' })

/**
 * The host of a site as requests name it: with its port, unless that is 80 or 443. A server has one site at a host, since a
 * request does not say by which scheme it came.
 */
export function hostOf(publicUrl: string): string {
  return plainHost(new URL(publicUrl).host)
}

/** A host in lower case, without a port that is 80 or 443. */
export function plainHost(host: string): string {
  return host.toLowerCase().replace(/:(?:80|443)$/, '')
}

/** The path that a health probe asks for. */
export const healthPath = z
  .string()
  .max(300)
  .regex(/^\/[!-~]*$/, { message: 'must be a path' })

/** What a site may say about how requests are forwarded, in the database and in the file. */
export const SITE_CHOICES = {
  audience: z
    .string()
    .min(1)
    .max(2000)
    .nullable()
    .describe('The identifier of the resource that access tokens must be for; null selects the public URL.'),
  signsIdentity: z
    .boolean()
    .describe('Whether requests also carry `X-Identity-Token`: the caller in a JWT that the key of the realm signs.'),
  passesToken: z
    .boolean()
    .describe('Whether the access token of the caller is passed on. By default, the proxy keeps it.'),
  healthPath: healthPath
    .nullable()
    .describe('A path of the upstream that answers 2xx while it is well; null for none.'),
  timeoutSeconds: z
    .number()
    .int()
    .min(1)
    .max(600)
    .describe('How long the upstream may take until its answer begins, and between two pieces of it.'),
} as const

/** The fields of a proxy site. */
export const ProxySiteFields = declare({
  id: constant(idOut('proxy_site')),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(idOut('realm')),
  applicationId: fixed(idOf('application').describe('The application that people reach there.')),
  publicUrl: editable(
    originText.describe('The origin that people and programs use. A server has one site at a host with its port.'),
  ),
  upstream: editable(
    originText.describe('The origin that requests are forwarded to: public and https, or listed by the operator.'),
  ),
  audience: editable(SITE_CHOICES.audience, { initial: null }),
  signsIdentity: editable(SITE_CHOICES.signsIdentity, { initial: false }),
  passesToken: editable(SITE_CHOICES.passesToken, { initial: false }),
  healthPath: editable(SITE_CHOICES.healthPath, { initial: null }),
  timeoutSeconds: editable(SITE_CHOICES.timeoutSeconds, { initial: 30 }),
  enabled: editable(z.boolean().describe('Whether requests are forwarded.'), { initial: true }),
  ...VERSIONED,
})

/** The input for a new site. */
export const NewProxySite = z.strictObject(ProxySiteFields.creation)
export type NewProxySite = z.output<typeof NewProxySite>

/** The input for an update; absent members stay unchanged. */
export const ProxySitePatch = z.strictObject({ id: idOf('proxy_site'), ...ProxySiteFields.patch, ifVersion })
export type ProxySitePatch = z.output<typeof ProxySitePatch>

export const ProxySiteQuery = listQuery('created_at')
export type ProxySiteQuery = z.output<typeof ProxySiteQuery>

/** A site: an application behind the reverse proxy. */
export type ProxySite = NounOf<typeof ProxySiteFields>

/** The schema of a site in admin responses. */
export const ProxySiteView = z.object(ProxySiteFields.view)
export type ProxySiteView = z.output<typeof ProxySiteView>
