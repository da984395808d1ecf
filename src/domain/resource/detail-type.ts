// The types of authorization details that a resource declares (RFC 9396 §2): their words for people and their schemas.
import * as z from 'zod'
import { freeObject, label } from '#kernel/field.ts'
import type { AuthorizationDetail } from '../authorization/authorization-detail.ts'
import { refusedDetails } from '../authorization/authorization-detail.ts'
import { type Client, detailTypeName } from '../client/client.ts'
import { type JsonSchema, localSchema, validatorOf } from './json-schema.ts'

/** The longest schema, in characters of JSON. */
const SCHEMA_MAX = 8192

const Action = z.strictObject({
  name: detailTypeName,
  description: label(200).describe('What the action allows, in words for the consent page.'),
})

/** A type of authorization details, as an administrator declares it. */
export const DetailType = z.strictObject({
  type: detailTypeName.describe('The value of `type` in authorization_details.'),
  title: label(120).describe('What access of this type allows, in words for the consent page.'),
  description: z
    .string()
    .trim()
    .max(500)
    .regex(
      /^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u,
      'may not contain control or bidirectional formatting characters',
    )
    .default('')
    .describe('More words for the consent page.'),
  actions: z
    .array(Action)
    .max(50)
    .refine((actions) => new Set(actions.map(({ name }) => name)).size === actions.length, 'an action is there twice')
    .default([])
    .describe('The values of `actions` that are allowed. With an empty list, the schema alone decides.'),
  schema: freeObject(SCHEMA_MAX)
    .default({})
    .describe(
      'A JSON Schema (2020-12) of the members of a detail. References stay within the schema; patterns have no groups and one repetition. The title of a property is its name on the consent page.',
    ),
})
export type DetailType = z.output<typeof DetailType>

/** The form in which admin surfaces show a type. */
export const DetailTypeView = z.object({
  type: z.string(),
  title: z.string(),
  description: z.string(),
  actions: z.array(z.object({ name: z.string(), description: z.string() })),
  schema: z.record(z.string(), z.unknown()),
})

/** A resource, as far as its types are concerned. */
export interface Declaring {
  readonly identifier: string
  readonly authorizationDetailsTypes: readonly DetailType[]
}

/** Whether a client can ask for details of a type. One that registered itself can ask for all, unless it named some. */
export function mayAskDetails(
  { authorizationDetailsTypes: types, registeredBy }: Pick<Client, 'authorizationDetailsTypes' | 'registeredBy'>,
  type: string,
): boolean {
  return types.includes(type) || (types.length === 0 && registeredBy !== 'administrator')
}

/** The declaration of a detail's type at one of several resources, and that resource. */
export function declarationOf(
  { type }: Pick<AuthorizationDetail, 'type'>,
  resources: readonly Declaring[],
): { readonly resource: Declaring; readonly declared: DetailType } | undefined {
  for (const resource of resources) {
    const declared = resource.authorizationDetailsTypes.find((each) => each.type === type)
    if (declared) return { resource, declared }
  }
  return undefined
}

/** Those of several details whose type a resource declares. */
export function detailsAt(details: readonly AuthorizationDetail[], resource: Declaring | undefined) {
  return resource ? details.filter((detail) => declarationOf(detail, [resource])) : []
}

/**
 * Checks details against the types that the asked resources declare (RFC 9396 §5).
 * @throws Failure `invalid_authorization_details`
 */
export async function checkDetails(
  details: readonly AuthorizationDetail[],
  client: Pick<Client, 'authorizationDetailsTypes' | 'registeredBy'>,
  resources: readonly Declaring[],
): Promise<void> {
  for (const detail of details) {
    const type = detail.type.length > 100 ? `${detail.type.slice(0, 100)}...` : detail.type
    const owner = declarationOf(detail, resources)
    if (!owner) throw refusedDetails(`No requested resource has authorization details of the type ${type}.`)
    if (!mayAskDetails(client, detail.type)) {
      throw refusedDetails(`The client cannot ask for authorization details of the type ${type}.`)
    }
    const flaw = flawOfDetail(detail, owner) ?? (await validatorOf(owner.declared))(detail)
    if (flaw !== undefined) throw refusedDetails(`authorization_details of the type ${type}: ${flaw}.`)
  }
}

/** RFC 9396 §2.2: `locations` name the resource, and `actions` are those that its type has words for. */
function flawOfDetail(
  { locations, actions }: AuthorizationDetail,
  { resource, declared }: NonNullable<ReturnType<typeof declarationOf>>,
): string | undefined {
  const isHere =
    Array.isArray(locations) && locations.length > 0 && locations.every((uri) => uri === resource.identifier)
  if (locations !== undefined && !isHere) return `locations must be ["${resource.identifier}"]`
  if (declared.actions.length === 0) return undefined
  const known = declared.actions.map(({ name }) => name)
  const isKnown = Array.isArray(actions) && actions.length > 0 && actions.every((name) => known.includes(name))
  return isKnown ? undefined : `actions must be a list of ${known.join(', ')}`
}

/**
 * What is wrong with the types that a resource is to declare.
 * @returns the path of each problem and a sentence
 */
export async function flawsOfDetailTypes(types: readonly DetailType[]): Promise<{ path: string; message: string }[]> {
  const flaws: { path: string; message: string }[] = []
  for (const [index, declared] of types.entries()) {
    const path = `authorizationDetailsTypes.${index}.schema`
    try {
      localSchema(declared.schema as JsonSchema)
      await validatorOf(declared)
    } catch (error) {
      flaws.push({ path, message: (error as Error).message })
    }
  }
  return flaws
}

/** The words for a person about a detail: its title, its actions, and every other value that it has. */
export interface DescribedDetail {
  readonly title: string
  readonly description: string
  readonly actions: readonly string[]
  readonly values: readonly { readonly name: string; readonly value: string }[]
}

const SAID_OTHERWISE: ReadonlySet<string> = new Set(['type', 'actions', 'locations'])

/** Describes a detail in the words of its declaration. Nothing that it has is left out. */
export function describeDetail(detail: AuthorizationDetail, declared: DetailType): DescribedDetail {
  const { title, description, actions } = declared
  const schema = localSchema(declared.schema)
  const asked = Array.isArray(detail.actions) ? detail.actions : []
  const words = asked.map((name) => actions.find((action) => action.name === name)?.description ?? String(name))
  const values = Object.entries(detail).flatMap(([name, value]) =>
    SAID_OTHERWISE.has(name) ? [] : linesOf([wordFor(name, propertyOf(schema, name))], value, propertyOf(schema, name)),
  )
  return { title, description, actions: words, values }
}

function linesOf(path: readonly string[], value: unknown, schema: unknown): { name: string; value: string }[] {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object' || item === null)) {
      return [{ name: path.join(', '), value: value.map(String).join(', ') }]
    }
    return value.flatMap((item, index) => linesOf([...path, String(index + 1)], item, memberOf(schema, 'items')))
  }
  if (typeof value !== 'object' || value === null) return [{ name: path.join(', '), value: String(value) }]
  return Object.entries(value).flatMap(([name, member]) =>
    linesOf([...path, wordFor(name, propertyOf(schema, name))], member, propertyOf(schema, name)),
  )
}

function wordFor(name: string, schema: unknown): string {
  const title = memberOf(schema, 'title')
  if (typeof title === 'string' && title !== '') return title
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase()
}

/** The schema of a property, also where a reference led to it. */
function propertyOf(schema: unknown, name: string): unknown {
  const own = memberOf(memberOf(schema, 'properties'), name)
  const parts = memberOf(schema, 'allOf')
  if (own !== undefined || !Array.isArray(parts)) return own
  return parts.map((part) => propertyOf(part, name)).find((property) => property !== undefined)
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}
