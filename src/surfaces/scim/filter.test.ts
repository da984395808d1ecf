// Checks SCIM filters and paths.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import scimmy from 'scimmy'
import { GROUP, USER } from './attributes.ts'
import { ScimFailure } from './failure.ts'
import { COMPARISONS, type Filter, parseFilter, parsePath, renderFilter } from './filter.ts'
import { type PatchOperation, patched } from './patch.ts'
import { groupConditions, userConditions } from './query.ts'

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,11}$/)
const path = fc.record(
  { name, sub: name, uri: fc.constantFrom('urn:ietf:params:scim:schemas:core:2.0:User', 'urn:x.y:z-1') },
  { requiredKeys: ['name'] },
)
const literal = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
  fc.boolean(),
  fc.constant(null),
)
const { filter } = fc.letrec<{ filter: Filter; simple: Filter; inner: Filter }>((tie) => ({
  simple: fc.oneof(
    fc.record({ kind: fc.constant('compare' as const), path, by: fc.constantFrom(...COMPARISONS), value: literal }),
    fc.record({ kind: fc.constant('present' as const), path }),
  ),
  inner: fc.oneof(
    { depthSize: 'small' },
    tie('simple'),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      filters: fc.array(tie('inner'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), filter: tie('inner') }),
  ),
  filter: fc.oneof(
    { depthSize: 'small' },
    tie('simple'),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      filters: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
    fc.record({ kind: fc.constant('values' as const), path, filter: tie('inner') }),
  ),
}))

test('a filter that is written down is read as the same filter', () => {
  fc.assert(
    fc.property(filter, (tree) => {
      const text = renderFilter(tree)
      fc.pre(text.length <= 8_000 && depthOf(tree) < 20)
      assert.deepEqual(plain(parseFilter(text)), plain(tree))
    }),
    { numRuns: 2_000 },
  )
})

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function depthOf(tree: Filter): number {
  const inside = tree.kind === 'and' || tree.kind === 'or' ? tree.filters : 'filter' in tree ? [tree.filter] : []
  return 1 + Math.max(0, ...inside.map(depthOf))
}

/** Texts that are nearly filters. */
const nearly = fc
  .array(
    fc.constantFrom(
      ...['userName', 'emails', 'not', 'and', 'or', 'eq', 'pr', 'sw', '"x"', '"', '\\', '(', ')', '[', ']', '.', ' '],
      ...[
        'true',
        'null',
        '1',
        '-',
        'urn:',
        ':',
        'urn:ietf:params:scim:schemas:core:2.0:User:',
        '$ref',
        '\0',
        '\ud800',
        'é',
      ],
    ),
    { maxLength: 30 },
  )
  .chain((parts) => fc.constantFrom(parts.join(''), parts.join(' ')))

function onlyRefuses(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof ScimFailure, String(error))
    assert.ok(error.message.length > 0)
  }
}

test('whatever stands where a filter or a path should is read, or refused in SCIM’s words', () => {
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
      onlyRefuses(() => renderFilter(parseFilter(text)))
      onlyRefuses(() => parsePath(text))
      onlyRefuses(() => userConditions(USER, text))
      onlyRefuses(() => groupConditions(GROUP, text))
    }),
    { numRuns: 5_000 },
  )
  const deep = `${'('.repeat(1_000)}a pr${')'.repeat(1_000)}`
  for (const text of [
    deep,
    `a eq "${'x'.repeat(9_000)}"`,
    '',
    ' ',
    'a',
    'a eq',
    'a eq x',
    'a eq "x" and',
    '"x" eq a',
  ]) {
    assert.throws(() => parseFilter(text), { scimType: 'invalidFilter' })
  }
  for (const text of ['', 'a b', 'a[', 'a[b]', 'a[b eq 1', 'a[b eq 1]c', 'a.b.c', '[a eq 1]', 'a[b[c eq 1] eq 2]']) {
    assert.throws(() => parsePath(text), { scimType: 'invalidPath' }, text)
  }
})

test('whatever a PATCH holds is done to a user, or refused in SCIM’s words', () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string(), fc.boolean())
  const paths = fc.oneof(
    nearly,
    fc.constantFrom(
      ...['userName', 'name', 'name.givenName', 'emails', 'emails.value', 'emails[type eq "work"].value', 'active'],
      ...[
        'emails[type eq "work"]',
        'addresses',
        'groups',
        'id',
        'meta',
        'schemas',
        'members',
        'password',
        'displayName',
      ],
      ...['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager', 'phoneNumbers[not (type pr)]'],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
    ),
  )
  const operation = fc
    .record({ op: fc.constantFrom('add' as const, 'replace' as const, 'remove' as const), path: paths, value })
    .chain((one): fc.Arbitrary<PatchOperation> => {
      try {
        return fc.constant({ ...one, path: parsePath(one.path) })
      } catch {
        return fc.constant({ op: one.op, value: { [one.path]: one.value } })
      }
    })
  const before = {
    userName: 'ada',
    emails: [{ value: 'ada@example.com', type: 'work', primary: true }, { value: 'a@home.example' }],
    name: { givenName: 'Ada' },
  }
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1, maxLength: 4 }), (operations) => {
      onlyRefuses(() => patched(USER, before, operations))
      assert.deepEqual(before.emails.length, 2)
    }),
    { numRuns: 5_000 },
  )
})

// Of RFC 7644 §3.4.2.2, and what Entra ID and Okta send.
const EXAMPLES = [
  'userName eq "bjensen"',
  'name.familyName co "O\'Malley"',
  'userName sw "J"',
  'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
  'title pr',
  'meta.lastModified gt "2011-05-13T04:42:34Z"',
  'title pr and userType eq "Employee"',
  'title pr or userType eq "Intern"',
  'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
  'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
  'userType eq "Employee" and (emails.type eq "work")',
  'userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
  'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
  'active eq false',
  'USERNAME Eq "x"',
]

test('the examples of the RFC are read as another reader of filters reads them', () => {
  for (const text of EXAMPLES) {
    const own = parseFilter(text)
    assert.deepEqual(plain(parseFilter(renderFilter(own))), plain(own), text)
    const other = new scimmy.Types.Filter(text)
    assert.ok(other.length >= 1, text)
    // What we write is read elsewhere as what was written before.
    assert.deepEqual(plain(new scimmy.Types.Filter(renderFilter(own))), plain(other), text)
  }
})

test('and binds more than or, and brackets bind most', () => {
  const compare = (name: string) => ({ kind: 'compare', path: { name }, by: 'eq', value: 1 }) as const
  assert.deepEqual(parseFilter('a eq 1 or b eq 1 and c eq 1'), {
    kind: 'or',
    filters: [compare('a'), { kind: 'and', filters: [compare('b'), compare('c')] }],
  })
  assert.deepEqual(parseFilter('(a eq 1 OR b eq 1) And not (c eq 1)'), {
    kind: 'and',
    filters: [
      { kind: 'or', filters: [compare('a'), compare('b')] },
      { kind: 'not', filter: compare('c') },
    ],
  })
})

test('what is supported becomes conditions, and what is not is refused with what is', () => {
  const conditions = (text: string) => userConditions(USER, text)
  assert.deepEqual(conditions('userName eq "Ada" and active eq "True"'), [
    { of: 'signInName', value: 'Ada' },
    { of: 'status', value: 'active' },
  ])
  assert.deepEqual(conditions('emails[type eq "work"].value eq "a@b.c"'), [{ of: 'email', value: 'a@b.c' }])
  assert.deepEqual(conditions('emails[type eq "work" and value eq "a@b.c"]'), [{ of: 'email', value: 'a@b.c' }])
  assert.deepEqual(conditions('URN:IETF:params:scim:schemas:core:2.0:User:username eq "x"'), [
    { of: 'signInName', value: 'x' },
  ])
  assert.deepEqual(conditions('meta.lastModified ge "2026-01-01T01:00:00+01:00"'), [
    { of: 'updatedAt', as: 'from', time: Date.UTC(2026, 0, 1) },
  ])
  assert.deepEqual(groupConditions(GROUP, 'displayName eq "A" and members[value eq "usr_x"]'), [
    { of: 'name', as: 'equal', value: 'A' },
    { of: 'member', value: '' },
  ])
  for (const text of [
    ...[
      'userName co "a"',
      'userName ne "a"',
      'not (userName eq "a")',
      'userName eq "a" or userName eq "b"',
      'title pr',
    ],
    ...['userName eq 7', 'displayName sw ""', 'active gt true', 'meta.lastModified gt "yesterday"', 'nickName eq "a"'],
    ...['urn:x:userName eq "a"', 'emails[type eq "work"]', 'constructor eq "a"'],
  ]) {
    assert.throws(
      () => conditions(text),
      { scimType: 'invalidFilter', message: /not supported\. Supported are id,/ },
      text,
    )
  }
})
