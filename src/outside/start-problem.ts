// Owns the plain words for what the operating system refuses a server that starts.
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { ConfigurationError } from './configuration-error.ts'
import type { ListenAddress } from './setting-forms.ts'

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException)?.code ?? ''

/** Why a listener cannot have its address, and what to do. @param setting the setting that the address is from */
export function listenProblem(error: unknown, setting: string, { host, port }: ListenAddress): unknown {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const reasons: Record<string, string> = {
    EADDRINUSE: `Another program listens on ${place} already, perhaps another Countersign. Stop that program, or set ${setting} to another address.`,
    EACCES: `The server may not listen on ${place}: ports below 1024 need a permission. Set ${setting} to a higher port and put a proxy before it, or grant the capability CAP_NET_BIND_SERVICE.`,
    EADDRNOTAVAIL: `This machine has no network interface with the address ${host}. Set ${setting} to 0.0.0.0:${port} for all of them, or to an address that it has.`,
    ENOTFOUND: `The host name ${host} has no address here. Set ${setting} to an IP address and a port.`,
  }
  const reason = reasons[codeOf(error)]
  return reason === undefined ? error : new ConfigurationError([reason])
}

/**
 * Proves that an address is free, before a start writes anything.
 * @throws ConfigurationError with what to do
 */
export async function checkFree(setting: string, address: ListenAddress): Promise<void> {
  const probe = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject)
      probe.listen({ ...address, exclusive: true }, resolve)
    })
  } catch (error) {
    throw listenProblem(error, setting, address)
  }
  await new Promise((resolve) => probe.close(resolve))
}

/** Why a directory or a file in it cannot be written, and what to do; other errors as they are. */
function dataDirProblem(error: unknown, dataDir: string): unknown {
  const other = 'or set COUNTERSIGN_DATA_DIR to a directory that is'
  const reasons: Record<string, string> = {
    EACCES: `The data directory ${dataDir} cannot be written by the server's user. Make it writable (chown), ${other}.`,
    EPERM: `The data directory ${dataDir} cannot be written by the server's user. Make it writable (chown), ${other}.`,
    EROFS: `The data directory ${dataDir} is on a read-only file system. Mount it writable, ${other}.`,
    ENOSPC: `The disk of the data directory ${dataDir} is full. Make room, and start again.`,
    EDQUOT: `The disk quota of the data directory ${dataDir} is used up. Make room, and start again.`,
    ENOTDIR: `The data directory ${dataDir} is not a directory, or a part of its path is not. Set COUNTERSIGN_DATA_DIR to a directory.`,
    ENOENT: `The data directory ${dataDir} cannot be made: its file system takes no new directories. Set COUNTERSIGN_DATA_DIR to another directory.`,
    EEXIST: `The data directory ${dataDir} is not a directory, or a part of its path is not. Set COUNTERSIGN_DATA_DIR to a directory.`,
  }
  const reason = reasons[codeOf(error)]
  return reason === undefined ? error : new ConfigurationError([reason])
}

/**
 * Makes a directory and those above it. `mkdirSync` with `recursive` never ends in a file system such as /proc, which says
 * that a directory is missing although the one above is there.
 */
function makeDirectory(path: string): void {
  const above = dirname(path)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const isThere = codeOf(error) === 'EEXIST' && statSync(path).isDirectory()
    if (isThere) return
    if (codeOf(error) !== 'ENOENT' || existsSync(above)) throw error
    makeDirectory(above)
    makeDirectory(path)
  }
}

/** Makes the data directory where there is none, and proves that it can be written. @throws ConfigurationError */
export function prepareDataDir(dataDir: string): void {
  try {
    makeDirectory(dataDir)
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw dataDirProblem(error, dataDir)
  }
}
