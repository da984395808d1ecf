// The page of the API documentation.
import { ENGLISH } from '#language/language.ts'
import {
  type ApiDocument,
  type ApiSchema,
  type ApiSecurityScheme,
  type Group,
  groupsOf,
  type Listed,
  sharedErrorSchema,
} from './api-docs-document.ts'
import { type Docs, methodTag, operationView } from './api-docs-operation.ts'
import { schemaView } from './api-docs-schema.ts'
import { type Frame, pageText } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { prose } from './prose.ts'

export interface ApiDocsProps {
  readonly frame: Frame
  readonly document: ApiDocument
  /** Where the document itself is served, for example `/openapi.json`. */
  readonly documentUrl?: string | undefined
  /** Name of the environment variable for the key in the curl examples; `COUNTERSIGN_ADMIN_API_KEY` if absent. */
  readonly keyVariable?: string | undefined
  /** What is shown of the operations; all of them if absent. */
  readonly selection?: ApiDocsSelection | undefined
}

/** What a reader asked for. */
export interface ApiDocsSelection {
  /** The path of the page, which the search form and the links lead to. */
  readonly path: string
  /** Words that are all in what is shown of an operation: its path, its summary, its permission. */
  readonly search: string
  /** The only operation to show, by its anchor. */
  readonly operation: string | undefined
}

/** Up to this many operations, the navigation shows them without unfolding. */
const unfolded = 40
/** At most this many operations are shown in full. */
const shownMost = 12

const words = {
  product: 'Countersign',
  untagged: 'Other',
  navigation: 'Operations',
  version: (version: string) => `Version ${version}`,
  size: (operations: number) => (operations === 1 ? '1 operation' : `${operations} operations`),
  document: 'OpenAPI document',
  server: 'Server',
  authentication: 'Authentication',
  schemes: {
    bearer: 'Bearer token in the Authorization header',
    basic: 'HTTP basic authentication',
    apiKey: (name: string, place: string) => `${name} (${place})`,
  },
  search: 'Search in paths, summaries and permissions',
  find: 'Search',
  choose: 'Search, or choose an operation.',
  nothing: 'No operation has these words.',
  more: (count: number) => `${count} more operations have these words. Search for more words to see them.`,
  errors: 'Errors',
  errorsText: 'Every error has the same body',
}

/**
 * The browsable documentation of an API: a navigation by tag and every operation, folded, on one page. Rendering takes
 * time in proportion to the document, so a server renders it once.
 */
export function apiDocs({
  frame,
  document,
  documentUrl,
  keyVariable = 'COUNTERSIGN_ADMIN_API_KEY',
  selection,
}: ApiDocsProps): string {
  const groups = [...groupsOf(document, words.untagged)].sort(byName)
  const operations = groups.reduce((sum, group) => sum + group.operations.length, 0)
  const { title, version, description } = document.info
  const errorSchema = sharedErrorSchema(document)
  const docs: Docs = { document, keyVariable, errorsShared: errorSchema !== undefined }
  const content = [
    navigation(groups, operations <= unfolded, selection),
    html`<main id="content" tabindex="-1">
      <div class="intro">
        <h1>${title}</h1>
        <p class="aside">
          ${words.version(version)} · ${words.size(operations)}
          ${documentUrl && html` · <a href=${documentUrl}>${words.document}</a>`}
        </p>
        ${description && html`<div class="prose">${prose(description)}</div>`}
        <dl class="facts">${servers(document)}${authentication(document)}${errors(document, errorSchema)}</dl>
      </div>
      ${selection && searchForm(selection)}
      ${selected(groups, selection).map((group) => groupView(docs, group))}
      ${selection && outcome(groups, selection)}
    </main>`,
  ]
  return pageText({ frame, title, content, wide: true })
}

/**
 * The documentation of this server's own API.
 * @param document as it is served at `/openapi.json`; what it lacks of an OpenAPI document stays empty
 * @param selection what to show of it: with a path, only what was searched for, so that the page stays small
 */
export function renderApiDocs(
  document: Readonly<Record<string, unknown>>,
  { documentUrl = '/openapi.json', ...selection }: Partial<ApiDocsSelection> & { readonly documentUrl?: string } = {},
): string {
  const info = { title: words.product, version: '', ...(document.info ?? {}) }
  return apiDocs({
    // The documents of the API are in English.
    frame: { brand: { name: words.product }, language: ENGLISH },
    document: { ...document, info },
    documentUrl,
    ...(selection.path !== undefined && {
      selection: { search: '', operation: undefined, ...selection, path: selection.path },
    }),
  })
}

/** The operations that are shown. Without a search there are none: the navigation leads to each. */
function selected(groups: readonly Group[], selection: ApiDocsSelection | undefined): readonly Group[] {
  if (selection === undefined) return groups
  const matches = findings(groups, selection).slice(0, shownMost)
  return groups
    .map((group) => ({ ...group, operations: group.operations.filter((listed) => matches.includes(listed)) }))
    .filter(({ operations }) => operations.length > 0)
}

function findings(groups: readonly Group[], { search, operation }: ApiDocsSelection): readonly Listed[] {
  const all = groups.flatMap(({ operations }) => operations)
  if (operation !== undefined) return all.filter(({ anchor }) => anchor === operation)
  const asked = search.toLowerCase().split(/\s+/).filter(Boolean)
  if (asked.length === 0) return []
  return all.filter((listed) => {
    const { summary = '', description = '', tags = [], 'x-permission': permission = '' } = listed.operation
    const text = [listed.anchor, listed.method, listed.path, summary, description, ...tags, permission].join(' ')
    return asked.every((word) => text.toLowerCase().includes(word))
  })
}

function searchForm({ path, search }: ApiDocsSelection): Markup {
  return html`<form class="search" role="search" method="get" action=${path}>
    <label for="q">${words.search}</label>
    <input id="q" name="q" type="search" value=${search} maxlength="100" />
    <button class="button secondary" type="submit">${words.find}</button>
  </form>`
}

/** A name of a noun in words: `linked_account` is "Linked account". */
function readable(name: string): string {
  const text = name.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function byName(one: Group, other: Group): number {
  return readable(one.name).localeCompare(readable(other.name), 'en')
}

function outcome(groups: readonly Group[], selection: ApiDocsSelection): Content {
  if (selection.search === '' && selection.operation === undefined) return html`<p>${words.choose}</p>`
  const { length } = findings(groups, selection)
  if (length === 0) return html`<p role="status">${words.nothing}</p>`
  return length > shownMost ? html`<p role="status">${words.more(length - shownMost)}</p>` : undefined
}

function navigation(groups: readonly Group[], open: boolean, selection: ApiDocsSelection | undefined): Markup {
  const target = (anchor: string) =>
    selection === undefined ? `#${anchor}` : `${selection.path}?operation=${encodeURIComponent(anchor)}#${anchor}`
  return html`<nav class="contents" aria-label=${words.navigation}>
    ${groups.map(
      ({ name, operations }) => html`<details open=${open}>
        <summary>${readable(name)}<span class="count">${operations.length}</span></summary>
        <ul>
          ${operations.map(
            ({ anchor, method, path, operation }) => html`<li>
              <a href=${target(anchor)}>${methodTag(method)} <span>${operation.summary ?? path}</span></a>
            </li>`,
          )}
        </ul>
      </details>`,
    )}
  </nav>`
}

function groupView(docs: Docs, group: Group): Markup {
  return html`<section class="group" aria-labelledby=${group.anchor}>
    <h2 id=${group.anchor}>${readable(group.name)}</h2>
    ${group.description && html`<div class="prose">${prose(group.description)}</div>`}
    ${group.operations.map((listed) => operationView(docs, listed))}
  </section>`
}

function servers({ servers = [] }: ApiDocument): Content {
  if (servers.length === 0) return undefined
  return html`<div>
    <dt>${words.server}</dt>
    ${servers.map(({ url, description }) => html`<dd><code>${url}</code> ${description}</dd>`)}
  </div>`
}

function authentication({ components }: ApiDocument): Content {
  const schemes = Object.values(components?.securitySchemes ?? {}) as readonly ApiSecurityScheme[]
  if (schemes.length === 0) return undefined
  return html`<div>
    <dt>${words.authentication}</dt>
    ${schemes.map((scheme) => html`<dd>${schemeName(scheme)}${scheme.description && prose(scheme.description)}</dd>`)}
  </div>`
}

function schemeName({ type, scheme, name, in: place }: ApiSecurityScheme): string {
  if (type === 'apiKey') return words.schemes.apiKey(name ?? '', place ?? '')
  if (type !== 'http') return type
  return scheme === 'basic' ? words.schemes.basic : words.schemes.bearer
}

function errors(document: ApiDocument, schema: ApiSchema | undefined): Content {
  if (schema === undefined) return undefined
  return html`<div>
    <dt>${words.errors}</dt>
    <dd>
      <details>
        <summary>${words.errorsText}</summary>
        <div class="folded">${schemaView(document, schema)}</div>
      </details>
    </dd>
  </div>`
}
