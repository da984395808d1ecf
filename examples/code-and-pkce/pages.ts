// The pages of the web app.

/** The signed-in user, from the userinfo endpoint. */
export interface Account {
  readonly sub: string
  readonly name: string | undefined
  readonly email: string | undefined
}

/**
 * The start page of the app.
 * @param account the signed-in user, if any
 * @param expiresIn seconds until the access token expires
 * @param notes the response of the API, if it was called
 */
export function homePage(account: Account | undefined, expiresIn?: number, notes?: string): string {
  if (!account) return page('Notes', '<p><a href="/sign-in">Sign in</a></p>')
  return page(
    'Notes',
    `<p>Signed in as <strong>${text(account.name ?? account.sub)}</strong> (${text(account.email ?? 'no address')}).</p>
    <p>The access token is valid for ${expiresIn ?? 0} seconds.</p>
    ${notes === undefined ? '' : `<pre>${text(notes)}</pre>`}
    <form method="post" action="/notes"><button>Call the API</button></form>
    <form method="post" action="/refresh"><button>Refresh the token</button></form>
    <form method="post" action="/sign-out"><button>Sign out</button></form>`,
  )
}

/** An error page. */
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
