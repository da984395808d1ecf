// Reads the challenges of a response (RFC 9110 §11.6.1).

/** One challenge: its scheme in lower case, and its parameters. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

const TOKEN = /[\w!#$%&'*+.^`|~-]+/y
const QUOTED = /"((?:[^"\\]|\\.)*)"/y

/** The challenges of a header `WWW-Authenticate`. What is malformed ends them. */
export function challengesOf(header: string | null): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  const text = header ?? ''
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (!found) return undefined
    at += found[0].length
    return found[1] ?? found[0]
  }
  for (;;) {
    take(/[\s,]*/y)
    const name = take(TOKEN)
    if (name === undefined) return challenges
    if (take(/\s*=\s*/y) === undefined) {
      challenges.push({ scheme: name.toLowerCase(), parameters: {} })
      continue
    }
    const quoted = take(QUOTED)
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? take(TOKEN)
    const last = challenges.at(-1)
    if (value === undefined || !last) return challenges
    last.parameters[name.toLowerCase()] ??= value
  }
}

/** The challenge of a response to a request with an access token, that with an error first. */
export function tokenChallengeOf(response: Response): Readonly<Record<string, string>> | undefined {
  const ours = challengesOf(response.headers.get('www-authenticate')).filter(
    ({ scheme }) => scheme === 'bearer' || scheme === 'dpop',
  )
  return (ours.find(({ parameters }) => parameters.error !== undefined) ?? ours[0])?.parameters
}
