// Owns the part of OpenAPI 3.1 that the documentation shows, and finding one's way in it.

/** A JSON Schema 2020-12 as OpenAPI 3.1 uses it (§4.8.24); a boolean allows all or nothing. */
export type ApiSchema = boolean | ApiSchemaObject

/** The keywords of a schema that the documentation shows. */
export interface ApiSchemaObject {
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly example?: unknown
  readonly examples?: readonly unknown[]
  readonly properties?: Readonly<Record<string, ApiSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: ApiSchema
  readonly items?: ApiSchema
  readonly prefixItems?: readonly ApiSchema[]
  readonly allOf?: readonly ApiSchema[]
  readonly anyOf?: readonly ApiSchema[]
  readonly oneOf?: readonly ApiSchema[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly pattern?: string
  readonly deprecated?: boolean
  readonly readOnly?: boolean
  readonly writeOnly?: boolean
}

/** A pointer to another place of the document (§4.8.23). */
export interface ApiReference {
  readonly $ref: string
}

/** A named value in the path, the query, a header or a cookie (§4.8.12). */
export interface ApiParameter {
  readonly name: string
  readonly in: string
  readonly description?: string
  readonly required?: boolean
  readonly deprecated?: boolean
  readonly schema?: ApiSchema
  readonly example?: unknown
}

/** What a body of one media type holds (§4.8.14). */
export interface ApiContent {
  readonly schema?: ApiSchema
  readonly example?: unknown
}

/** A request body (§4.8.13) or a response (§4.8.17), by media type. */
export interface ApiBody {
  readonly description?: string
  readonly required?: boolean
  readonly content?: Readonly<Record<string, ApiContent>>
}

/** One method of one path (§4.8.10). */
export interface ApiOperation {
  readonly operationId?: string
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly deprecated?: boolean
  readonly parameters?: readonly (ApiParameter | ApiReference)[]
  readonly requestBody?: ApiBody | ApiReference
  readonly responses?: Readonly<Record<string, ApiBody | ApiReference>>
  /** An empty list: no credential is needed. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  /** The permission a caller must have. */
  readonly 'x-permission'?: string | readonly string[]
  /** The narrowest caller that may use it: `platform`, `tenant` or `realm`. */
  readonly 'x-reach'?: string
  /** The events it may emit. */
  readonly 'x-events'?: readonly string[]
}

/** A kind of credential (§4.8.27). */
export interface ApiSecurityScheme {
  readonly type: string
  readonly scheme?: string
  readonly in?: string
  readonly name?: string
  readonly description?: string
}

/** The operations of one path (§4.8.9). */
export interface ApiPathItem {
  readonly parameters?: readonly (ApiParameter | ApiReference)[]
  /** Operations stand under their method in lower case; a path item's other members are not shown. */
  readonly [member: string]: unknown
}

/** An OpenAPI 3.1 document (§4.8.1), as far as the documentation shows it. */
export interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly servers?: readonly { readonly url: string; readonly description?: string }[]
  readonly tags?: readonly { readonly name: string; readonly description?: string }[]
  readonly paths?: Readonly<Record<string, ApiPathItem>>
  readonly security?: ApiOperation['security']
  readonly components?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** One operation with all that the document says about it elsewhere. */
export interface Listed {
  /** Unique in the page; `operationId` if there is one. */
  readonly anchor: string
  /** In upper case. */
  readonly method: string
  readonly path: string
  readonly operation: ApiOperation
  readonly parameters: readonly ApiParameter[]
  /** Whether a credential is needed. */
  readonly secured: boolean
}

/** The operations of one tag. */
export interface Group {
  readonly name: string
  readonly description?: string | undefined
  readonly anchor: string
  readonly operations: readonly Listed[]
}

const methods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace'] as const

/** The operations by their first tag, in the order of the document's tags and then of appearance. */
export function groupsOf(document: ApiDocument, untagged: string): readonly Group[] {
  const anchors = new Set<string>()
  const byTag = new Map<string, Listed[]>((document.tags ?? []).map(({ name }) => [name, []]))
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of methods) {
      const operation = item[method] as ApiOperation | undefined
      if (!operation) continue
      const tag = operation.tags?.[0] ?? untagged
      const listed = byTag.get(tag) ?? []
      byTag.set(tag, listed)
      listed.push({
        anchor: unique(anchors, operation.operationId ?? `${method}-${path}`),
        method: method.toUpperCase(),
        path,
        operation,
        parameters: parametersOf(document, item, operation),
        secured: (operation.security ?? document.security ?? [{}]).length > 0,
      })
    }
  }
  const described = new Map((document.tags ?? []).map(({ name, description }) => [name, description]))
  return [...byTag]
    .filter(([, operations]) => operations.length > 0)
    .map(([name, operations]) => {
      return { name, description: described.get(name), anchor: unique(anchors, `tag-${name}`), operations }
    })
}

/** What stands at a local reference `#/…` (RFC 6901), or the value itself; undefined if it leads nowhere. */
export function resolved<T extends object>(document: ApiDocument, value: T | ApiReference): T | undefined {
  let at: unknown = value
  for (let hops = 0; hops < 8 && at && typeof at === 'object'; hops++) {
    if (!('$ref' in at) || typeof at.$ref !== 'string') return at as T
    at = follow(document, at.$ref)
  }
  return undefined
}

/** The schema of the error body if all error answers have the same one, else undefined. */
export function sharedErrorSchema(document: ApiDocument): ApiSchema | undefined {
  const schemas = new Map<string, ApiSchema>()
  for (const item of Object.values(document.paths ?? {})) {
    for (const method of methods) {
      for (const schema of errorSchemas(document, item[method] as ApiOperation | undefined)) {
        schemas.set(JSON.stringify(schema), schema)
      }
    }
  }
  return schemas.size === 1 ? [...schemas.values()][0] : undefined
}

function errorSchemas(document: ApiDocument, operation: ApiOperation | undefined): readonly ApiSchema[] {
  return Object.entries(operation?.responses ?? {})
    .filter(([status]) => isError(status))
    .flatMap(([, response]) => Object.values(resolved<ApiBody>(document, response)?.content ?? {}))
    .flatMap(({ schema }) => schema ?? [])
}

/** Whether a key of `responses` stands for errors: `404`, `4XX`; `default` does not say. */
export function isError(status: string): boolean {
  return /^[45]/.test(status)
}

function follow(document: ApiDocument, reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined
  let at: unknown = document
  for (const part of reference.slice(2).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    at = at && typeof at === 'object' && Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined
  }
  return at
}

function parametersOf(document: ApiDocument, item: ApiPathItem, operation: ApiOperation): readonly ApiParameter[] {
  const parameters = new Map<string, ApiParameter>()
  for (const entry of [...(item.parameters ?? []), ...(operation.parameters ?? [])]) {
    const parameter = resolved<ApiParameter>(document, entry)
    if (parameter) parameters.set(`${parameter.in} ${parameter.name}`, parameter)
  }
  return [...parameters.values()]
}

function unique(taken: Set<string>, wish: string): string {
  const stem = wish.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '') || 'operation'
  let anchor = stem
  for (let count = 2; taken.has(anchor); count++) anchor = `${stem}-${count}`
  taken.add(anchor)
  return anchor
}
