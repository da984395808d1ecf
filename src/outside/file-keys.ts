// Owns the key store that keeps signing keys as PEM files in a folder, each readable by the server only.
import { createPrivateKey, randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { SigningAlgorithm } from '#domain/outside.ts'
import { generateKey, publicJwkOf, type Sign, signWith } from './local-keys.ts'
import { KeyStoreError, type OutsideKeys } from './outside-keys.ts'

const OTHERS = 0o077
/** A thumbprint (RFC 7638): the name of a file, without its ending. */
const NAME = /^[A-Za-z0-9_-]{43}$/

/**
 * The key store for private keys in a folder, in files `<kid>.pem` (PKCS #8). The handle of a key is its `kid`. A key is read
 * when it signs first, and again after its ring was opened anew, as on the signal HUP.
 * @param folder its path; it is created with the first key
 */
export function createFileKeys(folder: string): OutsideKeys {
  const pathOf = (handle: string) => {
    if (!NAME.test(handle)) throw new KeyStoreError('missing', `${JSON.stringify(handle)} is not the name of a key.`)
    return join(folder, `${handle}.pem`)
  }
  return {
    generate: async (algorithm) => {
      const { privateKey } = await generateKey(algorithm)
      const publicJwk = publicJwkOf(privateKey, algorithm)
      await told(folder, () =>
        writePrivate(folder, pathOf(publicJwk.kid), privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()),
      )
      return { publicJwk, handle: publicJwk.kid }
    },
    signer: async (handle, algorithm) => {
      let opened: Promise<Sign> | undefined
      return async (input) => {
        opened ??= openKey(pathOf(handle), algorithm)
        try {
          return await (await opened)(input)
        } catch (error) {
          // The file may be put right.
          opened = undefined
          throw error
        }
      }
    },
    remove: async (handle) => {
      await unlink(pathOf(handle)).catch((error) => {
        if (error.code !== 'ENOENT') throw new KeyStoreError('failed', `${pathOf(handle)}: ${error.code}.`)
      })
    },
    check: () => checkFolder(folder),
  }
}

async function openKey(path: string, algorithm: SigningAlgorithm): Promise<Sign> {
  const pem = await told(path, () => readPrivate(path))
  let key: ReturnType<typeof createPrivateKey>
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new KeyStoreError('failed', `${path} does not have a private key in PEM.`)
  }
  return signWith(key, algorithm)
}

/** Reads the text and the mode from one open file, so that the file cannot be replaced in between. */
async function readPrivate(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { mode } = await file.stat()
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new KeyStoreError('exposed', `Other users can read ${path}. Run: chmod 600 '${path}'.`)
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Writes a file that is complete, on the disk and private from the moment when it has its name. */
async function writePrivate(folder: string, path: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  if (process.platform === 'win32') return
  const directory: FileHandle = await open(folder, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function checkFolder(folder: string): Promise<void> {
  const { mode } = await told(folder, () => stat(folder))
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    throw new KeyStoreError('exposed', `Other users can open ${folder}. Run: chmod 700 '${folder}'.`)
  }
}

/** Does something with a file, and says of an error of the system which file it was. */
async function told<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof KeyStoreError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new KeyStoreError(code === 'ENOENT' ? 'missing' : 'failed', `${path}: ${code}.`)
  }
}
