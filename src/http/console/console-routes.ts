// Owns the paths of the web console on the admin listener: its page, its files, and what stands there until it is built.
import { randomBytes } from 'node:crypto'
import { CONSOLE_BASE } from '#domain/console/console-handoff.ts'
import { Failure } from '#kernel/error.ts'
import type { ConsoleFile } from '#outside/console-build.ts'
import { plainRoute } from '../plain-route.ts'
import { HTML_TYPE, type HttpReply } from '../reply.ts'
import type { HttpRequest } from '../request.ts'
import type { HttpContext, ServedRoute } from '../route.ts'
import { consoleSessionRoutes } from './console-sign-in.ts'

/** What the page has where each answer puts its own nonce. */
const NONCE = '__NONCE__'
const INDEX = 'index.html'

/** Every answer with a page: nothing inline, nothing of another origin; styles by a nonce. */
function pageHeaders(nonce: string): Record<string, string> {
  return {
    'content-type': HTML_TYPE,
    'cache-control': 'no-store',
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "connect-src 'self'",
      "img-src 'self' data:",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  }
}

// The router takes the path with and without its last slash for one.
const pages = (['/admin/ui', `${CONSOLE_BASE}*`] as const).map((path) =>
  plainRoute({ listener: 'admin', path, name: 'console' }, serve),
)

function serve(context: HttpContext, request: HttpRequest): HttpReply {
  const { console: build } = context
  if (!build) throw new Failure('not_found', 'The console is not part of this installation.')
  const state = build.state()
  if (state.kind !== 'ready') return waitingPage(state.kind)
  const path = request.path.slice(CONSOLE_BASE.length)
  const file = state.files.get(path)
  if (file && path !== INDEX) return fileReply(file, request, path)
  // What has an ending is a file, and every other address is a page of the console.
  if (/^assets\/|\.[a-z]+$/.test(path)) throw new Failure('not_found', 'There is nothing at this path.')
  return indexReply(state.files.get(INDEX))
}

function indexReply(index: ConsoleFile | undefined): HttpReply {
  if (!index) throw new Failure('not_found', 'The console has no page.')
  const nonce = randomBytes(16).toString('base64url')
  const text = new TextDecoder().decode(index.plain).replaceAll(NONCE, nonce)
  return { status: 200, headers: pageHeaders(nonce), body: text }
}

function fileReply({ type, plain, brotli, gzip }: ConsoleFile, { headers }: HttpRequest, path: string): HttpReply {
  const accepted = String(headers['accept-encoding'] ?? '')
  const [coding, body] = /\bbr\b/.test(accepted)
    ? ['br', brotli]
    : /\bgzip\b/.test(accepted)
      ? ['gzip', gzip]
      : [undefined, plain]
  return {
    status: 200,
    headers: {
      'content-type': type,
      vary: 'accept-encoding',
      // The name of what is under assets/ changes with its content.
      'cache-control': path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'cross-origin-resource-policy': 'same-origin',
      ...(coding && { 'content-encoding': coding }),
    },
    body,
  }
}

/** The page that stands in for the console, and loads itself again until the console is there. */
function waitingPage(kind: 'building' | 'failed'): HttpReply {
  const nonce = randomBytes(16).toString('base64url')
  const [title, text] =
    kind === 'building'
      ? ['The console is being built', 'This happens once after an installation or an update, and takes some seconds.']
      : ['The console could not be built', 'The server works without it. Its log says why the build failed.']
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style nonce="${nonce}">body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1.5rem}h1{font-size:1.4rem}</style>
</head><body><main><h1>${title}</h1><p role="status">${text}</p></main></body></html>`
  const again = kind === 'building' ? { refresh: '2', 'retry-after': '2' } : {}
  return { status: 503, headers: { ...pageHeaders(nonce), ...again }, body }
}

function seeOther(location: string): HttpReply {
  return { status: 303, headers: { location, 'cache-control': 'no-store' } }
}

/** The paths of the console and of its session. */
export const consoleRoutes: readonly ServedRoute[] = [...consoleSessionRoutes, ...pages]

/** Leads a browser from a start page to the console; undefined where there is none, or a program asks. */
export function toConsole({ console: build }: HttpContext, { headers }: HttpRequest): HttpReply | undefined {
  const { accept } = headers
  const isBrowser = typeof accept === 'string' && accept.includes('text/html')
  return build && isBrowser ? seeOther(CONSOLE_BASE) : undefined
}
