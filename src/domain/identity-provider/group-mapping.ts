// Owns the rules by which what a provider says of a person gives groups and roles.
import * as z from 'zod'
import { idOf, idOut } from '#kernel/field.ts'

/** How many rules a provider can have. */
export const RULES_MAX = 100
/** How many values of one claim are looked at. */
const VALUES_MAX = 5000
const MATCHES = ['equals', 'contains', 'prefix'] as const

const GIVES = ['groupId', 'roleId', 'organizationRoleId'] as const

const Rule = z
  .strictObject({
    claim: z
      .string()
      .min(1)
      .max(500)
      .describe('The claim, as its name or as a path with dots; the SAML or LDAP attribute by its name.'),
    match: z.enum(MATCHES).default('equals').describe('How one of its values has to be like `value`.'),
    value: z.string().min(1).max(1000),
    groupId: idOf('group').nullable().default(null).describe('The group that the person becomes a member of.'),
    roleId: idOf('role').nullable().default(null).describe('The role that the person gets.'),
    organizationRoleId: idOf('role')
      .nullable()
      .default(null)
      .describe('The role that the person gets in the organization of the provider.'),
  })
  .refine((rule) => GIVES.filter((name) => rule[name] !== null).length === 1, {
    message: 'needs one of groupId, roleId and organizationRoleId',
  })

/** The rules of a provider. */
export const groupMapping = z
  .array(Rule)
  .max(RULES_MAX)
  .describe(
    'Rules that give groups and roles at each sign-in, by `claim`, `match` (`equals`, `contains` or `prefix`) and `value`, each with one of `group_id`, `role_id` and `organization_role_id`. What no rule gives any more is taken away.',
  )

/** How the rules of a provider are shown. */
export const groupMappingView = z.array(
  z.object({
    claim: z.string(),
    match: z.enum(MATCHES),
    value: z.string(),
    groupId: idOut('group').nullable(),
    roleId: idOut('role').nullable(),
    organizationRoleId: idOut('role').nullable(),
  }),
)

/** One rule. */
export type GroupRule = Readonly<z.output<typeof Rule>>

/**
 * The rules that fit what a provider says of a person.
 * @param options `isDirectory` for LDAP, where names and values are compared without regard to case
 */
export function rulesThatFit(
  rules: readonly GroupRule[],
  claims: Readonly<Record<string, unknown>>,
  { isDirectory }: { readonly isDirectory: boolean },
): GroupRule[] {
  const form = (text: string) => (isDirectory ? text.toLowerCase() : text)
  const told = isDirectory
    ? Object.fromEntries(Object.entries(claims).map(([name, value]) => [form(name), value]))
    : claims
  return rules.filter(({ claim, match, value }) => {
    const expected = form(value)
    return textsOf(claimAt(told, form(claim))).some((text) => fits(form(text), match, expected))
  })
}

function fits(text: string, match: GroupRule['match'], value: string): boolean {
  if (match === 'equals') return text === value
  return match === 'prefix' ? text.startsWith(value) : text.includes(value)
}

/** A claim by its whole name, which may have dots, or else by a path into objects. */
function claimAt(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let place: unknown = claims
  for (const step of name.split('.')) {
    if (typeof place !== 'object' || place === null || Array.isArray(place) || !Object.hasOwn(place, step)) {
      return undefined
    }
    place = (place as Record<string, unknown>)[step]
  }
  return place
}

function textsOf(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value.slice(0, VALUES_MAX) : [value]
  return values.flatMap((one) => (['string', 'number', 'boolean'].includes(typeof one) ? [String(one)] : []))
}
