// Owns the description of the machine that the bench ran on.
import { execFileSync } from 'node:child_process'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { median, PINNED } from './process.ts'

/** What a reader must know of the machine to make sense of the figures; nothing that says whose it is. */
export interface Machine {
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly system: string
  readonly node: string
  readonly openssl: string
  readonly sqlite: string
  readonly pinned: boolean
  readonly fileSystem: string
  /** Median milliseconds to append 4 KiB to a file and have it on disk. */
  readonly fsyncMs: number
}

/** @param directory where the servers' files will be */
export function machine(directory: string): Machine {
  const { node, openssl, sqlite = '' } = process.versions
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${process.platform} ${process.arch}`,
    node,
    openssl,
    sqlite,
    pinned: PINNED,
    fileSystem: fileSystemOf(directory),
    fsyncMs: fsyncTime(directory),
  }
}

/** The version of a package in node_modules. */
export function versionOf(name: string): string {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8')).version
}

function fileSystemOf(directory: string): string {
  try {
    return execFileSync('df', ['--output=fstype', directory], { encoding: 'utf8' }).split('\n')[1]?.trim() ?? 'unknown'
  } catch {
    return 'unknown'
  }
}

function fsyncTime(directory: string): number {
  mkdirSync(directory, { recursive: true })
  const path = join(directory, 'fsync')
  const file = openSync(path, 'w')
  const page = Buffer.alloc(4096)
  const times: number[] = []
  for (let count = 0; count < 100; count++) {
    const start = performance.now()
    writeSync(file, page)
    fsyncSync(file)
    times.push(performance.now() - start)
  }
  closeSync(file)
  rmSync(path)
  return median(times)
}
