// Knows which site a request is for: those of the file, then those of the database.
import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Services } from '#domain/open-context.ts'
import { type ProxiedSite, siteKey } from '#domain/proxy/proxied-site.ts'
import { hostOf, plainHost } from '#domain/proxy-site/proxy-site.ts'
import type { RealmWithStatus } from '#domain/realm/realm.store.ts'
import type { Place } from './callers.ts'
import { type FileSite, readRulesFile, siteOfFile } from './rules-file.ts'

/** A site, the realm in which its people sign in, and the rules. */
export interface PlacedSite extends Place {
  readonly proxied: ProxiedSite
}

/** Milliseconds from a change of the file until it is read: an editor writes it in several steps. */
const SETTLES = 100

/** The sites of the proxy. */
export class Sites {
  readonly #services: Services
  readonly #path: string | undefined
  #file: ReadonlyMap<string, { readonly entry: FileSite; made?: ProxiedSite }> = new Map()
  #upstreams: ReadonlySet<string> = new Set()
  #watcher: FSWatcher | undefined

  constructor(services: Services, path: string | undefined) {
    this.#services = services
    this.#path = path
  }

  /**
   * Reads the file.
   * @returns the keys of sites that are not in it any more, or have another upstream
   * @throws Failure `conflict` where it has an error; then the old sites stay
   */
  load(): string[] {
    if (this.#path === undefined) return []
    const sites = readRulesFile(this.#path)
    const before = [...this.#file]
    this.#upstreams = new Set(sites.map(({ settings }) => settings.upstream))
    this.#file = new Map(sites.map((entry) => [hostOf(entry.settings.public_url), { entry }]))
    return before.flatMap(([host, { made }]) => {
      const isSame = this.#file.get(host)?.entry.settings.upstream === made?.site.upstream
      return made && !isSame ? [siteKey(made.site)] : []
    })
  }

  /** Calls a function whenever the file changes, until {@link close}. */
  watch(changed: () => void): void {
    if (this.#path === undefined) return
    const name = basename(this.#path)
    let timer: NodeJS.Timeout | undefined
    // The directory is watched: editors replace the file by another one.
    this.#watcher = watch(dirname(this.#path), { persistent: false }, (_event, which) => {
      if (which !== null && which !== name) return
      clearTimeout(timer)
      timer = setTimeout(changed, SETTLES)
      timer.unref()
    })
    this.#watcher.on('error', () => {})
  }

  close(): void {
    this.#watcher?.close()
  }

  /** Whether the file names an origin as an upstream. */
  isFileUpstream(origin: string): boolean {
    return this.#upstreams.has(origin)
  }

  /** How many rules the file has. @param realm the issuer id of a realm, for those of its sites only */
  fileRules(realm?: string): number {
    const entries = [...this.#file.values()].map(({ entry }) => entry)
    const asked = entries.filter((entry) => realm === undefined || entry.realm === realm)
    const indexes = new Set(asked.flatMap(({ rules }) => [rules.own, rules.shared]))
    return [...indexes].reduce((sum, { rules }) => sum + rules.length, 0)
  }

  /**
   * The site at a host.
   * @param host with its port; the standard ports may be there
   * @returns undefined where there is none, or its realm is disabled
   */
  async at(host: string): Promise<PlacedSite | undefined> {
    const plain = plainHost(host)
    const { registry } = this.#services
    const ofFile = this.#file.get(plain)
    if (ofFile) {
      const found = active(await registry.realmByIssuerId(ofFile.entry.realm))
      if (!found) return undefined
      ofFile.made ??= siteOfFile(ofFile.entry, found.realm.id)
      return { ...found, site: ofFile.made.site, proxied: ofFile.made }
    }
    const proxied = await registry.proxiedSite(plain)
    if (!proxied?.site.enabled) return undefined
    const found = active(await registry.realmById(proxied.site.realmId))
    return found && { ...found, site: proxied.site, proxied }
  }

  /** The sites of a realm, those of the file first. @param hosts of its sites in the database */
  async ofRealm(realmId: string, hosts: readonly string[]): Promise<PlacedSite[]> {
    const all = await Promise.all([...new Set([...this.#file.keys(), ...hosts])].map((host) => this.at(host)))
    return all.filter((each) => each?.realm.id === realmId) as PlacedSite[]
  }
}

/** A realm that serves people at the moment: it and its tenant are active. */
function active(found: RealmWithStatus | undefined): Pick<Place, 'realm' | 'brand'> | undefined {
  if (!found?.realm.enabled || found.tenantStatus !== 'active') return undefined
  return { realm: found.realm, brand: found.brand }
}
