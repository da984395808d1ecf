// Writes the golden files and the reference pages, or checks that they are current.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildCatalog, renderCatalog } from '#cli/build-catalog.ts'
import { renderCliHelp, renderCliReference } from '#cli/help.ts'
import { everyGroup } from '#http/routes.ts'
import { renderConfigurationReference } from '#outside/config-reference.ts'
import { endpoints } from '#protocol/endpoints.ts'
import { recordedExamples } from '#surfaces/examples.ts'
import { openApi } from '#surfaces/openapi.ts'
import type { Surface } from '#surfaces/surface.ts'
import { everySurface } from '#surfaces/surfaces.ts'
import { type ApiDocument, apiPage } from './golden/api.ts'
import { attacksPage } from './golden/attacks.ts'
import { authorizationText } from './golden/authorization.ts'
import { certificationPage } from './golden/certification.ts'
import { discoveryText, errorsText, eventsText, jsonText, permissionsText, routesText } from './golden/contracts.ts'
import { coveragePage } from './golden/coverage.ts'
import { dependentsPage } from './golden/dependents.ts'
import { everyOperation } from './golden/operations.ts'
import { permissionPairsPage } from './golden/permission-pairs.ts'
import { programsText } from './golden/programs.ts'
import { errorsPage, eventsPage, permissionsPage, refusalsPage } from './golden/reference.ts'

// The golden files are the public contracts: a change of a contract appears in the diff of one of these files.
// `node tools/golden.ts` writes them, `node tools/golden.ts --check` fails if one is out of date.

interface Golden {
  readonly path: string
  readonly render: () => string | Promise<string>
}

/** How many characters of a line are shown around a difference. */
const SHOWN_MAX = 160

const operations = await everyOperation()
const surfaces = await everySurface()
const [native, ...others] = surfaces
const groups = await everyGroup()
const documentOf = async (surface: Surface) => openApi([surface], '1', await recordedExamples([surface]))
const document = await documentOf(native)
const commands = buildCatalog(native.routes)

const GOLDENS: readonly Golden[] = [
  { path: 'golden/routes.txt', render: () => routesText(groups) },
  { path: 'golden/openapi.json', render: () => jsonText(document) },
  ...others.map((surface) => ({
    path: `golden/openapi-${surface.name}.json`,
    render: async () => jsonText(await documentOf(surface)),
  })),
  { path: 'golden/authorization.txt', render: () => authorizationText(surfaces) },
  { path: 'golden/discovery.json', render: () => discoveryText(endpoints) },
  { path: 'golden/permissions.txt', render: () => permissionsText(operations) },
  { path: 'golden/errors.txt', render: errorsText },
  { path: 'golden/events.txt', render: () => eventsText(operations) },
  { path: 'golden/cli-help.txt', render: () => renderCliHelp(commands) },
  { path: 'src/cli/catalog.json', render: () => renderCatalog(commands) },
  { path: 'src/domain/client/programs.json', render: programsText },
  { path: 'docs/configuration.md', render: renderConfigurationReference },
  { path: 'docs/reference/api.md', render: () => apiPage(document as unknown as ApiDocument) },
  ...others.map((surface) => ({
    path: `docs/reference/api-${surface.name}.md`,
    render: async () => apiPage((await documentOf(surface)) as unknown as ApiDocument),
  })),
  { path: 'docs/reference/attacks.md', render: attacksPage },
  { path: 'docs/reference/certification.md', render: certificationPage },
  { path: 'docs/reference/coverage.md', render: () => coveragePage(surfaces) },
  { path: 'docs/reference/cli.md', render: () => renderCliReference(commands) },
  { path: 'docs/reference/dependents.md', render: dependentsPage },
  { path: 'docs/reference/errors.md', render: () => errorsPage(operations) },
  { path: 'docs/reference/events.md', render: () => eventsPage(operations) },
  { path: 'docs/reference/permission-pairs.md', render: () => permissionPairsPage(operations) },
  { path: 'docs/reference/refusals.md', render: refusalsPage },
  { path: 'docs/reference/permissions.md', render: () => permissionsPage(operations) },
]

const routed = new Set<string>(surfaces.flatMap(({ routes }) => routes.map(({ operation }) => operation.name)))
const unrouted = operations.filter(({ name }) => !routed.has(name)).map(({ name }) => name)

const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')
let stale = 0
if (unrouted.length > 0) {
  console.log(`No surface has a route for ${unrouted.join(', ')}.`)
  process.exitCode = 1
}

for (const { path, render } of GOLDENS) {
  const file = join(root, path)
  const wanted = await render()
  const found = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (found === wanted) continue
  stale++
  console.log(check ? `${path}: ${firstDifference(found, wanted)}` : `${path}: written`)
  if (check) continue
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, wanted)
}
console.log(`${GOLDENS.length} golden files, ${stale} ${check ? 'stale' : 'written'}`)
if (check && stale > 0) {
  console.log('Run `npm run golden` and read the diff: it is what callers will notice.')
  process.exitCode = 1
}

function firstDifference(found: string, wanted: string): string {
  const [left, right] = [found.split('\n'), wanted.split('\n')]
  const line = right.findIndex((text, at) => text !== left[at])
  if (line < 0) return `line ${right.length + 1} and what follows should not be there`
  return `line ${line + 1} should be ${shown(right[line])}, not ${shown(left[line])}`
}

function shown(line = ''): string {
  return JSON.stringify(line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX)}…` : line)
}
