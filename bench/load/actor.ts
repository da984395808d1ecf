// Owns what one connection of the load generator does, and the text of its requests.
import type { Answer } from './connection.ts'

/** Requests to be made one after the other, each with the answer to the one before in hand. */
export type Steps<Result = void> = Generator<string, Result, Answer>

/**
 * Who is at one connection. An answer that is not what the workload asks for is thrown as Unexpected; the unit then
 * counts as an error, and the actor is prepared again.
 */
export interface Actor {
  /** What is made before the window opens: a sign-in, a token. */
  prepare?(): Steps
  /** One unit of the workload. `restartClock` makes the unit's latency start with the next request. */
  unit(restartClock: () => void): Steps
}

/** An answer that is not what the workload asks for. */
export class Unexpected extends Error {
  readonly status: number
  /**
   * @param answer as it came
   * @param wanted in a few words
   */
  constructor(answer: Answer, wanted: string) {
    super(`wanted ${wanted}, got ${answer.status}: ${answer.body.slice(0, 300)}`)
    this.status = answer.status
  }
}

/** A GET request; `headers` are whole lines. */
export function get(host: string, path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n${headers}\r\n`
}

/** A POST request with a form for a body; `headers` are whole lines. */
export function post(host: string, path: string, form: Readonly<Record<string, string>>, headers = ''): string {
  const body = new URLSearchParams(form).toString()
  return (
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n${headers}` +
    `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  )
}

/** A POST request with a body of JSON in ASCII; `headers` are whole lines. */
export function postJson(host: string, path: string, body: string, headers = ''): string {
  return (
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n${headers}` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  )
}

/** The header line of `client_secret_basic` (RFC 6749 §2.3.1). */
export function basic(client: { readonly id: string; readonly secret: string }): string {
  const pair = `${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`
  return `Authorization: Basic ${Buffer.from(pair).toString('base64')}\r\n`
}
