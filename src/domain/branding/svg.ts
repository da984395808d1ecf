// Cleans SVG: reads it strictly and writes only elements, attributes and values of a list, so that no script, style,
// reference to something outside or foreign content is left (SVG 2 §2.6).
import { Failure } from '#kernel/error.ts'

const DEPTH_MAX = 40
const ELEMENTS_MAX = 5000

/** The elements that are kept; others go with all that is in them. */
const ELEMENTS = new Set(
  'svg g path rect circle ellipse line polyline polygon defs linearGradient radialGradient stop clipPath mask symbol use title desc'.split(
    ' ',
  ),
)
/** The elements whose text is kept. */
const WITH_TEXT = new Set(['title', 'desc'])

const NUMBERS = /^[\s\d.,eE+\-%()a-zA-Z]*$/
const WORD = /^[\w\s.,#%()+-]*$/
const LOCAL = /^url\(#[\w-]{1,100}\)$/
const NAME = /^[\w-]{1,100}$/

/** The attributes that are kept, and what their values look like. */
const ATTRIBUTES: ReadonlyMap<string, RegExp> = new Map([
  ...named(
    'd x y x1 x2 y1 y2 cx cy r rx ry fx fy width height points viewBox offset pathLength transform gradientTransform',
    NUMBERS,
  ),
  ...named('stroke-width stroke-dasharray stroke-dashoffset stroke-miterlimit opacity fill-opacity', NUMBERS),
  ...named('stroke-opacity stop-opacity', NUMBERS),
  ...named('stop-color color fill-rule clip-rule stroke-linecap stroke-linejoin vector-effect display', WORD),
  ...named('preserveAspectRatio gradientUnits spreadMethod clipPathUnits maskUnits maskContentUnits visibility', WORD),
  ...named('id', NAME),
])
/** The attributes that may name something of the same file. */
const REFERRING = new Set(['fill', 'stroke', 'clip-path', 'mask'])

const OPEN = /^<([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/
const CLOSE = /^<\/([A-Za-z][\w:.-]*)\s*>/
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g
const SKIPPED = /^(?:<!--(?:(?!--)[\s\S])*-->|<\?[\s\S]*?\?>)/

function named(names: string, value: RegExp): [string, RegExp][] {
  return names.split(' ').map((name) => [name, value])
}

/** A piece of a file: a text, or a tag. Comments and processing instructions are skipped. */
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'open'; readonly name: string; readonly attributes: string; readonly isEmpty: boolean }
  | { readonly kind: 'close'; readonly name: string }

/** An element whose end has not come. */
interface Open {
  readonly name: string
  readonly isKept: boolean
}

/**
 * A cleaned SVG image.
 * @param text the file
 * @throws Failure `invalid_input` for what is not well-formed XML of one `svg` element, or has a document type
 */
export function cleanSvg(text: string): string {
  const open: Open[] = []
  let written = ''
  let count = 0
  for (const piece of piecesOf(text.replace(/^\ufeff/, '').trim())) {
    if (piece.kind === 'text') written += textIn(open.at(-1), piece.text)
    else if (piece.kind === 'close') written += closed(open.pop(), piece.name)
    else written += opened(open, piece, ++count)
  }
  if (open.length > 0 || count === 0) throw refused('is not well-formed XML')
  return written
}

/** The beginning of an element. @param count how many elements there are with it */
function opened(open: Open[], { name, attributes, isEmpty }: Extract<Piece, { kind: 'open' }>, count: number): string {
  if (open.length === 0 && (count > 1 || name !== 'svg')) throw refused('must be one svg element')
  if (count > ELEMENTS_MAX || open.length >= DEPTH_MAX) throw refused('has too many elements')
  const isKept = ELEMENTS.has(name) && (open.at(-1)?.isKept ?? true)
  if (!isEmpty) open.push({ name, isKept })
  return isKept ? `<${name}${attributesOf(name, attributes)}${isEmpty ? '/>' : '>'}` : ''
}

function* piecesOf(text: string): Generator<Piece> {
  let rest = text
  while (rest !== '') {
    const at = rest.indexOf('<')
    const run = at < 0 ? rest : rest.slice(0, at)
    if (run !== '') yield { kind: 'text', text: run }
    rest = rest.slice(run.length)
    if (rest === '') return
    const [whole, piece] = tagAt(rest)
    if (piece) yield piece
    rest = rest.slice(whole.length)
  }
}

/** The tag, or what is skipped, at the beginning of a text. */
function tagAt(text: string): readonly [whole: string, piece?: Piece] {
  const [skipped] = SKIPPED.exec(text) ?? []
  if (skipped !== undefined) return [skipped]
  const [closing, ended] = CLOSE.exec(text) ?? []
  if (closing !== undefined && ended !== undefined) return [closing, { kind: 'close', name: ended }]
  const [opening, name, attributes = '', slash] = OPEN.exec(text) ?? []
  if (opening === undefined || name === undefined) throw refused('is not well-formed XML, or has a document type')
  return [opening, { kind: 'open', name, attributes, isEmpty: slash === '/' }]
}

function textIn(inside: Open | undefined, text: string): string {
  if (!inside && text.trim() !== '') throw refused('has text outside of the image')
  return inside?.isKept && WITH_TEXT.has(inside.name) ? escaped(plain(text)) : ''
}

function closed(last: Open | undefined, name: string): string {
  if (last?.name !== name) throw refused('is not well-formed XML')
  return last.isKept ? `</${name}>` : ''
}

function attributesOf(element: string, text: string): string {
  const kept = new Map<string, string>()
  for (const [, name = '', double, single] of text.matchAll(ATTRIBUTE)) {
    if (kept.has(name)) throw refused('has an attribute twice')
    const value = plain(double ?? single ?? '').trim()
    if (isKept(element, name, value)) kept.set(name, value)
  }
  const all = [...kept].map(([name, value]) => ` ${name}="${escaped(value)}"`).join('')
  return element === 'svg' ? ` xmlns="http://www.w3.org/2000/svg"${all}` : all
}

function isKept(element: string, name: string, value: string): boolean {
  // Only something of the same file, and not that of another one.
  if (name === 'href' || name === 'xlink:href')
    return name === 'href' && /^#[\w-]{1,100}$/.test(value) && refers(element)
  if (REFERRING.has(name)) return LOCAL.test(value) || (WORD.test(value) && !/url/i.test(value))
  const form = ATTRIBUTES.get(name)
  return form?.test(value) === true && !/url|script|expression/i.test(value)
}

function refers(element: string): boolean {
  return ['use', 'linearGradient', 'radialGradient'].includes(element)
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Text without its references; only those of XML itself are known. */
function plain(text: string): string {
  return text.replaceAll(/&([^;&\s]{0,12});?/g, (_all, name: string) => {
    const [, hex, decimal] = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name) ?? []
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    if (code >= 0x20 && code <= 0x10_ff_ff && !(code >= 0xd800 && code <= 0xdfff)) return String.fromCodePoint(code)
    const known = ENTITIES[name]
    if (known === undefined) throw refused('has an unknown reference')
    return known
  })
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function refused(what: string): Failure {
  const message = `content: the SVG ${what}.`
  return new Failure('invalid_input', { message, flaws: [{ path: 'content', message: `the SVG ${what}` }] })
}
