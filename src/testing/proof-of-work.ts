// Answers challenges as the script of the pages does.
import { createHash } from 'node:crypto'
import { PARTS, TRY_BYTES } from '#domain/proof-of-work/proof-of-work.ts'

/** The answers to a challenge, as a form posts them. */
export function solve(challenge: string): string {
  const partBits = Number(challenge.split('.')[1])
  const bytes = new Uint8Array(TRY_BYTES)
  bytes.set(new TextEncoder().encode(challenge), 8)
  const view = new DataView(bytes.buffer)
  const answers = Array.from({ length: PARTS }, (_, part) => {
    view.setUint32(0, part)
    for (let answer = 0; ; answer++) {
      view.setUint32(4, answer)
      if (Math.clz32(createHash('sha256').update(bytes).digest().readUInt32BE(0)) >= partBits) return answer
    }
  })
  return answers.join(',')
}

/** What a browser adds to a form that asks for a proof. @param fields the hidden fields of the form */
export function proven(fields: Readonly<Record<string, string>>): Record<string, string> {
  return { solution: solve(fields.proof ?? '') }
}
