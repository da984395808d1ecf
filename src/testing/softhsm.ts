// Makes a PKCS#11 token in software, with SoftHSM.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const MODULE = '/usr/lib/softhsm/libsofthsm2.so'
const LABEL = 'countersign'
const PIN = '5678'

/** Makes a token in a folder. The variable that names its configuration is set for this process, too. */
export function softHsm(folder: string) {
  const tokens = join(folder, 'tokens')
  mkdirSync(tokens, { recursive: true })
  const file = join(folder, 'softhsm2.conf')
  writeFileSync(file, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`)
  const env = { SOFTHSM2_CONF: file }
  Object.assign(process.env, env)
  const words = ['--init-token', '--free', '--label', LABEL, '--so-pin', '1234', '--pin', PIN]
  execFileSync('softhsm2-util', words, { env: { ...process.env, ...env }, stdio: 'ignore' })
  return { env, settings: { pkcs11Module: MODULE, pkcs11TokenLabel: LABEL, pkcs11Pin: PIN } }
}
