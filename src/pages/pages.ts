// Every page that a realm has for people, and the files that the pages need.
import type { Endpoint } from '#domain/realm-request.ts'
import { consentPage } from './consent.page.ts'
import { failureReply } from './page-reply.ts'
import { signInPage } from './sign-in.page.ts'
import { signedOutPage, signOutPage } from './sign-out.page.ts'
import { ASSETS, type Asset } from './views/assets.ts'

export const pageEndpoints: readonly Endpoint[] = [
  signInPage,
  consentPage,
  signOutPage,
  signedOutPage,
  ...ASSETS.map(assetEndpoint),
]

// The path changes with the content, so that a copy may be kept for ever. A disabled realm’s error page needs it too.
function assetEndpoint({ path, type, text }: Asset): Endpoint {
  return {
    name: 'asset',
    methods: ['GET'],
    paths: [path as `/${string}`],
    alwaysOn: true,
    refuse: failureReply,
    respond: async () => ({
      status: 200,
      headers: {
        'content-type': type,
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      },
      body: text,
    }),
  }
}
