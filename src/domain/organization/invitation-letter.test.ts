// Checks the mails of invitations.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServices } from '#testing/services.ts'
import { prepareMail } from '../mail/mail.service.ts'
import { invitationLetter } from './invitation-letter.ts'

const PARTS = { realm: 'Northwind', inviter: 'ada', role: 'member', expiresAt: 0, url: 'https://id.example.com/i' }

test('the subject of an invitation has no link, whatever an organization is called', () => {
  assert.equal(invitationLetter({ ...PARTS, organization: 'Crew' }).subject, 'Invitation to join Crew at Northwind')
  for (const organization of [
    'https://evil.example/win',
    'Win at evil.example',
    'www.evil',
    'mail x@evil',
    'bücher.example',
  ]) {
    assert.equal(invitationLetter({ ...PARTS, organization }).subject, 'Invitation to join an organization')
  }
})

test('a tenant that mails strangers in a row is stopped', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const context = services.contextFor()
  const letter = invitationLetter({ ...PARTS, organization: 'Crew' })
  const mail = (index: number) => {
    const address = { kind: 'invitation', aboutId: services.random.id(), recipient: `s${index}@example.org` } as const
    return prepareMail(context, { ...address, expiresAt: services.clock.now() + 1000 }, letter)
  }
  for (let index = 0; index < 100; index++) await mail(index)
  await assert.rejects(mail(100), { code: 'too_many_requests' })
  services.clock.advance(3_600_000)
  await mail(101)
})
