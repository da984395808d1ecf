// Checks the templates of mails: what they may be, and what people get.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Failure } from '#kernel/error.ts'
import { type Language, loadLanguage } from '#language/language.ts'
import { LANGUAGE_TAGS } from '#language/languages.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherRealm, anotherTenant } from '#testing/domain-fixtures.ts'
import { type MailFixture, openMailFixture } from '#testing/mail-fixture.ts'
import { linkIn } from '#testing/mail-server.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { builtInTemplate, exampleFrame } from './kinds.ts'
import {
  mailTemplateGet,
  mailTemplateList,
  mailTemplatePreview,
  mailTemplateReset,
  mailTemplateTest,
  mailTemplateUpdate,
} from './mail-template.operations.ts'
import { TEMPLATE_KINDS } from './mail-template.ts'
import { writeByTemplate } from './write-by-template.ts'

const KEY = { kind: 'invitation', language: 'en' } as const

/** Stores a template as if it had been checked by an earlier version. */
async function spoil({ services }: MailFixture, subject: string): Promise<void> {
  const { read, write } = services.contextFor()
  const own = await read.mailTemplates.find(services.realm.id, KEY)
  assert.ok(own)
  await write((unit) =>
    unit.mailTemplates.save({ ...own, content: { ...own.content, subject }, version: own.version + 1 }),
  )
}

for (const dialect of DIALECTS) {
  describe(`templates of mails on ${dialect}`, () => {
    test('people get the words of the realm, with the link and the facts of the server', async () => {
      await using fixture = await openMailFixture(dialect)
      const { services } = fixture
      const context = services.contextFor()
      const { version } = await runOperation(mailTemplateUpdate, context, {
        ...KEY,
        subject: 'Join {{ organization }}',
        heading: 'Welcome to {{ realm }}',
        paragraphs: ['{% if inviter %}{{ inviter }} asks you.{% else %}You are asked.{% endif %}'],
      })
      assert.equal(version, 1)
      fixture.start()
      await fixture.invite('ada@example.com')
      const mail = await fixture.mailTo('ada@example.com')
      assert.equal(mail.parsed.subject, 'Join Acme')
      assert.match(linkIn(mail), /\?invitation=[\w-]{43}$/)
      for (const body of [mail.parsed.text, mail.parsed.html]) {
        for (const part of [`Welcome to ${services.realm.name}`, 'You are asked.', 'Accept the invitation', 'member'])
          assert.ok(String(body).includes(part), `${part} is not in ${body}`)
      }
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 1)
      const [entry] = await fixture.log()
      assert.deepEqual([entry?.template, entry?.subject], ['own', 'Join Acme'])
      await runOperation(mailTemplateReset, context, KEY)
      await fixture.invite('bob@example.com')
      assert.match((await fixture.mailTo('bob@example.com')).parsed.subject ?? '', /^Invitation to join Acme at /)
    })

    test('values are escaped in the HTML of a realm, and names are no links in subjects', async () => {
      await using fixture = await openMailFixture(dialect)
      const context = fixture.services.contextFor()
      const html = '<p title="{{ organization }}">{{ organization }}</p><a href="{{ link }}">x</a>'
      await runOperation(mailTemplateUpdate, context, { ...KEY, subject: 'At {{ organization }}', html })
      const preview = (organization: string) =>
        runOperation(mailTemplatePreview, context, { ...KEY, values: [{ name: 'organization', value: organization }] })
      const { html: shown } = await preview('"><script>alert(1)</script>')
      assert.ok(!shown.includes('<script>') && !shown.includes('title="">'), shown)
      assert.equal((await preview('evil.example')).subject, 'At …')
    })

    test('a template that fails when a mail is sent is replaced by that of the server', async () => {
      await using fixture = await openMailFixture(dialect)
      await runOperation(mailTemplateUpdate, fixture.services.contextFor(), { ...KEY, subject: 'Join us' })
      await spoil(fixture, '{{ of_an_earlier_version }}')
      fixture.start()
      await fixture.invite('ada@example.com')
      assert.match((await fixture.mailTo('ada@example.com')).parsed.subject ?? '', /^Invitation to join Acme at /)
      await fixture.until(async () => (await fixture.log({ status: 'sent' })).length === 1)
      assert.equal((await fixture.log())[0]?.template, 'fallback')
    })

    test('a stored subject with the link gives way to that of the server, and the words stay', async () => {
      await using fixture = await openMailFixture(dialect)
      const context = fixture.services.contextFor()
      await runOperation(mailTemplateUpdate, context, { ...KEY, subject: 'Join us', heading: 'Our words' })
      await spoil(fixture, 'Here: {{ link }}')
      const { subject } = await runOperation(mailTemplatePreview, context, { ...KEY, values: [] })
      assert.match(subject, /^Invitation to join Acme at /)
      fixture.start()
      await fixture.invite('ada@example.com')
      const { parsed } = await fixture.mailTo('ada@example.com')
      assert.match(parsed.subject ?? '', /^Invitation to join Acme at /)
      assert.match(parsed.text ?? '', /Our words/)
    })

    test('a template that cannot be used is refused with its line and the reason, and nothing changes', async () => {
      await using fixture = await openMailFixture(dialect)
      const context = fixture.services.contextFor()
      const loop = 'line 2: tag "for" not found'
      const cases: [object, RegExp | string][] = [
        [{ heading: 'a\n{% for i in (1..9) %}{% endfor %}' }, loop],
        [{ heading: '{% include "/etc/passwd" %}' }, 'line 1: tag "include" not found'],
        [{ heading: '{% assign a = 1 %}' }, 'line 1: tag "assign" not found'],
        [{ heading: '{{ realm | raw }}' }, 'line 1: undefined filter: raw'],
        [{ heading: '{{ realm' }, /^line 1: output .* not closed$/],
        [{ heading: '{% if realm %}\n' }, /^line 1: tag .* not closed$/],
        [{ heading: '{{ realm.constructor }}' }, 'line 1: undefined variable: realm.constructor'],
        [{ heading: '{{ (1..100000000) }}' }, 'line 1: memory alloc limit exceeded'],
        [
          { heading: '{% if inviter == "nobody" %}\n{{ secret }}{% endif %}' },
          'line 2: not a variable of this mail: secret',
        ],
        [{ subject: '{% if realm == "" %}x{% endif %}' }, 'line 1: nothing is left of it'],
        [{ text: 'Come, {{ inviter }}' }, 'line 1: the mail is of no use without {{ link }}'],
        [{ html: '{% if realm == "" %}{{ link }}{% endif %}' }, 'line 1: the mail is of no use without {{ link }}'],
        [{ html: '{{ realm }}'.repeat(201) }, 'line 1: more than 200 tags and outputs'],
        [
          { html: `{% if ${'realm or '.repeat(2000)} realm %}x{% endif %}` },
          'line 1: more than 10000 characters in tags and outputs',
        ],
        [{ subject: 'Go to\n{{ link }}' }, 'line 2: a subject is listed and must not have {{ link }}'],
      ]
      for (const [patch, reason] of cases) {
        const error = await runOperation(mailTemplateUpdate, context, { ...KEY, ...patch }).catch((thrown) => thrown)
        assert.ok(error instanceof Failure && error.code === 'invalid_input', JSON.stringify(patch))
        const [flaw] = error.detail.flaws ?? []
        if (typeof reason === 'string') assert.equal(flaw?.message, reason)
        else assert.match(flaw?.message ?? '', reason)
        assert.equal(flaw?.path, Object.keys(patch)[0])
      }
      const { isOwn, version } = await runOperation(mailTemplateGet, context, KEY)
      assert.deepEqual([isOwn, version], [false, 0])
    })

    test('saving one member leaves the others, and a template is of its realm and language alone', async () => {
      await using fixture = await openMailFixture(dialect)
      const { services } = fixture
      const context = services.contextFor()
      await runOperation(mailTemplateUpdate, context, { ...KEY, subject: 'One', closing: ['Bye'] })
      const view = await runOperation(mailTemplateUpdate, context, { ...KEY, heading: 'Two' })
      assert.deepEqual([view.subject, view.closing, view.heading, view.version], ['One', ['Bye'], 'Two', 2])
      const stale = runOperation(mailTemplateUpdate, context, { ...KEY, heading: 'Three', ifVersion: 1 })
      await assert.rejects(stale, failure('precondition_failed'))
      const elsewhere = [await anotherRealm(services), await anotherRealm(services, await anotherTenant(services))]
      for (const realm of elsewhere) {
        const { isOwn } = await runOperation(mailTemplateGet, services.contextFor({ realm }), KEY)
        assert.equal(isOwn, false)
      }
      const { data } = await runOperation(mailTemplateList, context, { language: 'de' })
      assert.deepEqual(
        data.map(({ kind, isOwn }) => [kind, isOwn]),
        TEMPLATE_KINDS.map((kind) => [kind, false]),
      )
    })

    test('an example is sent, with a link that leads nowhere', async () => {
      await using fixture = await openMailFixture(dialect)
      fixture.start()
      await runOperation(mailTemplateTest, fixture.services.contextFor(), { ...KEY, recipient: 'me@example.com' })
      const mail = await fixture.mailTo('me@example.com')
      assert.ok(linkIn(mail).startsWith('https://id.example.com/example?'), linkIn(mail))
      assert.equal((await fixture.log())[0]?.kind, 'test')
    })
  })
}

test('the template of the server writes what the server writes without one', async () => {
  for (const tag of LANGUAGE_TAGS) {
    const language: Language = await loadLanguage(tag)
    for (const kind of TEMPLATE_KINDS) {
      const frame = exampleFrame(kind, language)
      const content = builtInTemplate(kind, language)
      assert.ok(!JSON.stringify(content).includes('undefined'), `${tag} ${kind}`)
      const { subject, text, html } = await writeByTemplate(kind, content, frame)
      for (const written of [text, html]) {
        const found = frame.facts.every(([, value]) => written.includes(value.replaceAll(/[\u2068\u2069]/g, '')))
        assert.ok(found, `${tag} ${kind}: ${written}`)
        assert.ok(!/\{\{|\}\}|\{%/.test(subject + written), `${tag} ${kind}: ${written}`)
      }
    }
  }
})
