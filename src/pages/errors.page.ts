// The pages that explain the errors of protocol endpoints (`error_uri`, RFC 6749 §5.2) to developers.
import { ERRORS, Failure } from '#kernel/error.ts'
import { ERROR_EXPLANATIONS, type ExplainedError, isExplained } from '#kernel/error-explanation.ts'
import { REFUSAL_REASONS } from '#kernel/refusal-reason.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { ERRORS_PATH } from '#web/reply.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { explanation } from './views/explanation.ts'

/**
 * One page for each error, and one for each reason of an error. They are the same for everybody: which reason a refused
 * request had is told to the operator only.
 */
export const errorsPage: Endpoint = {
  name: 'errors',
  methods: ['GET'],
  paths: [ERRORS_PATH],
  alwaysOn: true,
  refuse: failureReply,
  async respond(_services, realmRequest) {
    const { query } = realmRequest
    const [code, name] = [query.get('error'), query.get('reason')]
    if (code === undefined || !isExplained(code)) throw new Failure('not_found', 'There is no such error.')
    return name === undefined ? errorReply(realmRequest, code) : reasonReply(realmRequest, code, name)
  },
}

function errorReply(realmRequest: RealmRequest, code: ExplainedError): RealmReply {
  const { why, fix } = ERROR_EXPLANATIONS[code]
  const requestId = realmRequest.query.get('request')
  const html = explanation({
    ...{ frame: frameOf(realmRequest), code, message: ERRORS[code].message, why, fix },
    ...(requestId !== undefined && { requestId }),
    reasons: reasonsOf(code).map(([name, { meaning }]) => ({
      ...{ name, meaning },
      href: `${realmRequest.base}${ERRORS_PATH}?error=${code}&reason=${name}`,
    })),
  })
  return pageReply(200, html)
}

function reasonReply(realmRequest: RealmRequest, code: ExplainedError, name: string): RealmReply {
  const reason = reasonsOf(code).find(([each]) => each === name)?.[1]
  if (!reason) throw new Failure('not_found', 'There is no such reason.')
  const { meaning: why, advice: fix } = reason
  const frame = frameOf(realmRequest)
  return pageReply(
    200,
    explanation({ frame, code, reason: name, message: ERRORS[code].message, why, fix, reasons: [] }),
  )
}

function reasonsOf(code: string) {
  return Object.entries(REFUSAL_REASONS).filter(([, { error }]) => error.split(' or ').includes(code))
}
