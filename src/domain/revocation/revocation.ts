// What can be revoked as a whole, and what is told of it: before as a simulation, afterwards as a report.
import * as z from 'zod'
import type { TokenOwner } from '#database/token-log/token-log.ts'
import { idOf, idOut, label, time } from '#kernel/field.ts'

/** How many of each kind a report names. */
export const SAMPLE = 20

const TARGETS = {
  tokenId: idOf('issuance').optional().describe('An issued token, by its id or jti.'),
  token: z
    .string()
    .min(1)
    .max(10_000)
    .meta({ format: 'password', writeOnly: true })
    .optional()
    .describe('An access token or refresh token, by its value.'),
  grantId: idOf('grant').optional().describe('The consent of a user to a client.'),
  clientId: idOf('client').optional().describe('A client. What people allowed it stays.'),
  userId: idOf('user').optional().describe('A user, and the agents that the user owns. Sessions end.'),
  agentId: idOf('agent').optional().describe('An agent. What people allowed it stays.'),
  sessionId: idOf('session').optional().describe('A session, which ends.'),
} as const

/** What is revoked: exactly one member is given. */
export const RevocationTarget = z
  .strictObject({
    ...TARGETS,
    reason: label(500).optional().describe('Why: for the event.'),
  })
  .refine(
    (given) => Object.keys(TARGETS).filter((name) => name in given && given[name as Target] !== undefined).length === 1,
    {
      error: `exactly one of ${Object.keys(TARGETS).length} members is needed: a token, grant, client, user, agent or session`,
      path: ['tokenId'],
    },
  )
export type RevocationTarget = z.output<typeof RevocationTarget>
export type Target = keyof typeof TARGETS

const count = z.number().int()
const few = `The first ${SAMPLE}, those with the most tokens first.`

/** The blast radius of a revocation. */
export const RevocationReport = z.object({
  tokens: z.object({
    count: count.describe('The valid access tokens that end.'),
    descendants: count.describe('How many of them were exchanged from others that end.'),
    sample: z
      .array(
        z.object({
          id: idOut('issuance'),
          clientId: idOut('client'),
          userId: idOut('user').nullable(),
          audience: z.string(),
          scopes: z.array(z.string()),
          expiresAt: time,
        }),
      )
      .describe(`The newest ${SAMPLE}.`),
  }),
  refreshTokens: count.describe('The refresh tokens that end, with their families.'),
  codes: count.describe('The authorization codes, and approvals on other devices, that nobody redeemed yet.'),
  sessions: count,
  consents: count,
  people: z.object({
    count: count.describe('The users who lose something.'),
    sample: z.array(z.object({ id: idOut('user'), email: z.string().nullable() })).describe(few),
  }),
  clients: z.object({
    count: count.describe('The clients that lose something.'),
    sample: z
      .array(z.object({ id: idOut('client'), clientId: z.string().nullable(), label: z.string().nullable() }))
      .describe(few),
  }),
  agents: z.object({
    count: count.describe('How many of the clients are agents.'),
    sample: z.array(z.object({ id: idOut('agent'), name: z.string() })).describe(`The first ${SAMPLE}.`),
  }),
})
export type RevocationReport = z.output<typeof RevocationReport>

/** Set where something that has valid tokens is to stay. */
export const onlyUnused = z
  .stringbool()
  .default(false)
  .describe('Whether it is only deleted if it has no valid token and no refresh token.')

/** What a target takes with it: a simulation counts it, a revocation ends it. */
export interface Plan {
  /** What the event is about. */
  readonly subject: { readonly type: string; readonly id: string; readonly label?: string | null }
  /** Whose tokens, refresh tokens and codes end. */
  readonly owners: readonly TokenOwner[]
  /** Single tokens that end. */
  readonly tokenIds: readonly string[]
  /** The sessions that end: one, or all of a user. */
  readonly sessions: { readonly userId: string; readonly sessionId?: string } | null
  readonly grantId: string | null
  /** The user and the client who lose something in any case. */
  readonly userId: string | null
  readonly clientId: string | null
}
