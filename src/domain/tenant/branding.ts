// What a tenant shows of itself on the hosted pages, and the settings that cannot be switched on.
import type * as z from 'zod'
import { freeObject } from '#kernel/field.ts'

/** What the hosted pages show of a tenant. */
export interface Brand {
  /** The tenant's name; undefined for the first tenant, which is the operator's. */
  readonly tenant?: string
  /** `#rrggbb`. */
  readonly color?: string
  /** A `data:` URL of an image. */
  readonly logo?: string
}

const COLOR = /^#[0-9a-f]{6}$/i
const LOGO = /^data:image\/(png|jpeg|webp|gif|svg\+xml)(;base64)?,[\w!$&'()*+,;=:@/?%.~-]+$/

/** A branding: any members, of which `color` and `logo` are shown on the hosted pages. */
export const brandingObject = freeObject().superRefine(({ color, logo }, issue) => {
  refuse(issue, 'color', color === undefined || isText(color, COLOR), 'must be a color as #rrggbb')
  refuse(
    issue,
    'logo',
    logo === undefined || isText(logo, LOGO),
    'must be a data: URL of a PNG, JPEG, WebP, GIF or SVG image',
  )
})

const NO_EFFECT = 'has no effect here: second factors are demanded by min_aal of a realm, and by admin_min_aal'

/** Settings: any members, but nothing is switched on that has no effect here. */
export const settingsObject = freeObject().superRefine((settings, issue) => {
  const { mfa, mfa_required: flat } = settings as { mfa?: unknown; mfa_required?: unknown }
  const members = typeof mfa === 'object' && mfa !== null ? Object.entries(mfa) : [['', mfa] as const]
  const on = members.some(([name, value]) => ['', 'required', 'enabled'].includes(name) && value === true)
  refuse(issue, 'mfa', !on, NO_EFFECT)
  refuse(issue, 'mfa_required', flat !== true, NO_EFFECT)
})

/** The part of a branding that the hosted pages show. What an older version accepted and cannot be shown is left out. */
export function brandOf({ color, logo }: Readonly<Record<string, unknown>>): Brand {
  return { ...(isText(color, COLOR) && { color }), ...(isText(logo, LOGO) && { logo }) }
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value)
}

function refuse(issue: z.RefinementCtx, path: string, isRight: boolean, message: string): void {
  if (!isRight) issue.addIssue({ code: 'custom', path: [path], message })
}
