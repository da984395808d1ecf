// Checks that every language is complete, and which language a wish means.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messages as english } from './en/messages.ts'
import { loadLanguage } from './language.ts'
import { LANGUAGE_TAGS, LANGUAGES, languageAccepted, languageIn, languageOfLocales } from './languages.ts'
import { PLURAL_FORMS } from './message.ts'

const others = LANGUAGE_TAGS.filter((tag) => tag !== 'en')

/** The words that some languages spell as English does. */
const ALIKE: ReadonlySet<string> = new Set([
  'Code',
  'Name',
  'Browser',
  'Passkeys',
  'Apps',
  'Password',
  'E-mail',
  'Account',
  'Sessions',
  'Error: 517',
  '517: 518',
  'Website',
  'No',
])

interface Shown {
  readonly path: string
  readonly text: string
  readonly parts: readonly string[]
}

/** Every message with marks for its parts. */
function shownOf(tree: object, path = ''): Shown[] {
  return Object.entries(tree).flatMap(([name, value]): Shown[] => {
    const at = path === '' ? name : `${path}.${name}`
    if (typeof value === 'object') return shownOf(value as object, at)
    if (typeof value === 'string') return [{ path: at, text: value, parts: [] }]
    // A number that no language has a word of its own for.
    const parts = Array.from({ length: value.length }, (_, index) => String(517 + index))
    const numeric = isPlural(at)
    const said: unknown = value(...parts.map((part) => (numeric ? Number(part) : part)))
    return [{ path: at, text: Array.isArray(said) ? said.join('') : String(said), parts }]
  })
}

function isPlural(path: string): boolean {
  return /\.(passwordRule|mailsAnHour|tooShort|tooLong|waitSeconds|waitMinutes|left|tooMany|minutes)$/.test(path)
}

test('every language has every message, with all its parts, and none in English', async () => {
  const known = new Map(shownOf(english).map((one) => [one.path, one]))
  for (const tag of others) {
    const { messages } = await loadLanguage(tag)
    const shown = shownOf(messages)
    assert.deepEqual(shown.map(({ path }) => path).sort(), [...known.keys()].sort(), tag)
    for (const { path, text, parts } of shown) {
      const where = `${tag} ${path}: ${text}`
      assert.notEqual(text.trim(), '', where)
      assert.equal(text, text.normalize('NFC').trim(), where)
      for (const part of parts) assert.equal(text.split(part).length, 2, where)
      const own = known.get(path)?.text ?? ''
      assert.ok(text !== own || !/\p{L}/u.test(own) || ALIKE.has(text), where)
      assert.doesNotMatch(text, /['`]| "/, `${where} has straight quotes`.replace(/.*countersign .*/, ''))
    }
  }
})

test('every form that a whole number has in a language is there', () => {
  for (const tag of LANGUAGE_TAGS) {
    const rules = new Intl.PluralRules(LANGUAGES[tag].locale)
    const needed = new Set(Array.from({ length: 1000 }, (_, count) => rules.select(count)))
    assert.deepEqual([...needed].sort(), [...PLURAL_FORMS[tag]].sort(), tag)
  }
})

test('a wish means the first language that is known, by its weight', () => {
  assert.equal(languageAccepted('sv, de-CH;q=0.8, fr;q=0.9'), 'fr')
  assert.equal(languageAccepted('de;q=0, en;q=0.1'), 'en')
  assert.equal(languageAccepted('*'), undefined)
  assert.equal(languageAccepted(`${'xx,'.repeat(100_000)}de`), undefined)
  assert.equal(languageAccepted(';;q=,,de;q=2'), undefined)
  assert.equal(languageOfLocales('xx zh-Hans-CN en'), 'zh')
  assert.equal(languageOfLocales('constructor __proto__'), undefined)
  assert.equal(languageIn('pt_BR'), 'pt')
})
