// Shows one operation in the API documentation.
import {
  type ApiBody,
  type ApiDocument,
  type ApiParameter,
  type ApiReference,
  isError,
  type Listed,
  resolved,
} from './api-docs-document.ts'
import { curlExample } from './api-docs-example.ts'
import { entryList, schemaView } from './api-docs-schema.ts'
import { type Content, html, type Markup } from './markup.ts'
import { prose } from './prose.ts'

const words = {
  permission: 'Permission',
  reach: 'Reach',
  events: 'Events',
  open: 'No credential needed',
  deprecated: 'Deprecated',
  parameters: 'Parameters',
  request: 'Request',
  responses: 'Responses',
  example: 'curl',
  exampleOf: (summary: string) => `curl example: ${summary}`,
  link: (summary: string) => `Link to ${summary}`,
  places: { path: 'In the path', query: 'In the query', header: 'Headers', cookie: 'Cookies' } as Readonly<
    Record<string, string>
  >,
}

/** What every operation of one page is shown with. */
export interface Docs {
  readonly document: ApiDocument
  /** Name of the environment variable for the key in the curl examples. */
  readonly keyVariable: string
  /** Whether the error body is described once for all operations. */
  readonly errorsShared: boolean
}

/** One operation: its head is always seen, its parts unfold. */
export function operationView(docs: Docs, listed: Listed): Markup {
  const { document, keyVariable } = docs
  const { anchor, method, path, operation } = listed
  const summary = operation.summary ?? `${method} ${path}`
  return html`<article class="operation" id=${anchor}>
    <h3>
      ${summary}
      ${operation.deprecated && html` <span class="flag">${words.deprecated}</span>`}
      <a class="anchor" href=${`#${anchor}`} aria-label=${words.link(summary)}>#</a>
    </h3>
    <p class="route">${methodTag(method)} <code>${path}</code></p>
    ${operation.description && html`<div class="prose">${prose(operation.description)}</div>`}
    ${grants(listed)}
    ${parameters(document, listed.parameters)}
    ${request(document, operation.requestBody)}
    ${responses(docs, operation.responses ?? {})}
    ${fold(words.example, html`<pre tabindex="0" role="group" aria-label=${words.exampleOf(summary)}><code>${curlExample(document, listed, keyVariable)}</code></pre>`)}
  </article>`
}

/** The method as a coloured tag. */
export function methodTag(method: string): Markup {
  return html`<span class=${`method ${method.toLowerCase()}`}>${method}</span>`
}

function fold(summary: Content, content: Content): Markup {
  return html`<details><summary>${summary}</summary><div class="folded">${content}</div></details>`
}

/** What a caller needs, and what the audit log will tell. */
function grants({ operation, secured }: Listed): Content {
  const lines: readonly [name: string, values: readonly string[]][] = [
    [words.permission, [operation['x-permission'] ?? []].flat()],
    [words.reach, [operation['x-reach'] ?? []].flat()],
    [words.events, operation['x-events'] ?? []],
  ]
  return html`<ul class="grants">
    ${!secured && html`<li>${words.open}</li>`}
    ${lines.map(([name, values]) => values.length > 0 && html`<li>${name}: ${codes(values)}</li>`)}
  </ul>`
}

function codes(values: readonly string[]): Content {
  return values.map((value, index) => [index > 0 && ', ', html`<code>${value}</code>`])
}

function parameters(document: ApiDocument, all: readonly ApiParameter[]): Content {
  if (all.length === 0) return undefined
  const places = [...new Set(all.map((parameter) => parameter.in))]
  return fold(
    [words.parameters, count(all.length)],
    places.map((place) => {
      const entries = all
        .filter((parameter) => parameter.in === place)
        .map(({ name, schema = true, required = false, description, deprecated }) => {
          return { name, schema, required, description, deprecated }
        })
      return html`<div><p class="place">${words.places[place] ?? place}</p>${entryList(document, entries)}</div>`
    }),
  )
}

function request(document: ApiDocument, body: ApiBody | ApiReference | undefined): Content {
  const resolvedBody = body && resolved<ApiBody>(document, body)
  if (!resolvedBody) return undefined
  return fold(words.request, [
    resolvedBody.description && prose(resolvedBody.description),
    contents(document, resolvedBody),
  ])
}

function responses({ document, errorsShared }: Docs, all: Readonly<Record<string, ApiBody | ApiReference>>): Content {
  const entries = Object.entries(all)
  if (entries.length === 0) return undefined
  return fold(
    [words.responses, html`<span class="statuses">${entries.map(([status]) => html` <span>${status}</span>`)}</span>`],
    entries.map(([status, response]) => {
      const resolvedBody = resolved<ApiBody>(document, response)
      const body = resolvedBody && !(errorsShared && isError(status)) && contents(document, resolvedBody)
      return html`<div class="response">
        <p><strong>${status}</strong> ${resolvedBody?.description}</p>
        ${body}
      </div>`
    }),
  )
}

function contents(document: ApiDocument, body: ApiBody): Content {
  return Object.entries(body.content ?? {}).map(
    ([type, { schema }]) => html`<div>
      <p class="place"><code>${type}</code></p>
      ${schema !== undefined && schemaView(document, schema)}
    </div>`,
  )
}

function count(number: number): Markup {
  return html`<span class="count">${number}</span>`
}
