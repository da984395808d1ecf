// The operations on what people accepted.
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { listTermsAcceptances } from './terms-acceptance.service.ts'
import { TermsAcceptanceQuery, TermsAcceptanceView } from './terms-acceptance.ts'

export const termsAcceptanceList = operation({
  name: 'terms_acceptance.list',
  summary: 'List the terms that a user accepted',
  description: 'The versions of the terms of the realm, with the time, oldest first.',
  permission: 'users:read',
  reach: 'realm',
  input: TermsAcceptanceQuery,
  output: listOf(TermsAcceptanceView),
  errors: ['not_found'],
  events: [],
  run: listTermsAcceptances,
})
