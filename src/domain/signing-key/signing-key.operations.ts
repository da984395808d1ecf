import * as z from 'zod'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { rotateKey } from './signing-key.service.ts'
import { Rotation, SigningKeyView, viewSigningKey } from './signing-key.ts'

export const keyList = operation({
  name: 'key.list',
  summary: 'List a realm’s signing keys',
  permission: 'keys:read',
  reach: 'realm',
  input: z.strictObject({ retired: z.stringbool().default(false).describe('Show withdrawn keys too.') }),
  output: z.object({ data: z.array(SigningKeyView), nextCursor: z.null() }),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, { retired }) => ({
    data: (await read.signingKeys.list(realmOf(scope).id, retired)).map(viewSigningKey),
    nextCursor: null,
  }),
})

export const keyRotate = operation({
  name: 'key.rotate',
  summary: 'Rotate a realm’s signing key',
  description:
    'The next key signs as soon as every client that caches the JWKS for as long as it may has it. The old key stays published until its last token has expired.',
  permission: 'keys:write',
  reach: 'realm',
  input: z.strictObject({
    immediate: z.boolean().default(false).describe('Sign with the next key now, even if clients may not know it yet.'),
    compromised: z
      .boolean()
      .default(false)
      .describe('The old key leaked: sign with the next one now and withdraw the old one, so that nobody trusts it.'),
  }),
  output: Rotation,
  errors: ['not_found', 'conflict'],
  events: ['key.rotation_scheduled', 'key.activated', 'key.retiring', 'key.retired', 'key.created'],
  run: rotateKey,
})
