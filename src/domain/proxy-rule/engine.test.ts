// Checks which rule decides, and that many rules decide as fast as few.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ANONYMOUS, type Caller, type DecidingRule } from './condition.ts'
import { indexRules, ruleSet } from './engine.ts'
import { isPattern } from './pattern.ts'
import { canonicalTarget } from './target.ts'

/** All rules in one index, or in two: each as if they were in one. */
const compileRules = (rules: readonly DecidingRule[], at = rules.length) =>
  ruleSet(indexRules(rules.slice(0, at)), indexRules(rules.slice(at)))
const rule = (path: string, more: Partial<DecidingRule> = {}): DecidingRule => ({
  ...{
    id: path,
    path,
    methods: [],
    require: 'authenticated',
    scopes: [],
    tier: null,
    machinesOnly: false,
    mode: 'enforce',
  },
  ...more,
})
const user: Caller = {
  ...ANONYMOUS,
  kind: 'user',
  userId: 'u',
  roles: ['admin'],
  groups: ['Staff'],
  tier: 'pro',
  method: 'session',
}
const agent: Caller = { ...ANONYMOUS, kind: 'agent', agentId: 'a', scopes: ['read'], method: 'bearer' }
const ask = (rules: DecidingRule[], path: string, caller = user, method = 'GET') =>
  compileRules(rules).decide({ method, path }, caller)

test('the first rule that matches decides, by exact path, prefix, segment and method', () => {
  const rules = [
    rule('/a', { id: '1' }),
    rule('/a/*', { id: '2', methods: ['GET'] }),
    rule('/*/b', { id: '3' }),
    rule('/{x}/c/*', { id: '4' }),
  ]
  const found = (path: string, method = 'GET') => ask(rules, path, user, method).rule?.id
  assert.deepEqual(
    ['/a', '/a/', '/a/z', '/a/b', '/z/b', '/z/b/c', '/z/c', '/z/c/d/e', '/'].map((path) => found(path)),
    ['1', '1', '2', '2', '3', undefined, '4', '4', undefined],
  )
  assert.deepEqual([found('/a/b', 'POST'), found('/a/z', 'POST')], ['3', undefined])
})

test('each condition asks what it says', () => {
  const cases: [Partial<DecidingRule>, Caller, boolean][] = [
    [{ require: 'anonymous' }, ANONYMOUS, true],
    [{ require: 'anonymous', scopes: ['read'] }, ANONYMOUS, false],
    [{ require: 'authenticated' }, ANONYMOUS, false],
    [{ require: 'authenticated' }, user, true],
    [{ require: 'agent' }, user, false],
    [{ require: 'agent' }, agent, true],
    [{ require: 'role:admin' }, user, true],
    [{ require: 'global_role:other' }, user, false],
    [{ require: 'group:Staff' }, user, true],
    [{ require: 'tier:pro' }, user, true],
    [{ require: 'tier:gold' }, user, false],
    [{ tier: 'gold' }, user, false],
    [{ require: 'permission:posts:write' }, { ...user, permissions: new Set(['posts:*']) }, true],
    [{ require: 'permission:posts:write' }, { ...user, permissions: new Set(['posts:read']) }, false],
    [{ require: 'permission:me:read' }, user, false],
    [{ require: 'permission:credentials:write' }, { ...user, permissions: new Set(['*']) }, true],
    [{ require: 'scope:read' }, agent, true],
    [{ require: 'scope:read' }, user, false],
    [{ scopes: ['read', 'write'] }, agent, false],
    [{ machinesOnly: true }, user, false],
    [{ machinesOnly: true }, agent, true],
  ]
  for (const [given, caller, allowed] of cases)
    assert.equal(ask([rule('/x', given)], '/x', caller).allowed, allowed, JSON.stringify([given, caller.kind]))
})

test('a path that differs from a rule by letter case only does not get past it', () => {
  const rules = [rule('/admin/*', { require: 'role:other' }), rule('/*', { require: 'anonymous' })]
  assert.deepEqual(
    [ask(rules, '/ADMIN/x').need, ask(rules, '/admin/x').need, ask(rules, '/x').allowed],
    ['path', 'right', true],
  )
  const both = [rule('/Doc', { require: 'anonymous' }), rule('/doc')]
  assert.equal(ask(both, '/doc', ANONYMOUS).need, 'sign_in', 'rules that name both spellings are meant so')
})

test('a rule in shadow mode decides nothing, and says what it would have decided, where it comes first', () => {
  const shadow = rule('/x', { id: 's', mode: 'shadow', require: 'role:other' })
  const first = ask([shadow, rule('/x', { id: 'e' })], '/x')
  assert.deepEqual(
    [first.rule?.id, first.allowed, first.shadow?.rule.id, first.shadow?.allowed],
    ['e', true, 's', false],
  )
  assert.equal(ask([rule('/x'), shadow], '/x').shadow, undefined)
})

test('the index finds what a search through all rules in their order finds', () => {
  const segment = fc.constantFrom('a', 'b', 'c', '*', '{id}')
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`)
  const asked = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 5 })
    .map((parts) => `/${parts.join('/')}`)
  const methods = fc.constantFrom([], ['GET'], ['POST'])
  const rules = fc.array(fc.record({ path, methods }), { maxLength: 12 })
  fc.assert(
    fc.property(rules, asked, fc.constantFrom('GET', 'POST', 'HEAD'), fc.nat(12), (given, at, method, parts) => {
      const all = given.map((each, index) => rule(each.path, { ...each, id: String(index) }))
      const slow = all.find((each) => {
        const parts = each.path.split('/')
        const below = parts.at(-1) === '*'
        const own = (below ? parts.slice(0, -1) : parts).map((part) => (/^[*{]/.test(part) ? '[^/]+' : part))
        const matches = new RegExp(`^${own.join('/')}${below ? '(/.*)?' : ''}$`).test(at)
        const asked = method === 'HEAD' ? 'GET' : method
        return matches && (each.methods.length === 0 || each.methods.includes(asked))
      })
      assert.equal(compileRules(all, parts).decide({ method, path: at }, user).rule?.id, slow?.id)
    }),
    { numRuns: 3000 },
  )
})

test('ten thousand rules decide in microseconds', () => {
  const rules = Array.from({ length: 10_000 }, (_, at) => rule(`/t${at % 100}/r${at}/{id}/*`, { id: String(at) }))
  const compiled = compileRules(rules)
  const paths = Array.from(
    { length: 1000 },
    (_, at) => `/t${(at * 7) % 100}/r${((at * 7) % 100) + ((100 * at) % 10_000)}/x/y/z`,
  )
  for (const path of paths) compiled.decide({ method: 'GET', path }, user)
  const began = performance.now()
  for (let round = 0; round < 20; round++) for (const path of paths) compiled.decide({ method: 'GET', path }, user)
  const each = ((performance.now() - began) * 1000) / (20 * paths.length)
  assert.ok(each < 50, `${each} microseconds`)
})

test('ten thousand rules of all arrangements of wildcards decide in microseconds', () => {
  const end = '/a'.repeat(18)
  const arranged = (number: number) =>
    Array.from({ length: 13 }, (_, at) => ((number >> at) & 1 ? '/{x}' : '/a')).join('')
  const rules = Array.from({ length: 10_000 }, (_, at) => rule(`${arranged(at)}${end}/z`, { methods: ['POST'] }))
  const compiled = compileRules(rules)
  const asked = ['z', 'other'].map((last) => ({ method: 'GET', path: `${'/a'.repeat(31)}/${last}` }))
  for (const each of asked) assert.equal(compiled.decide(each, user).need, 'rule')
  const began = performance.now()
  for (let round = 0; round < 200; round++) for (const each of asked) compiled.decide(each, user)
  const microseconds = ((performance.now() - began) * 1000) / 400
  assert.ok(microseconds < 500, `${microseconds} microseconds`)
  assert.equal(compiled.decide({ method: 'POST', path: `${'/a'.repeat(31)}/z` }, user).rule?.id, rules[0]?.id)
})

test('a path has one spelling', () => {
  const spelled = {
    '/%61dmin': '/admin',
    '/a%2d%5F%7e': '/a-_~',
    '/a%20b': '/a%20b',
    '/%c3%a9': '/%C3%A9',
    '/': '/',
    '/a/': '/a/',
    '/a.b': '/a.b',
  }
  for (const [given, path] of Object.entries(spelled)) assert.equal(canonicalTarget(given).path, path)
  assert.deepEqual(canonicalTarget('/a?b=../c%2f'), { path: '/a', query: '?b=../c%2f' })
  const refused = [
    '',
    'a',
    '//',
    '/a//b',
    '/.',
    '/..',
    '/a/../b',
    '/%2e',
    '/%2E%2e/a',
    '/a;b',
    '/a%3Bb',
    '/a\\b',
    '/a%5cb',
    '/a%2Fb',
    '/a%00',
    '/a%25',
    '/%',
    '/%g1',
    '/a b',
    '/a\tb',
    '/é',
    '/...',
  ]
  for (const path of refused) assert.throws(() => canonicalTarget(path), { code: 'invalid_request' }, path)
  assert.deepEqual(['/a/*', '/{id}', '/', '/a.b'].map(isPattern), [true, true, true, true])
  assert.deepEqual(['a', '//', '/a/../b', '/a//', '/a*', '/{a b}', '/a?b', '/%2F'].map(isPattern), Array(8).fill(false))
})
