// The operation that changes the master key.
import { operation } from '../context.ts'
import { reseal } from './reseal.service.ts'
import { ResealRequest, ResealResult } from './reseal.ts'

export const keyReseal = operation({
  name: 'key.reseal',
  summary: 'Encrypt every secret with the new master key',
  description:
    'For a server that has a new `master_key`, and the one before as `master_key_old`. It encrypts in small steps and can be called again. When it is complete, remove `master_key_old`.',
  permission: 'keys:write',
  reach: 'platform',
  longRead: true,
  input: ResealRequest,
  output: ResealResult,
  errors: [],
  events: ['key.resealed'],
  run: reseal,
})
