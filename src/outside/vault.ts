// Speaks to HashiCorp Vault or OpenBao over HTTP: signs in, keeps its token alive, and sends requests.
import type { KeyStoreSettings } from './key-store-settings.ts'
import { KeyStoreError } from './outside-keys.ts'

/** Milliseconds of a request. */
const TIMEOUT = 3000
/** A token is renewed when half of its time is over, but not more often than this, in milliseconds. */
const RENEWAL_LEAST = 1000
const RENEWAL_MOST = 24 * 3_600_000

/** The settings of the connection. */
export type VaultSettings = Pick<
  KeyStoreSettings,
  'vaultNamespace' | 'vaultToken' | 'vaultRoleId' | 'vaultSecretId' | 'vaultApproleMount'
> & { readonly vaultAddress: string }

/** Sends a request. @returns `data` of the response; undefined for 404 @throws KeyStoreError */
export type AskVault = (method: string, path: string, body?: object) => Promise<Record<string, unknown> | undefined>

interface Lease {
  readonly token: string
  /** Milliseconds of `performance.now()` from which on it is renewed; infinite for one without an end. */
  renewAt: number
  /** Milliseconds of `performance.now()`. */
  expiresAt: number
  readonly renewable: boolean
}

interface Auth {
  readonly client_token?: string
  readonly lease_duration?: number
  readonly renewable?: boolean
}

/** Opens a connection. Nothing is sent before the first request. */
export function openVault(settings: VaultSettings): AskVault {
  const { vaultToken, vaultRoleId, vaultSecretId, vaultApproleMount } = settings
  const send = senderTo(settings)
  let lease: Promise<Lease> | undefined
  let isRenewing = false

  const signIn = async (): Promise<Lease> => {
    if (vaultToken !== undefined) {
      const { status, body } = await send('GET', 'auth/token/lookup-self', vaultToken)
      if (status !== 200) throw failureOf(status, body, 'auth/token/lookup-self')
      const { ttl, renewable } = (body.data ?? {}) as { ttl?: number; renewable?: boolean }
      return leaseOf({ client_token: vaultToken, lease_duration: ttl ?? 0, renewable: renewable === true })
    }
    const path = `auth/${vaultApproleMount}/login`
    const { status, body } = await send('POST', path, undefined, { role_id: vaultRoleId, secret_id: vaultSecretId })
    if (status !== 200) throw failureOf(status, body, path)
    return leaseOf(body.auth as Auth)
  }

  /** Renews in the background, so that no request waits. A token that cannot be renewed is used until it ends. */
  const renew = async (held: Lease): Promise<void> => {
    if (vaultToken === undefined && !held.renewable) {
      lease = Promise.resolve(await signIn())
      return
    }
    const { status, body } = await send('POST', 'auth/token/renew-self', held.token, {})
    if (status === 200) lease = Promise.resolve(leaseOf({ ...(body.auth as Auth), client_token: held.token }))
    else if (vaultToken === undefined) lease = Promise.resolve(await signIn())
    else held.renewAt = performance.now() + RENEWAL_LEAST * 30
  }

  const current = async (): Promise<Lease> => {
    lease ??= signIn()
    let held: Lease
    try {
      held = await lease
    } catch (error) {
      lease = undefined
      throw error
    }
    const now = performance.now()
    if (vaultToken === undefined && held.expiresAt <= now) {
      lease = undefined
      return current()
    }
    if (held.renewAt <= now && (held.renewable || vaultToken === undefined) && !isRenewing) {
      isRenewing = true
      void renew(held)
        .catch(() => {
          held.renewAt = performance.now() + RENEWAL_LEAST
        })
        .finally(() => {
          isRenewing = false
        })
    }
    return held
  }

  return async (method, path, body) => {
    const held = await current()
    let reply = await send(method, path, held.token, body)
    // A token can end before its time: Vault was restarted, or somebody revoked it.
    if (reply.status === 403 && vaultToken === undefined) {
      if ((await lease?.catch(() => undefined))?.token === held.token) lease = undefined
      reply = await send(method, path, (await current()).token, body)
    }
    if (reply.status === 404) return undefined
    if (reply.status >= 400) throw failureOf(reply.status, reply.body, path)
    return (reply.body.data ?? {}) as Record<string, unknown>
  }
}

interface VaultReply {
  readonly status: number
  readonly body: Record<string, unknown>
}

function senderTo({
  vaultAddress,
  vaultNamespace,
}: VaultSettings): (method: string, path: string, token: string | undefined, body?: object) => Promise<VaultReply> {
  return async (method: string, path: string, token: string | undefined, body?: object) => {
    let response: Response
    let text: string
    try {
      response = await fetch(`${vaultAddress}/v1/${path}`, {
        method,
        headers: {
          'x-vault-request': 'true',
          ...(token !== undefined && { 'x-vault-token': token }),
          ...(vaultNamespace !== undefined && { 'x-vault-namespace': vaultNamespace }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT),
      })
      text = await response.text()
    } catch (error) {
      throw new KeyStoreError('unreachable', `${vaultAddress} does not answer: ${causeOf(error)}.`)
    }
    return { status: response.status, body: parsed(text) }
  }
}

function leaseOf({ client_token: token, lease_duration: seconds = 0, renewable = false }: Auth): Lease {
  if (token === undefined) throw new KeyStoreError('failed', 'Vault gave no token.')
  const now = performance.now()
  const endless = seconds === 0
  const half = Math.min(RENEWAL_MOST, Math.max(RENEWAL_LEAST, seconds * 500))
  return {
    token,
    renewable: renewable && !endless,
    renewAt: endless ? Number.POSITIVE_INFINITY : now + half,
    expiresAt: endless ? Number.POSITIVE_INFINITY : now + seconds * 1000,
  }
}

/** 403: the policy of the role; 503: sealed, or in standby (Vault, “HTTP API: HTTP status codes”). */
function failureOf(status: number, body: Record<string, unknown>, path: string): KeyStoreError {
  const [first] = Array.isArray(body.errors) ? body.errors : []
  const said = typeof first === 'string' ? `: ${first.replaceAll(/\s+/g, ' ').slice(0, 200)}` : ''
  const reason = status === 400 || status === 403 ? 'refused' : status >= 500 ? 'unreachable' : 'failed'
  return new KeyStoreError(reason, `Vault answered ${status} to ${path}${said}.`)
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {}
  return {}
}

function causeOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'no response in time'
  const cause = error instanceof Error ? error.cause : undefined
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? (error instanceof Error ? error.name : String(error))
}
