// Checks the mails of invitations.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENGLISH } from '#language/language.ts'
import { openTestServices } from '#testing/services.ts'
import { prepareMail } from '../mail/mail.service.ts'
import { invitationLetter } from './invitation-letter.ts'

const PARTS = { realm: 'Northwind', inviter: 'ada', role: 'member', expiresAt: 0, url: 'https://id.example.com/i' }

test('the subject of an invitation has no link, whatever an organization is called', () => {
  assert.equal(
    invitationLetter(ENGLISH, { ...PARTS, organization: 'Crew' }).subject,
    'Invitation to join Crew at Northwind',
  )
  for (const organization of [
    'https://evil.example/win',
    'Win at evil.example',
    'www.evil',
    'mail x@evil',
    'bücher.example',
    '1.2.3.4/win',
    '10.0.0.1',
    'evil:8080/win',
    'evil:8080',
    'localhost/x',
    'evil\u3002example/win',
    'evil\u3002example',
    'evil\u2024example',
    'evil\uff0eexample',
    'evil\uff61example',
    'evil\uff0fwin',
  ]) {
    assert.equal(invitationLetter(ENGLISH, { ...PARTS, organization }).subject, 'Invitation to join an organization')
  }
})

test('the subject names an organization whose name has dots and signs that lead nowhere', () => {
  for (const organization of ['St. Mary', 'R&D: Tools', 'Version 2.0', 'Ärzte e. V.']) {
    const { subject } = invitationLetter(ENGLISH, { ...PARTS, organization })
    assert.equal(subject, `Invitation to join ${organization} at Northwind`)
  }
})

test('a tenant that mails strangers in a row is stopped', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const letter = invitationLetter(ENGLISH, { ...PARTS, organization: 'Crew' })
  const mail = (index: number) => {
    const address = { kind: 'invitation', aboutId: services.random.id(), recipient: `s${index}@example.org` } as const
    return prepareMail(context, { ...address, expiresAt: services.clock.now() + 1000 }, letter)
  }
  for (let index = 0; index < 100; index++) await mail(index)
  await assert.rejects(mail(100), { code: 'too_many_requests' })
  services.clock.advance(3_600_000)
  await mail(101)
})
