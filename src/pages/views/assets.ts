// The stylesheets, scripts and images of the pages.
import { API_DOCS_CSS } from './api-docs-style.ts'
import { GUILLOCHE_SVG, MARK_SVG } from './mark.ts'
import { PASSKEY_SCRIPT } from './passkey-script.ts'
import { PROOF_SCRIPT } from './proof-script.ts'
import { styleText } from './style.ts'

/** A file the pages refer to. Its path changes with its content, so it may be cached for ever. */
export interface Asset {
  /** Absolute path on the server, for example `/assets/style-1b2c3d4e.css`. */
  readonly path: string
  /** The value of its Content-Type header. */
  readonly type: string
  readonly text: string
}

const TYPES = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const

/** The main stylesheet, for every page. */
export const STYLE: Asset = asset('style', 'css', styleText(named('guilloche', 'svg', GUILLOCHE_SVG)))
/** The stylesheet of the API documentation, on top of the main one. */
export const API_DOCS_STYLE: Asset = asset('api-docs', 'css', API_DOCS_CSS)
/** The mark in the browser's tab. */
export const ICON: Asset = asset('mark', 'svg', MARK_SVG)

/** The script of the pages that use passkeys. */
export const PASSKEY_JS: Asset = asset('passkey', 'js', PASSKEY_SCRIPT)

/** The script of the forms that ask for a proof of work. */
export const PROOF_JS: Asset = asset('proof', 'js', PROOF_SCRIPT)

/** All files to serve. A branding's are not among them: see `brandStyle`. */
export const ASSETS: readonly Asset[] = [
  STYLE,
  API_DOCS_STYLE,
  ICON,
  PASSKEY_JS,
  PROOF_JS,
  asset('guilloche', 'svg', GUILLOCHE_SVG),
]

function asset(name: string, extension: keyof typeof TYPES, text: string): Asset {
  return { path: `/assets/${named(name, extension, text)}`, type: TYPES[extension], text }
}

function named(name: string, extension: string, text: string): string {
  return `${name}-${digest(text)}.${extension}`
}

/** FNV-1a, 32 bits, as eight hexadecimal digits: it tells versions of a file apart and guards nothing. */
export function digest(text: string): string {
  let hash = 0x811c9dc5
  for (const unit of text) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
