import { ASSETS } from '#pages/views/assets.ts'
import type { Listener } from './listener.ts'

/** Serves the pages’ files. Their paths change with their content, so a browser may keep them for good. */
export function mountAssets(app: Listener): void {
  for (const { path, type, text } of ASSETS) {
    app.get(path, (_request, reply) =>
      reply.header('cache-control', 'public, max-age=31536000, immutable').type(type).send(text),
    )
  }
}
