import { realmOf } from '#domain/realm/realm.service.ts'
import {
  asciiOf,
  contextOf,
  type Endpoint,
  json,
  NO_STORE,
  oauthCode,
  type RealmReply,
  type RealmRequest,
} from '#domain/realm-request.ts'
import { type Failure, Failure as Refusal } from '#kernel/error.ts'
import { claimsAbout, groupsOf } from '../claims.ts'
import { liveToken } from '../live.ts'

/** The scope without which userinfo tells nothing. */
const SCOPE = 'openid'

/** OpenID Connect Core §5.3: what the access token’s scopes let its holder know about the person. */
export const userinfoEndpoint: Endpoint = {
  name: 'userinfo_endpoint',
  methods: ['GET', 'POST'],
  paths: ['/oauth/userinfo', '/userinfo'],
  direct: true,
  crossOrigin: true,
  refuse: refuseBearer,
  async respond(house, request) {
    const context = contextOf(house, request)
    const live = await liveToken(context, bearerToken(request))
    if (!live?.issued.userId) throw new Refusal('invalid_token')
    if (!live.issued.scopes.includes(SCOPE)) throw new Refusal('insufficient_scope')
    const user = await context.read.users.find(realmOf(context.scope).directoryId, live.issued.userId)
    if (user?.status !== 'active') throw new Refusal('invalid_token')
    const { scopes } = live.issued
    return json(200, { ...claimsAbout(user, scopes), ...(await groupsOf(context, user.id, scopes)) })
  },
}

/** RFC 6750 §2: in the header, or in the form of a POST; not in both, and not in the query (OAuth 2.1 §5.1). */
function bearerToken({ headers, form }: RealmRequest): string {
  const header = headers.authorization
  const inForm = form.get('access_token')
  if (header === undefined) {
    if (inForm === undefined) throw new Refusal('unauthenticated')
    return inForm
  }
  const [, token] = (typeof header === 'string' && /^bearer +([\w.~+/-]+=*)$/i.exec(header)) || []
  if (!token) throw new Refusal('invalid_token')
  if (inForm !== undefined) throw new Refusal('invalid_request', 'The token was sent twice.')
  return token
}

/** RFC 6750 §3. Who sent no token is told that one is needed, and of no error (§3.1). */
function refuseBearer(failure: Failure, { issuer }: RealmRequest): RealmReply {
  const challenge = `Bearer realm="${issuer}"`
  if (failure.code === 'unauthenticated')
    return { status: 401, headers: { ...NO_STORE, 'www-authenticate': challenge } }
  const code = oauthCode(failure)
  const needed = code === 'insufficient_scope' ? `, scope="${SCOPE}"` : ''
  const description = asciiOf(failure.message)
  return json(
    failure.status,
    { error: code, error_description: description },
    { 'www-authenticate': `${challenge}, error="${code}", error_description="${description}"${needed}` },
  )
}
