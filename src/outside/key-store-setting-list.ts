// Owns the settings of the stores of signing keys: their formats and their descriptions in the reference.
import type { KeyStoreName } from '#domain/outside.ts'
import { setting } from './setting.ts'
import { oneOf, origin, text, vaultPath } from './setting-forms.ts'

const KEY_STORES = ['database', 'keyfile', 'vault_transit', 'pkcs11'] as const satisfies KeyStoreName[]

/** The settings by their key in the file. */
export const KEY_STORE_SETTINGS = {
  key_store: setting({
    group: 'Signing keys',
    schema: oneOf(KEY_STORES),
    form: KEY_STORES.join(', '),
    initial: 'database',
    description:
      'Where new signing keys are made. Keys that exist already stay where they are until they are rotated, so keep the settings of their store until then. See [key stores](key-stores.md).',
  }),
  key_store_dir: setting({
    group: 'Signing keys',
    schema: text.optional(),
    form: 'path',
    unset: '`keys` in the data directory',
    description:
      'The folder of the store `keyfile`. Only the user of the server may open it. Several server processes share it.',
  }),
  vault_address: setting({
    group: 'Signing keys',
    schema: origin.optional(),
    form: 'URL',
    unset: 'required with `vault_transit`',
    description: 'The address of HashiCorp Vault or OpenBao.',
  }),
  vault_namespace: setting({
    group: 'Signing keys',
    schema: vaultPath.optional(),
    form: 'path',
    unset: 'no namespace',
    description: 'The namespace in Vault.',
  }),
  vault_role_id: setting({
    group: 'Signing keys',
    schema: text.optional(),
    form: 'text',
    unset: '`vault_token` is used',
    description: 'The role that the server signs in with (AppRole). It needs `vault_secret_id`.',
  }),
  vault_secret_id: setting({
    group: 'Signing keys',
    schema: text.optional(),
    form: 'text',
    unset: 'required with `vault_role_id`',
    secret: true,
    description: 'The secret of that role.',
  }),
  vault_token: setting({
    group: 'Signing keys',
    schema: text.optional(),
    form: 'text',
    unset: 'the server signs in with `vault_role_id`',
    secret: true,
    description: 'A token for Vault instead of a role. The server renews it where that is possible.',
  }),
  vault_approle_mount: setting({
    group: 'Signing keys',
    schema: vaultPath,
    form: 'path',
    initial: 'approle',
    description: 'Where the auth method AppRole is mounted.',
  }),
  vault_transit_mount: setting({
    group: 'Signing keys',
    schema: vaultPath,
    form: 'path',
    initial: 'transit',
    description: 'Where the secrets engine Transit is mounted.',
  }),
  vault_key_prefix: setting({
    group: 'Signing keys',
    schema: vaultPath,
    form: 'text',
    initial: 'countersign-',
    description: 'How the names of keys in Transit begin. A policy of Vault can name it.',
  }),
  pkcs11_module: setting({
    group: 'Signing keys',
    schema: text.optional(),
    form: 'path',
    unset: 'required with `pkcs11`',
    description: 'The shared library of the PKCS#11 token, for example `/usr/lib/softhsm/libsofthsm2.so`.',
  }),
  pkcs11_token_label: setting({
    group: 'Signing keys',
    schema: text.optional(),
    form: 'text',
    unset: 'required with `pkcs11_module`',
    description: 'The label of the token.',
  }),
  pkcs11_pin: setting({
    group: 'Signing keys',
    schema: text.optional(),
    form: 'text',
    unset: 'required with `pkcs11_module`',
    secret: true,
    description: 'The PIN of the user of the token.',
  }),
} as const
