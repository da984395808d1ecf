// The replies that a row may have: a thing, a list, a value of the row’s own, a file, a page, a redirect or a table.
import type * as z from 'zod'
import { type Codec, describe, describeObject, encoderOf, type Mapping } from './codec.ts'
import { Content } from './content.ts'
import { type AnyPage, arrayOf, type Dialect, type ObjectDescription, objectSchema, type PageStyle } from './dialect.ts'
import type { WireReply } from './surface.ts'

type Members = Record<string, unknown>

/** How a surface represents a noun (RFC 9110 §3.2): its schema, the mapping of its members, and computed members. */
export interface Representation<Value> {
  readonly encode: (value: Value) => object
  readonly describe: () => ObjectDescription
  /** Rows decode by it as well: a member is accepted by the name by which it is shown. */
  readonly mapping: Mapping<Members>
  /** The members of the schema that are shown. */
  readonly shows: readonly string[]
}

/** A member that the wire shows and the schema does not have. */
export interface Computed<Value> {
  /** For OpenAPI; optional for a member that some things lack; a function that makes JSON Schema where another representation is shown. */
  readonly schema: z.ZodType | (() => object)
  readonly of: (value: Value) => unknown
}

/** How a row replies. `Value` is what its operation returns. */
export interface Reply<Value> {
  readonly status: number
  readonly mapping?: Mapping<Members>
  readonly shows?: readonly string[]
  readonly page?: PageStyle
  /** The reply as JSON; absent for a reply without a body. */
  readonly encode?: (value: Value, request: ReplyRequest) => unknown
  /** The JSON Schema of the reply. */
  readonly schema?: () => object
  /** The media type of a reply that is not JSON. */
  readonly type?: string
  /** The whole reply, where it is not JSON. */
  readonly send?: (value: Value, request: ReplyRequest) => Omit<WireReply, 'status'> & { readonly status?: number }
}

/** The parts of a request that a reply may depend on. */
export interface ReplyRequest {
  readonly params: Readonly<Record<string, string>>
  /** The page parameters, parsed by the page style. */
  readonly page: unknown
  readonly body: unknown
}

/** The functions that make representations and replies in one dialect. */
export function repliesIn(dialect: Dialect) {
  /** 200 with one thing. @param constants members with fixed texts, which stand first */
  function ok<Value>(
    { encode, describe, mapping, shows }: Representation<Value>,
    constants: Readonly<Record<string, string>> = {},
  ): Reply<Value> {
    return {
      status: 200,
      mapping,
      shows,
      encode: (value) => ({ ...constants, ...(dialect.envelope(encode(value)) as object) }),
      schema: () => withConstants(constants, dialect.describeEnvelope?.(describe()) ?? describe()),
    }
  }

  return {
    representation: representationIn(dialect),
    ok,

    /** A computed member. */
    computed<Value>(schema: z.ZodType, of: (value: Value) => unknown): Computed<Value> {
      return { schema, of }
    },

    /** A computed member with a list of things. */
    computedList<Value, Item>(
      { encode, describe }: Representation<Item>,
      of: (value: Value) => readonly Item[],
    ): Computed<Value> {
      return { schema: () => arrayOf(objectSchema(describe())), of: (value) => of(value).map(encode) }
    },

    /** 201 with the thing that was created. */
    created<Value>(representation: Representation<Value>): Reply<Value> {
      return { ...ok(representation), status: 201 }
    },

    /** All that the operation returns. @param status Default: 200, or 204 for an operation that returns nothing */
    output({ output }: { readonly output: z.ZodType }, status?: number): Reply<unknown> {
      if (output.def.type === 'void') return { status: status ?? 204 }
      // An operation’s schema is read when its first reply is written.
      let encode: ((value: unknown) => unknown) | undefined
      return {
        status: status ?? 200,
        encode: (value) => {
          encode ??= encoderOf(dialect, output)
          return encode(value)
        },
        schema: () => describe(dialect, output, 'output'),
      }
    },

    /** JSON that the row writes itself, for replies that no noun has. */
    json<Schema extends z.ZodType, Value>(
      schema: Schema,
      encode: (value: Value, request: ReplyRequest) => z.input<Schema>,
      status = 200,
    ): Reply<Value> {
      return { status, encode, schema: () => describe(dialect, schema, 'output') }
    },

    /** 204 without a body. */
    noContent: { status: 204 } satisfies Reply<unknown>,
  }
}

/** A function that replies 200 with a page of things. @param usual the page style where a list names none */
export function listsIn(usual: PageStyle) {
  /** @param plural the member that holds the things, where the page style has one */
  return function list<Value>(
    { encode, describe, mapping, shows }: Representation<Value>,
    plural = 'data',
    page: PageStyle = usual,
  ): Reply<AnyPage & { readonly data: readonly Value[] }> {
    return {
      status: 200,
      mapping,
      shows,
      page,
      encode: (found, { page: parameters }) => page.encode(found.data.map(encode), found, parameters as never, plural),
      schema: () => page.schema(objectSchema(describe()), plural),
    }
  }
}

function representationIn(dialect: Dialect) {
  /**
   * A noun’s representation. A name that its schema lacks does not compile.
   * @param more members that the wire shows besides, by their wire names
   */
  return function representation<Schema extends z.ZodObject>(
    schema: Schema,
    mapping: Mapping<z.output<Schema>> = {},
    more: Readonly<Record<string, Computed<z.output<Schema>>>> = {},
  ): Representation<z.output<Schema>> {
    const own = mapping as Mapping<Members>
    const encode = encoderOf(dialect, schema, own)
    const { pick, ...rest } = own
    const isShown = (name: string) => (pick?.includes(name) ?? true) && !rest.omit?.includes(name)
    const names = Object.keys(schema.shape)
    return {
      mapping: { ...rest, omit: names.filter((name) => !isShown(name)) },
      shows: names.filter(isShown),
      encode: (value) => {
        const encoded = encode(value) as Members
        for (const [name, { of }] of Object.entries(more)) encoded[name] = of(value)
        return encoded
      },
      describe: () => {
        const { properties, required } = describeObject(dialect, schema, 'output', own)
        for (const [name, { schema: part }] of Object.entries(more))
          properties[name] = typeof part === 'function' ? part() : describe(dialect, part, 'output')
        const isAlways = ([, { schema: part }]: [string, Computed<never>]) =>
          typeof part === 'function' || part.def.type !== 'optional'
        return {
          properties,
          required: [
            ...required,
            ...Object.entries(more)
              .filter(isAlways)
              .map(([name]) => name),
          ],
        }
      },
    }
  }
}

/** The same reply, inside a member. */
export function within<Value>(member: string, { encode, schema, ...same }: Reply<Value>): Reply<Value> {
  return {
    ...same,
    ...(encode && { encode: (value, request) => ({ [member]: encode(value, request) }) }),
    ...(schema && { schema: () => objectSchema({ properties: { [member]: schema() }, required: [member] }) }),
  }
}

/** Server-sent events of an operation that streams: each output as a reply about it. */
export function eachOf<Item>({ status, encode, schema }: Reply<Item>): Reply<AsyncIterable<Item>> {
  return {
    status,
    // Outputs are written one by one; the type is that of all of them.
    ...(encode && { encode: (item, request) => encode(item as Item, request) }),
    ...(schema && { schema }),
  }
}

/** A reply about a part of what the operation returns. */
export function replyAbout<Whole, Part>(reply: Reply<Part>, select: (whole: Whole) => Part): Reply<Whole> {
  const { encode, send, ...same } = reply
  return {
    ...same,
    ...(encode && { encode: (whole, request) => encode(select(whole), request) }),
    ...(send && { send: (whole, request) => send(select(whole), request) }),
  }
}

function withConstants(
  constants: Readonly<Record<string, string>>,
  { properties, required }: ObjectDescription,
): object {
  const names = Object.keys(constants)
  const texts = Object.fromEntries(names.map((name) => [name, { type: 'string' }]))
  return objectSchema({ properties: { ...texts, ...properties }, required: [...names, ...required] })
}

/** A file. @param headers `content-disposition` where it has a name */
export function file<Value>(
  type: string,
  encode: (
    value: Value,
    request: ReplyRequest,
  ) => { chunks: Content['chunks']; type?: string; headers?: Record<string, string> },
): Reply<Value> {
  return {
    status: 200,
    type,
    send: (value, request) => {
      const { chunks, headers, type: own } = encode(value, request)
      return { body: new Content(own ?? type, chunks), ...(headers && { headers }) }
    },
  }
}

/** An HTML page. */
export function html<Value>(render: (value: Value, request: ReplyRequest) => string): Reply<Value> {
  return file('text/html; charset=utf-8', (value, request) => ({ chunks: render(value, request) }))
}

/** A redirect (RFC 9110 §15.4.3). */
export function redirect<Value>(to: (value: Value, request: ReplyRequest) => string): Reply<Value> {
  return { status: 302, send: (value, request) => ({ body: undefined, headers: { location: to(value, request) } }) }
}

/** A table in CSV (RFC 4180), line by line, of an operation that streams. @param columns by their titles */
export function csv<Item>(
  name: (request: ReplyRequest) => string,
  columns: Readonly<Record<string, (item: Item) => string | null>>,
): Reply<AsyncIterable<Item>> {
  return file('text/csv; charset=utf-8', (items, request) => ({
    chunks: csvLines(items, columns),
    headers: { 'content-disposition': `attachment; filename="${name(request)}"` },
  }))
}

async function* csvLines<Item>(items: AsyncIterable<Item>, columns: Record<string, (item: Item) => string | null>) {
  yield `${Object.keys(columns).join(',')}\r\n`
  const cells = Object.values(columns)
  for await (const item of items) yield `${cells.map((cell) => csvCell(cell(item))).join(',')}\r\n`
}

// A spreadsheet takes a cell that begins so for a formula (OWASP, “CSV Injection”).
const FORMULA = /^[=+\-@\t\r]/

function csvCell(text: string | null): string {
  const plain = text ?? ''
  const harmless = FORMULA.test(plain) ? `'${plain}` : plain
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** A free object that the wire writes as JSON in a text. */
export function jsonText(schema: z.ZodType): Codec {
  return {
    schema,
    encode: (value: unknown) => JSON.stringify(value),
    decode: (text) => {
      if (typeof text !== 'string') return text
      try {
        return JSON.parse(text)
      } catch {
        return text
      }
    },
  }
}
