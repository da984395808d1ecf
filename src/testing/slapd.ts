// Owns an OpenLDAP server with some people, for one test.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeCertificate } from './certificate-authority.ts'
import { freePort } from './server.ts'

/** The account with which people are searched. */
export const DIRECTORY = {
  baseDn: 'dc=acme,dc=example',
  bindDn: 'cn=reader,dc=acme,dc=example',
  bindPassword: 'the password of the reader',
} as const

/** A person in the directory. */
export interface Person {
  readonly uid: string
  readonly mail: string
  readonly password: string
}

/** A running OpenLDAP. */
export interface TestDirectory {
  /** `ldap://localhost:port`; it speaks StartTLS, too. */
  readonly url: string
  /** `ldaps://localhost:port` */
  readonly tlsUrl: string
  /** The authority of its certificate, in PEM. */
  readonly authority: string
  /** Runs `ldapmodify`. @param ldif the changes */
  modify(ldif: string): void
  close(): Promise<void>
}

/** Starts Debian's slapd with the people. */
export async function startDirectory(people: readonly Person[]): Promise<TestDirectory> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-slapd-'))
  const [port, tlsPort] = [await freePort(), await freePort()]
  const authority = makeCertificate({ subject: [['CN', 'Acme CA']], authority: true })
  const certificate = makeCertificate({
    subject: [['CN', 'localhost']],
    names: { dns: 'localhost' },
    purposes: ['serverAuth'],
    issuer: authority,
  })
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  mkdirSync(join(folder, 'data'))
  const config = file(
    'slapd.conf',
    [
      ...['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`),
      `pidfile ${folder}/slapd.pid`,
      'modulepath /usr/lib/ldap',
      'moduleload back_mdb.so',
      `TLSCACertificateFile ${file('ca.pem', authority.cert)}`,
      `TLSCertificateFile ${file('cert.pem', certificate.cert)}`,
      `TLSCertificateKeyFile ${file('key.pem', certificate.key)}`,
      'database mdb',
      'maxsize 16777216',
      `suffix "${DIRECTORY.baseDn}"`,
      `rootdn "${DIRECTORY.bindDn}"`,
      `rootpw "${DIRECTORY.bindPassword}"`,
      `directory ${folder}/data`,
      'access to attrs=userPassword by anonymous auth by * none',
      'access to * by users read by * none',
    ].join('\n'),
  )
  const entries = [
    `dn: ${DIRECTORY.baseDn}\nobjectClass: dcObject\nobjectClass: organization\no: Acme\ndc: acme`,
    ...people.map(
      ({ uid, mail, password }) =>
        `dn: uid=${uid},${DIRECTORY.baseDn}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid} of Acme\nsn: ${uid}\nmail: ${mail}\nuserPassword: ${password}`,
    ),
  ]
  execFileSync('/usr/sbin/slapadd', ['-f', config, '-l', file('people.ldif', `${entries.join('\n\n')}\n`)], {
    stdio: 'pipe',
  })
  const listeners = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`
  const child = spawn('/usr/sbin/slapd', ['-d', '0', '-f', config, '-h', listeners], { stdio: 'ignore' })
  const abandon = () => child.kill('SIGKILL')
  process.once('exit', abandon)
  await answers(port, child)
  return {
    url: `ldap://localhost:${port}`,
    tlsUrl: `ldaps://localhost:${tlsPort}`,
    authority: authority.cert,
    modify: (ldif) => {
      const { bindDn, bindPassword } = DIRECTORY
      const args = ['-x', '-H', `ldap://127.0.0.1:${port}`, '-D', bindDn, '-w', bindPassword]
      execFileSync('/usr/bin/ldapmodify', args, { input: ldif, stdio: 'pipe' })
    },
    async close() {
      process.off('exit', abandon)
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null) child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 2000; attempt++) {
    if (child.exitCode !== null) throw new Error(`slapd ended with ${child.exitCode}.`)
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isThere) return
    await pause(10)
  }
  throw new Error('slapd does not answer.')
}
