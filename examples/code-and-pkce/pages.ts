// The app's pages.

/** Who is signed in, as the userinfo endpoint tells it. */
export interface Account {
  readonly sub: string
  readonly name: string | undefined
  readonly email: string | undefined
}

/**
 * The app's only page of its own.
 * @param account who is signed in
 * @param expiresIn seconds for which the access token holds
 * @param notes what the API answered, if it was asked
 */
export function homePage(account: Account | undefined, expiresIn?: number, notes?: string): string {
  if (!account) return page('Notes', '<p><a href="/sign-in">Sign in</a></p>')
  return page(
    'Notes',
    `<p>Signed in as <strong>${text(account.name ?? account.sub)}</strong> (${text(account.email ?? 'no address')}).</p>
    <p>The access token holds for ${expiresIn ?? 0} seconds.</p>
    ${notes === undefined ? '' : `<pre>${text(notes)}</pre>`}
    <form method="post" action="/notes"><button>Call the API</button></form>
    <form method="post" action="/refresh"><button>Refresh the token</button></form>
    <form method="post" action="/sign-out"><button>Sign out</button></form>`,
  )
}

/** A page that says what went wrong. */
export function failurePage(sentence: string): string {
  return page('That did not work', `<p>${text(sentence)}</p><p><a href="/">Back to the app</a></p>`)
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>${title}</title></head>
  <body><h1>${title}</h1>${content}</body>
</html>
`
}

function text(value: string): string {
  return value.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
