// Owns a DNS server for tests.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import ipaddr from 'ipaddr.js'

/** What a name has: addresses, texts, or an alias. `broken` answers SERVFAIL. */
export type DnsRecords = Readonly<
  Record<string, { addresses?: readonly string[]; texts?: readonly string[]; cname?: string; broken?: true }>
>

export interface DnsServer extends AsyncDisposable {
  /** `127.0.0.1:port`, as a resolver takes it. */
  readonly address: string
  /** How often a name's IPv4 address was asked for. */
  readonly questions: (name: string) => number
  /** Replaces what is answered from now on. */
  set(records: DnsRecords): void
}

const TYPES = { A: 1, CNAME: 5, TXT: 16, AAAA: 28 } as const
/** The longest part of a text (RFC 1035 §3.3.14). */
const TEXT_PART = 255
const REFUSALS = { serverFailure: 2, noSuchName: 3 } as const

/** A DNS server on the loopback interface that answers for the names of a test (RFC 1035 §4). */
export async function startDns(initial: DnsRecords): Promise<DnsServer> {
  let records = initial
  const counts = new Map<string, number>()
  const socket = createSocket('udp4')
  socket.on('message', (query, peer) => {
    const { name, type, end } = readQuestion(query)
    if (type === TYPES.A) counts.set(name, (counts.get(name) ?? 0) + 1)
    socket.send(answer(query.subarray(0, end), records[name], type), peer.port, peer.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions: (name) => counts.get(name) ?? 0,
    set: (next) => {
      records = next
    },
    [Symbol.asyncDispose]: async () => {
      socket.close()
      await once(socket, 'close')
    },
  }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function answer(question: Buffer, record: DnsRecords[string] | undefined, type: number): Buffer {
  const entries = record ? entriesOf(record, type) : []
  const header = Buffer.from(question)
  header.writeUInt16BE(
    0x8180 | (record === undefined ? REFUSALS.noSuchName : record.broken ? REFUSALS.serverFailure : 0),
    2,
  )
  header.writeUInt16BE(entries.length, 6)
  header.writeUInt32BE(0, 8)
  return Buffer.concat([header, ...entries])
}

function entriesOf(record: DnsRecords[string], type: number): Buffer[] {
  if (type === TYPES.CNAME) return record.cname === undefined ? [] : [entry(TYPES.CNAME, encodeName(record.cname))]
  if (type === TYPES.TXT) return (record.texts ?? []).map((text) => entry(TYPES.TXT, encodeText(text)))
  const addresses = (record.addresses ?? []).map((address) => Buffer.from(ipaddr.parse(address).toByteArray()))
  return addresses
    .filter((bytes) => (bytes.length === 4 ? TYPES.A : TYPES.AAAA) === type)
    .map((bytes) => entry(type, bytes))
}

function entry(type: number, data: Buffer): Buffer {
  // A pointer to the name in the question, the type, class IN, no time to live.
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, data.length >> 8, data.length & 255])
  return Buffer.concat([head, data])
}

function encodeText(text: string): Buffer {
  const parts = text.match(new RegExp(`.{1,${TEXT_PART}}`, 'gs')) ?? ['']
  return Buffer.concat(parts.map((part) => Buffer.from([part.length, ...Buffer.from(part)])))
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]))
  return Buffer.concat([...labels, Buffer.from([0])])
}
