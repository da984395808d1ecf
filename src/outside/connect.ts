// Opens connections whose protocol is neither HTTP nor known here.
import { createConnection, type LookupFunction, type Socket } from 'node:net'

/** Where a connection leads, how the name is resolved, and what ends the attempt. */
export interface Connecting {
  readonly host: string
  readonly port: number
  readonly lookup: LookupFunction
  readonly signal: AbortSignal
}

/** Opens a connection. @throws the error of the connection */
export function connectTo({ host, port, lookup, signal }: Connecting): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = createConnection({ host, port, lookup })
  const abort = () =>
    void socket.destroy(Object.assign(new Error('The connection took too long.'), { code: 'ETIMEDOUT' }))
  signal.addEventListener('abort', abort, { once: true })
  socket.once('error', reject)
  socket.once('connect', () => {
    signal.removeEventListener('abort', abort)
    socket.off('error', reject)
    resolve(socket)
  })
  return promise
}
