// A failure in the words of a wire: its flaws, and the sentence that repeats the first of them, use wire names.
import { Failure, type Flaw } from '#kernel/error.ts'

/**
 * The same failure with wire names. Anything else is returned as it is.
 * @param wireName the wire name of a path in the operation’s input
 */
export function inWireNames(error: unknown, wireName: (path: string) => string): unknown {
  if (!(error instanceof Failure) || !error.detail.flaws) return error
  const { message, flaws } = error.detail
  const [first] = flaws
  const prefix = `${first?.path}: `
  const renamed = message !== undefined && first?.path && message.startsWith(prefix)
  return new Failure(error.code, {
    ...error.detail,
    ...(message !== undefined && {
      message: plainKeys(renamed ? `${wireName(first.path)}: ${message.slice(prefix.length)}` : message),
    }),
    flaws: flaws.map(({ path, message }): Flaw => ({ path: wireName(path), message: plainKeys(message) })),
  })
}

// The decoder marks an unknown key with a space where it equals the name of a member (see `codec.ts`).
function plainKeys(message: string): string {
  return message.startsWith('Unrecognized key') || message.includes(': Unrecognized key')
    ? message.replaceAll(/"(\S+) "/g, '"$1"')
    : message
}
