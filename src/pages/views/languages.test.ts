// Checks that everything a page says comes from the messages of its language, and that names stand apart in it.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { messages as english } from '#language/en/messages.ts'
import { type Language, languageWith, type Messages } from '#language/language.ts'
import { pagesIn } from '#testing/pages-in-language.ts'

/** A language without Latin letters. */
function withoutLetters(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/[A-Za-z]/g, '◌')
  if (typeof value === 'function') {
    return (...parts: unknown[]) => {
      const said: unknown = value(...parts)
      if (!Array.isArray(said)) return withoutLetters(said)
      return said.map((part) => (parts.includes(part) ? part : withoutLetters(part)))
    }
  }
  if (Array.isArray(value)) return value.map(withoutLetters)
  return Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, withoutLetters(one)]))
}

const pseudo: Language = {
  ...languageWith('ar', withoutLetters(english) as Messages),
  moment: (at) => String(at),
}

test('a page says nothing but the messages of its language, and sets data apart', () => {
  for (const [name, page] of Object.entries(pagesIn(pseudo))) {
    assert.match(page, /<html lang="ar" dir="rtl">/, name)
    const body = page.slice(page.indexOf('<body'))
    const said = body
      // Data, what only developers read, and the names of the languages.
      .replaceAll(/<(bdi|code|dd lang|button class="button link" type="submit" name="language")[^>]*>.*?<\/\w+>/gs, '')
      .replaceAll(/<(?:[^>"]|"[^"]*")*>/g, ' ')
    assert.doesNotMatch(said, /[A-Za-z]/, `${name}: ${said.replaceAll(/\s+/g, ' ')}`)
    for (const [, label] of body.matchAll(/ (?:aria-label|alt|title|placeholder)="([^"]*)"/g)) {
      assert.doesNotMatch(label ?? '', /[A-Za-z]/, `${name}: ${label}`)
    }
  }
})

test('the code of the pages has no texts for people', () => {
  const files = globSync('*.ts', { cwd: join(import.meta.dirname, '..') }).filter((file) => !file.endsWith('.test.ts'))
  assert.ok(files.length > 20)
  for (const file of files) {
    const text = readFileSync(join(import.meta.dirname, '..', file), 'utf8')
    assert.doesNotMatch(text, /\b(title|label|hint|submit|lead|paragraphs|problem): \[?['`][A-Z]/, file)
  }
})
