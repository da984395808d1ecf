// The script of the forms that ask for a proof of work. It is the page's script and, in a worker, what computes.
import { PARTS, TRY_BYTES } from '#domain/proof-of-work/proof-of-work.ts'

/** How long a challenge is good in a page. It is less than the server takes it for. Milliseconds. */
const RENEW_AFTER = 720_000

/**
 * The script, as the browser gets it. The element with `data-proof` stands in the form: the challenge, the bits of each part
 * in `data-bits`, and the address of the page in `data-renew`, from which another challenge is fetched where this one gets
 * old or was spent. The computation begins with the page, in a worker, so that the page stays responsive. A form that is
 * sent before it is done waits for it. Without WebCrypto (in pages that did not come over https) or workers, the page says
 * what it says without JavaScript.
 */
export const PROOF_SCRIPT = `'use strict'
;(() => {
  const BYTES = ${TRY_BYTES}
  const PARTS = ${PARTS}

  const solve = async (text, bits) => {
    const bytes = new Uint8Array(BYTES)
    bytes.set(new TextEncoder().encode(text), 8)
    const view = new DataView(bytes.buffer)
    const answers = []
    for (let part = 0; part < PARTS; part++) {
      view.setUint32(0, part)
      for (let answer = 0; ; answer++) {
        view.setUint32(4, answer)
        const hash = await crypto.subtle.digest('SHA-256', bytes)
        if (Math.clz32(new DataView(hash).getUint32(0)) < bits) continue
        answers.push(answer)
        break
      }
    }
    return answers.join(',')
  }

  if (typeof document === 'undefined') {
    onmessage = async ({ data: { text, bits } }) => postMessage({ text, solution: await solve(text, bits) })
    return
  }

  const box = document.querySelector('[data-proof]')
  const form = box && box.closest('form')
  if (!form) return
  const { dataset } = box
  const { proof, solution } = form.elements
  const status = box.querySelector('[data-status]')
  const say = (text) => (status.textContent = text)
  if (!window.Worker || !window.crypto.subtle) return say(dataset.slow)

  let worker
  let isOld = false
  let timer
  let pressed
  let isSent = false
  const fail = () => {
    worker = undefined
    say(dataset.slow)
  }
  try {
    worker = new Worker(document.currentScript.src)
  } catch {
    return fail()
  }
  const begin = () => {
    isOld = false
    clearTimeout(timer)
    timer = setTimeout(() => (isOld = true), ${RENEW_AFTER})
    solution.value = ''
    say(dataset.working)
    worker.postMessage({ text: proof.value, bits: Number(dataset.bits) })
  }
  const renew = async () => {
    isOld = false
    isSent = false
    try {
      const reply = await fetch(dataset.renew)
      const page = new DOMParser().parseFromString(await reply.text(), 'text/html')
      const fresh = page.querySelector('[data-proof]')
      // The attack may be over.
      if (fresh) {
        proof.value = fresh.querySelector('[name=proof]').value
        dataset.bits = fresh.dataset.bits
      }
    } catch {}
    begin()
  }
  worker.onerror = fail
  worker.onmessage = ({ data }) => {
    if (data.text !== proof.value) return
    solution.value = data.solution
    say(dataset.done)
    if (!pressed) return
    const button = pressed
    pressed = undefined
    form.requestSubmit(button)
  }
  form.addEventListener('submit', (event) => {
    if (isSent) return event.preventDefault()
    if (!worker) return
    if (solution.value !== '' && !isOld) {
      isSent = true
      return
    }
    event.preventDefault()
    pressed = event.submitter
    say(dataset.working)
    if (isOld) renew()
  })
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted && worker) renew()
  })
  begin()
})()
`
