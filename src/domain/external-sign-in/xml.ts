// Reads XML of strangers into a plain tree: elements, attributes and text, and nothing else that XML can be.
import { providerFailure } from './provider-failure.ts'

/** An element, without its prefix. */
export interface XmlElement {
  readonly namespace: string
  readonly name: string
  /** By the qualified name. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Its own text, and not that of its children. */
  readonly text: string
}

/** What is used of a node of the parser. */
interface DomNode {
  readonly nodeType: number
  readonly nodeValue: string | null
  readonly localName?: string
  readonly namespaceURI?: string | null
  readonly childNodes?: ArrayLike<DomNode>
  readonly attributes?: ArrayLike<{ readonly name: string; readonly value: string }>
}

const [ELEMENT, TEXT] = [1, 3]
const DEPTH_MAX = 40
const DECLARATION = /^\uFEFF?<\?xml version="1\.0"(?: encoding="utf-8")?(?: standalone="(?:yes|no)")?\s*\?>/i

/**
 * The root of a document. A `<!` begins a document type, an entity, a comment or a CDATA section, and a `<?` a processing
 * instruction: no message needs one, and attacks do (SAML Security and Privacy Considerations §6.1, CVE-2017-11427).
 * @throws Failure `identity_provider_failed`
 */
export async function parseXml(text: string): Promise<XmlElement> {
  const content = text.replace(DECLARATION, '')
  if (/<[!?]/.test(content)) fail('has a document type, a comment, a CDATA section or an instruction')
  const { DOMParser } = await import('@xmldom/xmldom')
  const refuse = () => fail('is not well-formed XML')
  const parser = new DOMParser({ errorHandler: { warning: refuse, error: refuse, fatalError: refuse } })
  const parsed = parser.parseFromString(content.trim(), 'text/xml') as unknown as DomNode | undefined
  const [root, ...more] = Array.from(parsed?.childNodes ?? [])
  if (root?.nodeType !== ELEMENT || more.length > 0) return fail('is not one XML element')
  return elementOf(root, 0)
}

function elementOf(node: DomNode, depth: number): XmlElement {
  if (depth > DEPTH_MAX) fail('is nested too deeply')
  const [inside, attributes] = [Array.from(node.childNodes ?? []), Array.from(node.attributes ?? [])]
  if (inside.some(({ nodeType }) => nodeType !== ELEMENT && nodeType !== TEXT)) fail('has more than elements and text')
  return {
    namespace: node.namespaceURI ?? '',
    name: node.localName ?? '',
    attributes: new Map(attributes.map(({ name, value }) => [name, value])),
    children: inside.filter(({ nodeType }) => nodeType === ELEMENT).map((child) => elementOf(child, depth + 1)),
    text: inside.map(({ nodeType, nodeValue }) => (nodeType === TEXT ? (nodeValue ?? '') : '')).join(''),
  }
}

/** The children of an element with a name. */
export function childrenOf({ children }: XmlElement, namespace: string, name: string): XmlElement[] {
  return children.filter((child) => child.namespace === namespace && child.name === name)
}

/** The only child of an element with a name; undefined for none. @throws Failure `identity_provider_failed` for several */
export function childOf(parent: XmlElement, namespace: string, name: string): XmlElement | undefined {
  const [child, ...more] = childrenOf(parent, namespace, name)
  if (more.length > 0) fail(`has several ${name} elements in one place`)
  return child
}

/** An element and all that are in it. */
export function allWithin(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(allWithin)]
}

function fail(problem: string): never {
  throw providerFailure('saml_response', `The response ${problem}.`)
}
