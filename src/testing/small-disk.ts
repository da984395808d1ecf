// Owns a small disk of its own for a test that fills it.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What {@link mountSmallDisk} needs and this user may not have. */
export const MOUNT_MISSING = process.getuid?.() === 0 ? '' : 'the right to mount'

/** A file system of a few megabytes. */
export interface SmallDisk {
  readonly path: string
  /** Takes all room that is left. */
  fill(): void
  /** Gives it back. */
  clear(): void
  remove(): void
}

/** Mounts a small disk, which every user may write. */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'countersign-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'countersign', path])
  const ballast = join(path, 'ballast')
  return {
    path,
    fill() {
      const file = openSync(ballast, 'w')
      const piece = Buffer.alloc(4096, 1)
      try {
        for (;;) writeSync(file, piece)
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    clear: () => rmSync(ballast),
    remove() {
      execFileSync('umount', ['-l', path])
      rmSync(path, { recursive: true })
    },
  }
}
