// Normalizes host names.
import * as z from 'zod'
import { domainKey } from '#kernel/identity-text.ts'

/** A host name of at least two labels as DNS has it: lower case, A-labels (UTS 46), without a dot at the end. */
export const hostName = z
  .string()
  .max(253)
  .transform((text, issue) => {
    const host = domainKey(text.trim().replace(/\.$/, ''))
    if (host?.includes('.')) return host
    issue.addIssue({ code: 'custom', message: 'not a plain host name such as example.com' })
    return z.NEVER
  })
