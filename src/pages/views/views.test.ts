// Checks the HTML of every page.
import assert from 'node:assert/strict'
import test from 'node:test'
import { channelsOf, contrast, SCHEMES, shownColors } from '#domain/branding/color.ts'
import { ENGLISH } from '#language/language.ts'
import { samplePages } from '#testing/sample-pages.ts'
import { ASSETS } from './assets.ts'
import { consent } from './consent.ts'
import { destinationOf, linkable } from './destination.ts'
import { errorPage } from './error-page.ts'
import { getStarted } from './get-started.ts'
import { invitation } from './invitation.ts'
import type { Frame } from './layout.ts'
import { message } from './message.ts'
import { plainHost, plainText } from './plain-text.ts'
import { type SignInProps, signIn } from './sign-in.ts'
import { signedOut, signOutConfirm } from './sign-out.ts'

const frame: Frame = { brand: { name: 'Northwind' }, language: ENGLISH }
const form = { frame, action: '/here', csrf: 'c', transaction: 't' }
const signInProps: SignInProps = { ...form, client: { name: 'Mail', host: 'mail.example' } }
const consentProps = {
  ...form,
  client: { name: 'Mail', firstParty: true },
  scopes: [{ name: 'openid' }],
  redirectUri: 'https://mail.example/cb',
  account: { email: 'ada@example.com' },
}

test('every page is one document with a language, a title, one h1 and its landmarks', () => {
  for (const [name, page] of Object.entries(samplePages())) {
    assert.match(page, /^<!doctype html><html lang="en" dir="ltr"><head>/, name)
    assert.match(page, /<title>[^<]+ · [^<]+<\/title>/, name)
    assert.equal(page.match(/<h1/g)?.length, 1, name)
    for (const landmark of ['header', 'main', 'footer']) assert.equal(page.split(`<${landmark}`).length, 2, name)
  }
})

test('no page needs a script, a style attribute or anything from another host', () => {
  for (const [name, page] of Object.entries(samplePages())) {
    assert.doesNotMatch(page, /<script|<style|<iframe|\sstyle=|\son[a-z]+=|javascript:/i, name)
    for (const [, address] of page.matchAll(/(?:src|<link[^>]*href)="([^"]*)"/g)) {
      assert.match(address ?? '', /^(data:image\/|\/[^/])/, name)
    }
  }
})

test('the files a page refers to are among the assets, and so is what the stylesheet refers to', () => {
  const paths = new Set(ASSETS.map(({ path }) => path))
  const linked = [...signIn(signInProps).matchAll(/<link[^>]*href="([^"]*)"/g)].map(([, path]) => path ?? '')
  assert.ok(linked.length >= 2)
  for (const path of linked) assert.ok(paths.has(path), path)
  const used = ASSETS.flatMap(({ text }) =>
    [...text.matchAll(/url\("([^"]+)"\)/g)].map(([, name]) => `/assets/${name}`),
  )
  assert.ok(used.length > 0)
  for (const path of used) assert.ok(paths.has(path), path)
})

test('assets move with the path the server lives under', () => {
  assert.match(signIn({ ...signInProps, frame: { ...frame, prefix: '/auth' } }), /href="\/auth\/assets\/style-/)
})

test('hostile text stays text, in every view', () => {
  const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'</title></textarea>`
  const brand = { name: hostile, logoUrl: 'javascript:alert(1)', stylesheet: undefined }
  const all = {
    frame: { brand, language: ENGLISH },
    action: hostile,
    csrf: hostile,
    transaction: hostile,
    token: hostile,
    email: hostile,
  }
  const account = { email: hostile, name: hostile }
  const client = { name: hostile, host: hostile, firstParty: true }
  const pages = [
    signIn({ ...all, client, confirm: true, canSwitchAccount: true }),
    consent({
      ...all,
      client,
      account,
      resource: { name: hostile },
      scopes: [{ name: hostile, description: hostile }, { name: '__proto__' }, { name: 'constructor' }],
      redirectUri: hostile,
    }),
    errorPage({ ...all, code: hostile, requestId: hostile, title: hostile, explanation: hostile, detail: hostile }),
    signOutConfirm({ ...all, account, client }),
    signedOut({ ...all, continueTo: { uri: `https://x.example/?${hostile}`, name: hostile } }),
    getStarted({ ...all, passwordLength: 12, problems: { email: hostile, password: hostile } }),
    invitation({
      ...all,
      organization: hostile,
      expiresAt: 0,
      step: { kind: 'register', passwordLength: 8, problem: hostile },
    }),
    invitation({ ...all, organization: hostile, expiresAt: 0, step: { kind: 'switch_account', signedInAs: hostile } }),
    message({ ...all, title: hostile, paragraphs: [hostile], next: { href: `/${hostile}`, label: hostile } }),
  ]
  for (const page of pages) {
    assert.ok(page.includes('&lt;script>'))
    assert.doesNotMatch(page, /<script|<img|<textarea/i)
    assert.equal(page.match(/<\/title>/g)?.length, 1)
    // With quoted values taken away, nothing of the text may be left inside a tag.
    for (const [tag] of page.replaceAll(/"[^"]*"/g, '').matchAll(/<[^>]*>/g)) assert.doesNotMatch(tag, /onerror|alert/)
  }
})

test('a name cannot turn the text around it, hide in it or push it off the page', () => {
  const name = `\u202egoogle\u2066\u200b\u0000${'a\u0301\u0302\u0303\u0304\u0305'}${'x'.repeat(10_000)}`
  const page = consent({ ...consentProps, client: { name, firstParty: false } })
  for (const trick of ['\u202e', '\u2066', '\u200b', '\u0000', '\u0304']) assert.ok(!page.includes(trick))
  assert.doesNotMatch(page, /x{64}/)
  assert.ok(page.length < 12_000)
  assert.match(
    consent({ ...consentProps, client: { name: '\u3164\u2800 \u200b', firstParty: true } }),
    /an app without a name/,
  )
})

test('plain text keeps what people write and caps by code points', () => {
  assert.equal(plainText('  Füße \n и 日本語  🦊 '), 'Füße и 日本語 🦊')
  assert.equal(plainText('🦊'.repeat(200), 10), `${'🦊'.repeat(9)}…`)
  assert.equal(plainText('\ud800x'), 'x')
})

test('the end of a host is never cut off', () => {
  assert.ok(plainHost(`${'accounts.google.com.'.repeat(100)}evil.example`).endsWith('.evil.example'))
})

test('a redirect is described by its host, as a program of this computer or as an app', () => {
  assert.deepEqual(destinationOf('https://a.example:8443/x?y'), { kind: 'web', label: 'a.example:8443' })
  assert.deepEqual(destinationOf('https://good.example@evil.example/'), { kind: 'web', label: 'evil.example' })
  assert.deepEqual(destinationOf('https://gооgle.example/'), { kind: 'web', label: 'xn--ggle-55da.example' })
  assert.deepEqual(destinationOf('http://127.0.0.1:5123/cb'), { kind: 'device', label: '127.0.0.1:5123' })
  assert.deepEqual(destinationOf('http://[::1]:5123/cb'), { kind: 'device', label: '[::1]:5123' })
  assert.deepEqual(destinationOf('http://127.0.0.1.evil.example/'), { kind: 'web', label: '127.0.0.1.evil.example' })
  assert.deepEqual(destinationOf('com.example.app:/cb'), { kind: 'app', label: 'com.example.app:' })
})

test('only safe schemes become links', () => {
  assert.equal(linkable('https://a.example/'), 'https://a.example/')
  for (const uri of ['javascript:alert(1)', 'data:text/html,x', ' javascript:alert(1)', 'vbscript:x', '//evil', 'x']) {
    assert.equal(linkable(uri), undefined, uri)
    assert.doesNotMatch(signedOut({ frame, continueTo: { uri } }), /<a /)
    assert.doesNotMatch(message({ frame, title: 'x', paragraphs: [], next: { href: uri, label: 'x' } }), /<a /)
  }
  assert.match(message({ frame, title: 'x', paragraphs: [], next: { href: '/next', label: 'Next' } }), /href="\/next"/)
})

test('an error page has no link, whatever it is given', () => {
  const uri = 'https://evil.example/'
  const page = errorPage({ frame, code: 'invalid_request', requestId: 'r1', detail: uri, explanation: uri, title: uri })
  assert.doesNotMatch(page, /<a |<form|http-equiv/)
  assert.match(errorPage({ frame, code: 'no_such_code', requestId: 'r-17' }), /r-17/)
})

test('after a wrong password the e-mail is kept, the password asked for again and both fields marked', () => {
  const page = signIn({ ...signInProps, email: 'ada@example.com', problem: { kind: 'incorrect' } })
  assert.match(page, /<title>Error: Sign in/)
  assert.match(page, /id="problem" role="alert"/)
  const [email, password] = [...page.matchAll(/<input id=[^>]*>/g)].map(([tag]) => tag)
  assert.match(email ?? '', /value="ada@example.com".*aria-invalid="true" aria-describedby="problem"/)
  assert.doesNotMatch(email ?? '', /autofocus/)
  assert.match(password ?? '', /autofocus.*aria-invalid="true" aria-describedby="problem"/)
  assert.doesNotMatch(password ?? '', /value=/)
})

test('too many attempts say how long to wait and blame no field', () => {
  const wait = (retryAfter: number) => signIn({ ...signInProps, problem: { kind: 'too_many_attempts', retryAfter } })
  assert.match(wait(40), /Wait 40 seconds/)
  assert.match(wait(0.2), /Wait 1 second,/)
  assert.match(wait(600), /Wait 10 minutes/)
  assert.doesNotMatch(wait(40), /aria-invalid/)
})

test('to confirm, the e-mail is fixed and another account can be chosen without a password', () => {
  const page = signIn({ ...signInProps, email: 'ada@example.com', confirm: true, canSwitchAccount: true })
  assert.match(page, /<input id="email"[^>]* readonly[^>]*>/)
  assert.equal(page.match(/<form/g)?.length, 2)
  assert.match(page, /name="decision" value="switch_account"/)
})

test('consent tells whether the client is verified and warns of programs on this computer', () => {
  assert.match(consent(consentProps), /An app of <bdi>Northwind/)
  const page = consent({
    ...consentProps,
    client: { name: 'Mail', firstParty: false },
    redirectUri: 'http://localhost:1/cb',
  })
  assert.doesNotMatch(page, /An app of/)
  assert.match(page, /has not checked who is behind it/)
  assert.match(page, /The app runs on this computer/)
  const registered = consent({ ...consentProps, client: { name: 'Mail', firstParty: false, isRegistered: true } })
  assert.doesNotMatch(registered, /An app of|Not verified|has not checked/)
})

test('any colour is made readable in both schemes', () => {
  const hard = ['#000000', '#ffffff', '#ffff00', '#0000ff', '#777777', '#d6336c']
  for (const scheme of SCHEMES) {
    for (const one of hard) {
      for (const ground of hard) {
        const given = { primary: one, accent: one, text: one, background: ground, surface: ground }
        const shown = shownColors(scheme, given)
        const on = channelsOf(scheme === 'light' ? '#ffffff' : '#091412')
        for (const role of ['primary', 'accent', 'text'] as const) {
          for (const under of ['background', 'surface'] as const) {
            const ratio = contrast(channelsOf(shown[role]), channelsOf(shown[under]))
            assert.ok(ratio >= 4.5, `${scheme} ${role} ${one} on ${under} ${ground}: ${ratio}`)
          }
        }
        assert.ok(contrast(channelsOf(shown.primary), on) >= 4.5, `${scheme} button ${one}`)
      }
    }
  }
})
