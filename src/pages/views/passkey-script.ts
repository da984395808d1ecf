// The script of the pages that use passkeys. It does nothing where there is no form for it, or no WebAuthn.

/**
 * The script, as the browser gets it. A form with the attribute `data-passkey` has the options of a ceremony in it, as JSON,
 * and is hidden until the script runs: its button begins the ceremony, and the answer of the browser is posted with it.
 * `data-autofill` also begins one for the suggestions of the e-mail field (WebAuthn Level 3 §5.1.4). A challenge is good
 * for five minutes, so the form is fetched again from the address in `data-renew` while the page is looked at.
 */
export const PASSKEY_SCRIPT = `'use strict'
;(() => {
  const form = document.querySelector('form[data-passkey]')
  if (!form || !window.PublicKeyCredential) return
  const { dataset, elements } = form
  const problem = form.querySelector('[data-problem]')
  const renewAfter = 240000
  let isOld = false
  const begin = () => {
    isOld = false
    setTimeout(() => (isOld = true), renewAfter)
  }
  let pending

  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (unit) => unit.charCodeAt(0))
  const toText = (bytes) =>
    btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(''))
      .replace(/\\+/g, '-')
      .replace(/\\//g, '_')
      .replace(/=+$/, '')
  const toIds = (list) => list.map((one) => ({ ...one, id: toBytes(one.id) }))

  const ask = (options, rest) => {
    const challenge = toBytes(options.challenge)
    if (!options.rp) {
      const publicKey = { ...options, challenge, allowCredentials: toIds(options.allowCredentials) }
      return navigator.credentials.get({ publicKey, ...rest })
    }
    const user = { ...options.user, id: toBytes(options.user.id) }
    const publicKey = { ...options, challenge, user, excludeCredentials: toIds(options.excludeCredentials) }
    return navigator.credentials.create({ publicKey, ...rest })
  }

  const answerOf = ({ id, rawId, type, response }) => {
    const members = { clientDataJSON: toText(response.clientDataJSON) }
    for (const name of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
      if (response[name]) members[name] = toText(response[name])
    }
    if (response.getTransports) members.transports = response.getTransports()
    return JSON.stringify({ id, rawId: toText(rawId), type, response: members })
  }

  const run = async (isAutofill) => {
    if (pending) pending.abort()
    const controller = new AbortController()
    pending = controller
    try {
      const rest = { signal: controller.signal, ...(isAutofill && { mediation: 'conditional' }) }
      const credential = await ask(JSON.parse(dataset.passkey), rest)
      elements.answer.value = answerOf(credential)
      form.submit()
    } catch (error) {
      if (controller.signal.aborted) return
      if (!isAutofill) problem.hidden = false
      // The suggestions go on after a ceremony that was not finished.
      if (!isAutofill) autofill()
    }
  }

  const renew = async () => {
    if (!dataset.renew || !isOld) return
    const reply = await fetch(dataset.renew)
    const page = new DOMParser().parseFromString(await reply.text(), 'text/html')
    const fresh = page.querySelector('form[data-passkey]')
    if (!fresh) return
    for (const { name, value } of fresh.querySelectorAll('input')) elements[name].value = value
    dataset.passkey = fresh.dataset.passkey
    begin()
  }

  const autofill = async () => {
    const isKnown = dataset.autofill !== undefined && PublicKeyCredential.isConditionalMediationAvailable
    if (isKnown && (await PublicKeyCredential.isConditionalMediationAvailable())) run(true)
  }

  form.querySelector('button').addEventListener('click', async () => {
    problem.hidden = true
    await renew().catch(() => {})
    run(false)
  })
  const refresh = async () => {
    if (document.visibilityState !== 'visible' || !isOld) return
    await renew().catch(() => {})
    autofill()
  }
  if (dataset.autofill !== undefined) {
    setInterval(refresh, renewAfter + 1000)
    document.addEventListener('visibilitychange', refresh)
  }
  begin()
  form.hidden = false
  autofill()
})()
`
