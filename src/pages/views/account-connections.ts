// The page where people see which accounts they connected at providers.
import { connectPath } from '#domain/connection/connect-paths.ts'
import { type AccountFrame, accountText, moment, oneButton } from './account.ts'
import { wordsOf } from './layout.ts'
import { type Content, html } from './markup.ts'
import { plainText } from './plain-text.ts'

/** The forms post `csrf`, `connection` and the decision `disconnect`. */
export interface AccountConnectionsProps extends AccountFrame {
  readonly connections: readonly {
    readonly provider: { readonly slug: string; readonly name: string }
    readonly connection: {
      readonly id: string
      readonly scopes: readonly string[]
      /** Milliseconds since 1970. */
      readonly createdAt: number
      readonly needsReauth: boolean
    }
  }[]
}

/** The page with the connections. */
export function accountConnections(props: AccountConnectionsProps): string {
  const words = wordsOf(props, 'connections')
  const { fact } = wordsOf(props, 'form')
  return accountText({
    ...props,
    title: words.title,
    lead: words.lead,
    content:
      props.connections.length === 0
        ? html`<p>${words.none}</p>`
        : html`<ul class="scopes">
            ${props.connections.map(
              ({ provider, connection }) => html`<li class="stack">
                <div>
                  <strong><bdi>${plainText(provider.name, 64)}</bdi></strong>
                  <p class="hint">${fact<Content>(words.since, moment(props, connection.createdAt))}</p>
                  <p>${connection.scopes.map((name) => html`<code><bdi>${plainText(name, 120)}</bdi></code> `)}</p>
                  ${
                    connection.needsReauth &&
                    html`<p><a href=${props.base + connectPath(provider)}>${words.again}</a></p>`
                  }
                </div>
                ${oneButton(props, words.disconnect, 'disconnect', { connection: connection.id })}
              </li>`,
            )}
          </ul>`,
  })
}
