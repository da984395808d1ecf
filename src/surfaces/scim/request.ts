// What a request says besides its body: ids, versions, and which attributes are wanted.
import { Failure } from '#kernel/error.ts'
import { type Noun, parseId } from '#kernel/id.ts'
import type { WireRequest } from '../surface.ts'
import { isObject, readSelection, type Selection } from './resource.ts'

/** Where the service begins in every path. */
export const ROOT = '/scim/v2'

/** The path that a request found the service at: what stands before `/Users`. */
export function baseOf({ path }: Pick<WireRequest, 'path'>): string {
  return path.slice(0, path.indexOf(ROOT) + ROOT.length)
}

/** An id of a path. @throws Failure `not_found` where it is none of that noun */
export function idIn(noun: Noun, text: string | undefined): string {
  const id = text === undefined ? undefined : parseId(noun, text)
  if (id === undefined) throw new Failure('not_found')
  return id
}

/**
 * The version that a change is meant for: an ETag that this service gave out, or any for `*`. ETags here are weak and
 * compared all the same (RFC 7644 §3.14).
 * @throws Failure `precondition_failed` for one that it did not give out
 */
export function versionIn(header: unknown): { ifVersion?: number } {
  if (header === undefined || header === '*') return {}
  const [, version] = (typeof header === 'string' && /^(?:W\/)?"v(\d{1,15})"$/.exec(header.trim())) || []
  if (version === undefined) {
    throw new Failure('precondition_failed', 'If-Match must be one ETag that this service gave out.')
  }
  return { ifVersion: Number(version) }
}

/** Whether a reader has this version already (RFC 9110 §13.1.2). */
export function hasVersion(header: unknown, version: string): boolean {
  if (typeof header !== 'string') return false
  return (
    header === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === version.replace(/^W\//, ''))
  )
}

/** Which attributes a request wants to see. @throws ScimFailure `invalidPath` */
export function selectionOf({ query, body, path }: WireRequest): Selection {
  const parameters = path.endsWith('/.search') && isObject(body) ? body : query
  return readSelection(parameters.attributes, parameters.excludedAttributes)
}
