// Checks addresses that requests will be sent to, when they are saved.
import { Failure, flawed } from '#kernel/error.ts'
import type { Network } from './outside.ts'

/**
 * Refuses an address that no request would be sent to.
 * @param path of the address in the input
 * @throws Failure `invalid_input`
 */
export function checkAddress(
  network: Pick<Network, 'checkUrl'>,
  path: string,
  address: string | null | undefined,
): void {
  if (!address) return
  try {
    network.checkUrl(address)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const flaw = { path, message: error.message }
    throw flawed(flaw.path, flaw.message)
  }
}
