// Owns the lock file of one workspace: the part of the checkout's that its packages need.

interface Locked {
  readonly version?: string
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** A package-lock.json of version 3. */
export interface Lock {
  readonly name?: string
  readonly version?: string
  readonly lockfileVersion: number
  readonly requires?: boolean
  readonly packages: Readonly<Record<string, Locked>>
}

/**
 * The lock file of a workspace on its own, with the versions that the whole has.
 * @param lock of the checkout
 * @param workspace its folder
 */
export function lockOf(lock: Lock, workspace: string): Lock {
  const own = lock.packages[workspace]
  if (!own) throw new Error(`package-lock.json has no workspace ${workspace}.`)
  const kept = new Map<string, Locked>([['', own]])
  const wanted = Object.keys({ ...own.dependencies, ...own.devDependencies }).map((name) => ({ name, from: workspace }))
  for (let next = wanted.pop(); next; next = wanted.pop()) {
    const path = resolved(lock, next.from, next.name)
    const target = path?.replace(new RegExp(`^${workspace}/`), '')
    const found = path === undefined ? undefined : lock.packages[path]
    if (path === undefined || target === undefined || !found || kept.has(target)) continue
    kept.set(target, found)
    const { dependencies, optionalDependencies, peerDependencies } = found
    const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
    wanted.push(...names.map((name) => ({ name, from: path })))
  }
  const packages = Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1)))
  return { ...lock, ...(own as { name?: string }), packages, lockfileVersion: lock.lockfileVersion }
}

// Where Node looks for a package, from the folder of the one that wants it upwards.
function resolved({ packages }: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.replace(/(^|\/)[^/]+$/, '')) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (!folder.endsWith('node_modules') && packages[path]) return path
    if (folder === '') return undefined
  }
}
