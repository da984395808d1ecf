// Owns the command revoke: the commands revocation create and revocation simulate, with the kind as a word.
import type { Command } from './catalog.ts'
import type { Choices } from './choices.ts'
import { usage } from './failure.ts'

/** What can be revoked, and the member that names it. */
export const REVOCABLE: Readonly<Record<string, string>> = {
  token: 'token_id',
  grant: 'grant_id',
  client: 'client_id',
  user: 'user_id',
  agent: 'agent_id',
  session: 'session_id',
}

export interface RevokeOptions {
  readonly dryRun?: boolean
  readonly reason?: string
  readonly realm?: string
  readonly server?: string
  readonly yes?: boolean
  readonly json?: boolean
}

/** The command that a line of `countersign revoke` stands for. @throws CommandFailure for an unknown kind */
export function revocationOf(
  catalog: readonly Command[],
  [kind, id]: readonly [string, string],
  { dryRun, reason, ...shared }: RevokeOptions,
): { command: Command; choices: Choices } {
  const member = Object.hasOwn(REVOCABLE, kind) ? REVOCABLE[kind] : undefined
  if (member === undefined) throw usage(`Nothing of the kind ${JSON.stringify(kind)} can be revoked.`, kinds())
  const verb = dryRun ? 'simulate' : 'create'
  const command = catalog.find((each) => each.noun === 'revocation' && each.verb === verb)
  if (!command) throw usage('This version has no revocations.')
  const flags = { [member]: [id], ...(reason !== undefined && !dryRun && { reason: [reason] }) }
  return { command, choices: { ...shared, parameters: [], flags, files: {} } }
}

function kinds(): string {
  return `The kinds are ${Object.keys(REVOCABLE).join(', ')}.`
}
