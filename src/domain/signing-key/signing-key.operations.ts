// The operations on signing keys.
import * as z from 'zod'
import { operation } from '../context.ts'
import { SIGNING_ALGORITHMS } from '../outside.ts'
import { realmOf } from '../realm/realm.service.ts'
import { addAlgorithm, rotateKey } from './signing-key.service.ts'
import { Rotation, SigningKeyView, viewSigningKey } from './signing-key.ts'

export const keyList = operation({
  name: 'key.list',
  summary: 'List the signing keys of a realm',
  permission: 'keys:read',
  reach: 'realm',
  input: z.strictObject({ retired: z.stringbool().default(false).describe('Also list retired keys.') }),
  output: z.object({ data: z.array(SigningKeyView), nextCursor: z.null() }),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, { retired }) => ({
    data: (await read.signingKeys.list(realmOf(scope).id, retired)).map((key) => viewSigningKey(key, realmOf(scope))),
    nextCursor: null,
  }),
})

export const keyCreate = operation({
  name: 'key.create',
  summary: 'Add signing keys of one more algorithm to a realm',
  description:
    'A key that signs and the next one are published immediately. Clients and resources can then choose the algorithm.',
  permission: 'keys:write',
  reach: 'realm',
  freshSignIn: true,
  input: z.strictObject({ algorithm: z.enum(SIGNING_ALGORITHMS) }),
  output: z.object({ data: z.array(SigningKeyView), nextCursor: z.null() }),
  errors: ['not_found', 'already_exists'],
  events: ['key.created'],
  run: async (context, { algorithm }) => ({
    data: (await addAlgorithm(context, algorithm)).map((key) => viewSigningKey(key, realmOf(context.scope))),
    nextCursor: null,
  }),
})

export const keyRotate = operation({
  name: 'key.rotate',
  summary: 'Rotate the signing key of a realm',
  description:
    'The next key becomes active when all caches of the JWKS have it. The old key stays published until its last token has expired.',
  permission: 'keys:write',
  reach: 'realm',
  irreversible: { if: 'compromised' },
  freshSignIn: true,
  input: z.strictObject({
    algorithm: z
      .enum(SIGNING_ALGORITHMS)
      .optional()
      .describe(
        'The algorithm whose key is rotated. Default: the algorithm of the realm; for `compromised`, every algorithm.',
      ),
    immediate: z.boolean().default(false).describe('Use the next key immediately, even if clients do not have it yet.'),
    compromised: z
      .boolean()
      .default(false)
      .describe(
        'For stolen keys: remove them from the JWKS. With `algorithm`, the keys of it that signed, and the next key signs immediately; without, every key of the realm, and new ones sign immediately.',
      ),
  }),
  output: Rotation,
  errors: ['not_found', 'conflict'],
  events: ['key.rotation_scheduled', 'key.activated', 'key.retiring', 'key.retired', 'key.created'],
  run: rotateKey,
})
