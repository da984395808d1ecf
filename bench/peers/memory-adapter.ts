// A memory adapter for oidc-provider. Its own one keeps only the 1,000 newest entries and reads all tokens of a grant
// at each rotation. This one only uses maps, so that the peer is measured at its best.

type Payload = Record<string, unknown> & { grantId?: string; uid?: string; consumed?: number }

const entries = new Map<string, Payload>()
const byUid = new Map<string, string>()
const byGrant = new Map<string, Set<string>>()

/** The adapter interface of oidc-provider, as far as this bench has its features on. */
export class MemoryAdapter {
  readonly #model: string

  /** @param model the kind of artefact */
  constructor(model: string) {
    this.#model = model
  }

  async upsert(id: string, payload: Payload): Promise<void> {
    const key = this.#key(id)
    entries.set(key, payload)
    if (this.#model === 'Session' && payload.uid !== undefined) byUid.set(payload.uid, id)
    if (this.#model === 'Grant' || this.#model === 'Session' || payload.grantId === undefined) return
    const members = byGrant.get(payload.grantId)
    if (members === undefined) byGrant.set(payload.grantId, new Set([key]))
    else members.add(key)
  }

  async find(id: string): Promise<Payload | undefined> {
    return entries.get(this.#key(id))
  }

  async findByUid(uid: string): Promise<Payload | undefined> {
    const id = byUid.get(uid)
    return id === undefined ? undefined : this.find(id)
  }

  async findByUserCode(): Promise<undefined> {}

  async consume(id: string): Promise<void> {
    const entry = entries.get(this.#key(id))
    if (entry !== undefined) entry.consumed = Math.floor(Date.now() / 1000)
  }

  async destroy(id: string): Promise<void> {
    const key = this.#key(id)
    const { uid, grantId } = entries.get(key) ?? {}
    entries.delete(key)
    if (uid !== undefined) byUid.delete(uid)
    if (grantId !== undefined) byGrant.get(grantId)?.delete(key)
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const key of byGrant.get(grantId) ?? []) entries.delete(key)
    byGrant.delete(grantId)
  }

  #key(id: string): string {
    return `${this.#model}:${id}`
  }
}
