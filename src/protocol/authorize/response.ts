// Where the answer goes, and what kind of answer it is.
import {
  DEFAULT_RESPONSE_MODE,
  isResponseMode,
  RESPONSE_MODES,
  type ResponseMode,
} from '#domain/authorization/response-mode.ts'
import { isNative } from '#domain/client/client.ts'
import { isWithin, matchesRedirectUri } from '#domain/client/redirect-uri.ts'
import { refusedGrant } from '#domain/client/refused-grant.ts'
import { clientRule, listed, profileRule } from '#domain/decision/rule.ts'
import type { Profile } from '#domain/realm/profile.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import { shown } from '../resource-indicator.ts'
import { step } from './step.ts'

const STATE_MAX = 4096

export const redirectUri = step({
  reads: ['redirect_uri'],
  needs: [],
  gives: ['redirectUri', 'redirectUriGiven'],
  take(parameters, { client, context, profile }) {
    const { redirectUris } = client
    const realm = realmOf(context.scope)
    const given = parameters.get('redirect_uri')
    const [only, ...others] = redirectUris
    if (given === undefined && (only === undefined || others.length > 0)) {
      const message = 'redirect_uri is missing, and the client has not exactly one.'
      throw new Failure('invalid_redirect_uri', { message, rule: clientRule(client, 'redirectUris') })
    }
    if (given === undefined && profile.redirectUri === 'required') {
      const rule = profileRule(realm, client, profile, 'redirectUri')
      throw new Failure('invalid_redirect_uri', {
        message: 'redirect_uri is missing, and the profile requires it.',
        rule,
      })
    }
    if (given !== undefined && !matchesRedirectUri(redirectUris, given, { native: isNative(client) })) {
      const message = 'redirect_uri matches none of the URIs registered for this client.'
      throw new Failure('invalid_redirect_uri', { message, rule: clientRule(client, 'redirectUris', given) })
    }
    const uri = given ?? only ?? ''
    if (profile.loopbackRedirects === 'native' && /^http:/i.test(uri) && !isNative(client)) {
      const rule = profileRule(realm, client, profile, 'loopbackRedirects', uri)
      throw new Failure('invalid_redirect_uri', {
        message: 'The profile allows http for native applications only.',
        rule,
      })
    }
    if (isWithin(realm, uri)) return { redirectUri: uri, redirectUriGiven: given !== undefined }
    const rule = { policy: 'realm.allowed_redirects', value: listed(realm.allowedRedirects), given: uri }
    throw new Failure('invalid_redirect_uri', { message: 'The realm does not allow people to be sent there.', rule })
  },
})

export const state = step({
  reads: ['state'],
  needs: [],
  gives: ['state'],
  take(parameters) {
    const given = parameters.get('state') ?? null
    if (given === null || given.length <= STATE_MAX) return { state: given }
    throw new Failure('invalid_request', `state is longer than ${STATE_MAX} characters.`)
  },
})

/** The client must be registered for what the code is exchanged by. */
export const codeGrant = step({
  reads: [],
  needs: [],
  gives: [],
  take(_, { client }) {
    if (!client.grantTypes.includes('authorization_code')) throw refusedGrant('authorization_code', client)
    return {}
  },
})

export const responseType = step({
  reads: ['response_type'],
  needs: [],
  gives: [],
  take(parameters) {
    const type = parameters.need('response_type')
    if (type !== 'code') {
      throw new Failure('unsupported_response_type', `The response type ${shown(type)} is not supported.`)
    }
    return {}
  },
})

/** How a request is answered whose response mode is not known: signed, where the profile wants responses signed. */
export function fallbackMode({ responseModes }: Profile): ResponseMode {
  return responseModes.includes(DEFAULT_RESPONSE_MODE) ? DEFAULT_RESPONSE_MODE : 'jwt'
}

export const responseMode = step({
  reads: ['response_mode'],
  needs: ['redirectUri', 'state'],
  gives: ['responseMode'],
  take(parameters, { client, context, profile }, { redirectUri, state }) {
    const mode = parameters.get('response_mode') ?? DEFAULT_RESPONSE_MODE
    if (!isResponseMode(mode) || !profile.responseModes.includes(mode)) {
      throw new Failure('invalid_request', {
        message: `response_mode must be ${profile.responseModes.join(' or ')}.`,
        rule: profileRule(realmOf(context.scope), client, profile, 'responseModes', mode),
      })
    }
    // A browser sends a form to a web server, and not to a program that registered a scheme.
    if (RESPONSE_MODES[mode].carrier === 'form' && !/^https?:/i.test(redirectUri)) {
      throw new Failure('invalid_request', 'This response_mode needs an http or https redirect URI.')
    }
    if (RESPONSE_MODES[mode].carrier === 'form' && state !== null && /\p{Cc}/u.test(state)) {
      throw new Failure('invalid_request', 'A form cannot return the control characters of state.')
    }
    return { responseMode: mode }
  },
})
