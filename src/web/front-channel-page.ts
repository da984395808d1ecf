// The page that tells clients by the browser that its user signed out (OpenID Connect Front-Channel Logout 1.0 §3).
import type { LogoutFrame } from '#domain/logout-delivery/front-channel.service.ts'
import type { Language } from '#language/language.ts'
import type { RealmReply } from './realm-request.ts'
import { escapeHtml, NO_STORE, withQuery } from './reply.ts'

/** How long clients that do not answer hold the user up. Seconds. */
const WAIT = 5
/** Goes on when all frames have loaded, or have failed to; but after {@link WAIT} in any case. */
const SCRIPT = `const go=()=>location.replace(document.links[0].href);addEventListener('load',go);setTimeout(go,${WAIT * 1000})`
/** The SHA-256 of the script, for the content security policy. */
const SCRIPT_HASH = 'ebl5hCNCLw9/P2YtUJfW+6T/0dT5OKilWAHcP1xp+dA='

/**
 * A page that loads the URIs of clients in frames and goes on when they have loaded, and after a few seconds in any case.
 * Without scripts, the browser goes on some seconds after they have loaded, and a link does at any time. A frame can run its
 * own scripts, but cannot lead the page elsewhere.
 * @param next where it goes on: a path of the realm, or the registered URI of a client, verified by the caller
 */
export function frontChannelPage(
  frames: readonly LogoutFrame[],
  next: string,
  cookies: readonly string[],
  { lang, dir, messages }: Language,
): RealmReply {
  const { waitTitle, waited } = messages.signOut
  const [title, done, proceed] = [waitTitle, waited, messages.form.proceed].map(escapeHtml)
  const loaded = frames.map(
    ({ uri, parameters }) =>
      `<iframe src="${escapeHtml(withQuery(uri, parameters))}" title="${escapeHtml(messages.signOut.waitTitle)}" hidden referrerpolicy="no-referrer" sandbox="allow-scripts allow-same-origin"></iframe>`,
  )
  const origins = [...new Set(frames.map(({ uri }) => new URL(uri).origin))]
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      ...NO_STORE,
      'content-security-policy': `default-src 'none'; frame-src ${origins.join(' ')}; script-src 'sha256-${SCRIPT_HASH}'; frame-ancestors 'none'; base-uri 'none'`,
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      ...(cookies.length > 0 && { 'set-cookie': [...cookies] }),
    },
    body: `<!doctype html><html lang="${lang}" dir="${dir}"><head><meta charset="utf-8"><title>${title}</title>
<meta http-equiv="refresh" content="${WAIT};url=${escapeHtml(next)}"></head><body>
<p>${done} <a href="${escapeHtml(next)}" rel="noreferrer">${proceed}</a></p>
${loaded.join('\n')}<script>${SCRIPT}</script></body></html>`,
  }
}
