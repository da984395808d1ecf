// Owns which settings say where signing keys are.
import type { Configuration } from './configuration.ts'

/** The settings of the stores. */
export type KeyStoreSettings = Pick<
  Configuration,
  | 'keyStore'
  | 'keyStoreDir'
  | 'vaultAddress'
  | 'vaultNamespace'
  | 'vaultToken'
  | 'vaultRoleId'
  | 'vaultSecretId'
  | 'vaultApproleMount'
  | 'vaultTransitMount'
  | 'vaultKeyPrefix'
  | 'pkcs11Module'
  | 'pkcs11TokenLabel'
  | 'pkcs11Pin'
>
