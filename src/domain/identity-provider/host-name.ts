import * as z from 'zod'

// Letters of every script, as people write domains; digits, hyphens and dots. Nothing that a URL’s host would end at.
const WRITTEN = /^[\p{L}\p{M}\p{N}.-]{1,253}$/u
const HOST = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/

/** A plain host name of two labels or more, in its canonical form: lower case, in ASCII (RFC 5890 §2.3.2.1), no dot at its end. */
export const hostName = z
  .string()
  .max(253)
  .transform((text, issue) => {
    const host = canonical(text.trim().replace(/\.$/, ''))
    if (host !== undefined && HOST.test(host)) return host
    issue.addIssue({ code: 'custom', message: 'not a plain host name such as example.com' })
    return z.NEVER
  })

function canonical(text: string): string | undefined {
  const url = `https://${text}/`
  return WRITTEN.test(text) && URL.canParse(url) ? new URL(url).hostname : undefined
}
