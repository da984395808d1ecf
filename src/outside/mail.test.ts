// Checks the sending of a mail to a real SMTP server.
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { OutgoingMail } from '#domain/outside.ts'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { type MailServer, startMailServer } from '#testing/mail-server.ts'
import { createMail, type MailOptions } from './mail.ts'

const MAIL: OutgoingMail = {
  id: '0193e5a0-0000-7000-8000-000000000001',
  recipient: 'ada@example.com',
  subject: 'Grüße an Ada',
  text: 'Follow https://id.example.com/invitation?invitation=a-secret\n',
  html: '<p>Follow <a href="https://id.example.com/">this</a></p>',
  createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
}
const LOGIN = { user: 'countersign', password: 'p@ss:word/ü' }
const from = { name: 'Northwind, Accounts', address: 'no-reply@id.example.com' }
const forever = new AbortController().signal

function mailTo({ port }: Pick<MailServer, 'port'>, more: Partial<MailOptions> & { secure?: boolean } = {}) {
  const reports: string[] = []
  const { secure = false, ...options } = more
  const server = { host: '127.0.0.1', port, secure, credentials: undefined, ...options.server }
  const mail = createMail({ from, report: (_, reason) => reports.push(reason), ...options, server })
  return { mail, reports, send: (changes: Partial<OutgoingMail> = {}) => mail.send({ ...MAIL, ...changes }, forever) }
}

const withLogin = ({ port }: MailServer, credentials = LOGIN) => ({
  host: '127.0.0.1',
  port,
  secure: false,
  credentials,
})

test('a mail arrives as text and as HTML, with its names, its own id and no answer wanted', async () => {
  await using office = await startMailServer()
  const outcome = await mailTo(office).send()
  assert.deepEqual(outcome, { error: null, responseCode: 250, permanent: false })
  const [mail] = office.mails
  assert.deepEqual([mail?.from, mail?.to], [from.address, [MAIL.recipient]])
  const { parsed } = mail ?? assert.fail()
  assert.deepEqual(parsed.from, { name: from.name, address: from.address })
  assert.deepEqual(parsed.to, [{ name: '', address: MAIL.recipient }])
  assert.equal(parsed.subject, MAIL.subject)
  assert.equal(parsed.text?.trim(), MAIL.text.trim())
  assert.equal(parsed.html?.trim(), MAIL.html)
  assert.equal(parsed.messageId, `<${MAIL.id}@id.example.com>`)
  assert.equal(parsed.date, '2026-01-02T03:04:05.000Z')
  assert.equal(parsed.headers.find(({ key }) => key === 'auto-submitted')?.value, 'auto-generated')
})

test('no text becomes a header or a recipient', async () => {
  await using office = await startMailServer()
  const { send } = mailTo(office)
  const subject = 'Join Acme\r\nBcc: mallory@evil.example\r\n\r\n<h1>Pay here</h1>\u2028X-Evil: 1'
  assert.equal((await send({ subject, text: '.\r\nRCPT TO:<mallory@evil.example>\r\n.\r\n' })).error, null)
  for (const recipient of [
    'ada@example.com>\r\nRCPT TO:<mallory@evil.example',
    'ada@example.com, mallory@evil.example',
    'Ada <mallory@evil.example>',
  ]) {
    assert.deepEqual(await send({ recipient }), { error: 'rejected', responseCode: null, permanent: true })
  }
  assert.equal(office.mails.length, 1)
  for (const { to, parsed } of office.mails) {
    assert.ok(!to.includes('mallory@evil.example'))
    assert.equal(parsed.bcc, undefined)
    assert.ok(!parsed.headers.some(({ key }) => ['bcc', 'x-evil'].includes(key)))
  }
  const [first] = office.mails
  assert.equal(first?.parsed.subject, 'Join Acme Bcc: mallory@evil.example <h1>Pay here</h1> X-Evil: 1')
  assert.match(first?.parsed.text ?? '', /^\.\r?\nRCPT TO/)
})

test('what is written in a mail makes the library read no file and fetch no address', async () => {
  await using office = await startMailServer()
  const { send } = mailTo(office)
  await send({ html: '<img src="file:///etc/passwd"><img src="http://127.0.0.1:1/x">' })
  assert.match(office.mails[0]?.parsed.html ?? '', /file:\/\/\/etc\/passwd/)
  assert.deepEqual(office.mails[0]?.parsed.attachments, [])
})

test('TLS is required where a password is sent or the setting says so, and certificates are looked at', async () => {
  const authorities = TEST_CERTIFICATE.cert
  await using plain = await startMailServer({ tls: 'none' })
  assert.equal((await mailTo(plain).send()).error, null, 'on this machine, without a password, it need not be')
  assert.equal((await mailTo(plain, { tls: 'required' }).send()).error, 'tls')
  assert.equal((await mailTo(plain, { server: withLogin(plain) }).send()).error, 'tls')
  assert.equal(plain.mails.length, 1)

  await using office = await startMailServer({ login: LOGIN })
  const strange = mailTo(office, { server: withLogin(office) })
  assert.equal((await strange.send()).error, 'tls', 'nobody vouches for its certificate')
  assert.equal((await mailTo(office, { server: withLogin(office), authorities }).send()).error, null)
  assert.deepEqual([office.mails[0]?.secure, office.mails[0]?.user], [true, LOGIN.user])
  const optional = mailTo(office, { server: withLogin(office), tls: 'optional' })
  assert.equal((await optional.send()).error, null)
  assert.equal(office.mails[1]?.secure, true, 'what is offered is taken')

  await using tls = await startMailServer({ tls: 'from the start' })
  assert.equal((await mailTo(tls, { secure: true, authorities }).send()).error, null)
  assert.equal((await mailTo(tls, { secure: true }).send()).error, 'tls')
  assert.equal(tls.mails.length, 1)
})

test('why a mail was not taken is one word, the server’s number, and whether it ever will', async () => {
  await using office = await startMailServer({ login: LOGIN })
  const authorities = TEST_CERTIFICATE.cert
  const right = mailTo(office, { server: withLogin(office), authorities })
  const codes: Record<string, number> = {
    'gone@example.com': 550,
    'later@example.com': 451,
    'out-of-order@example.com': 503,
  }
  office.refuse((recipient) => codes[recipient])
  const outcomes = await Promise.all(Object.keys(codes).map((recipient) => right.send({ recipient })))
  assert.deepEqual(outcomes, [
    { error: 'rejected', responseCode: 550, permanent: true },
    { error: 'deferred', responseCode: 451, permanent: false },
    { error: 'rejected', responseCode: 503, permanent: false },
  ])
  const wrong = mailTo(office, { server: withLogin(office, { ...LOGIN, password: 'not it' }), authorities })
  assert.deepEqual(await wrong.send(), { error: 'authentication', responseCode: 535, permanent: false })
  await office.down()
  assert.deepEqual(await right.send(), { error: 'unreachable', responseCode: null, permanent: false })
  assert.equal(office.mails.length, 0)
  const told = JSON.stringify([...right.reports, ...wrong.reports])
  assert.match(told, /rejected: /)
  for (const secret of [LOGIN.password, 'not it', 'a-secret']) assert.ok(!told.includes(secret), told)
})

test('a server that says nothing is waited for no longer than told, and not at all once the try is broken off', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  const { port } = silent.address() as { port: number }
  const { mail, send } = mailTo({ port }, { timeout: 100 })
  assert.equal((await send()).error, 'timeout')
  const stopping = new AbortController()
  const broken = mail.send(MAIL, stopping.signal)
  stopping.abort()
  assert.equal((await broken).error, 'aborted')
  silent.close()
})
