// Asks a range service whether a password was in a leak. The service learns only the first five digits of a digest, which
// thousands of passwords share (k-anonymity).
import { createHash } from 'node:crypto'

const PREFIX = 5

/**
 * A check that says no where no service is configured, and where it does not answer: nobody is kept from a new password
 * because a service is away.
 * @param url the address before the first digits of the digest, without a slash at the end
 * @param textAt gets a text from an address
 */
export function breachCheck(
  url: string | undefined,
  textAt: (address: string, tenantId: string) => Promise<string>,
): (password: string, tenantId: string) => Promise<boolean> {
  return async (password, tenantId) => {
    if (url === undefined) return false
    const digest = createHash('sha1').update(password).digest('hex').toUpperCase()
    try {
      const lines = (await textAt(`${url}/${digest.slice(0, PREFIX)}`, tenantId)).split(/\r?\n/)
      // Services add lines with a count of 0, so that the length of the answer tells nothing.
      return lines.some((line) => {
        const [suffix = '', count] = line.split(':')
        return suffix.toUpperCase() === digest.slice(PREFIX) && Number(count) > 0
      })
    } catch {
      return false
    }
  }
}
