// The JSON objects that tenants have: a branding, and settings, of which none can be switched on that has no effect here.
import type * as z from 'zod'
import { freeObject } from '#kernel/field.ts'
import { flawsOfBranding } from '../branding/branding.ts'

const BRANDING_LENGTH = 32_768

/** A branding: any members, of which those of a branding are shown on hosted pages and in mails. */
export const brandingObject = freeObject(BRANDING_LENGTH).superRefine((object, issue) => {
  for (const { path, message } of flawsOfBranding(object)) issue.addIssue({ code: 'custom', path, message })
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

function refuse(issue: z.RefinementCtx, path: string, isRight: boolean, message: string): void {
  if (!isRight) issue.addIssue({ code: 'custom', path: [path], message })
}
