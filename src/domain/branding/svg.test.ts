// Checks the cleaning of SVG: what is harmless stays, and nothing else does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '#kernel/error.ts'
import { cleanSvg } from './svg.ts'

const svg = (inside: string, attributes = '') => `<svg viewBox="0 0 9 9"${attributes}>${inside}</svg>`
const cleaned = (inside: string) => cleanSvg(svg(inside)).replace(/^<svg[^>]*>|<\/svg>$/g, '')

test('shapes, gradients and names stay', () => {
  const kept =
    '<defs><linearGradient id="a" x1="0"><stop offset="5%" stop-color="#fff"/></linearGradient></defs><title>A &amp; B</title><g transform="rotate(3 1,2)"><path d="M1 2l-.5e1 3z" fill="url(#a)" stroke="rgb(1, 2, 3)"/><use href="#b"/></g>'
  assert.equal(cleaned(kept), kept)
  assert.equal(
    cleanSvg('\ufeff<?xml version="1.0"?>\n<!-- made -->\n<svg xmlns="http://www.w3.org/2000/svg" width="1">\n</svg>'),
    '<svg xmlns="http://www.w3.org/2000/svg" width="1"></svg>',
  )
})

test('scripts, styles, foreign content and references to what is outside go', () => {
  for (const hostile of [
    '<script>alert(1)</script>',
    '<SCRIPT>alert(1)</SCRIPT>',
    '<svg:script>alert(1)</svg:script>',
    '<style>@import "https://evil.example/";</style>',
    '<foreignObject><g><a href="javascript:alert(1)"></a></g></foreignObject>',
    '<image href="https://evil.example/x.png"/>',
    '<a href="javascript:alert(1)"></a>',
    '<animate attributeName="href" to="javascript:alert(1)"/>',
    '<set attributeName="onload" to="alert(1)"/>',
    '<text>free text</text>',
  ])
    assert.equal(cleaned(hostile), '', hostile)
  for (const attribute of [
    'onload="alert(1)"',
    'ONCLICK="alert(1)"',
    'style="background:url(https://evil.example)"',
    'fill="url(https://evil.example/#a)"',
    'fill="&#117;rl(https://evil.example/#a)"',
    'mask="url(//evil.example#a)"',
    'href="https://evil.example/#a"',
    'xlink:href="#a"',
    'd="javascript:alert(1)"',
    'class="x"',
    'xmlns:x="http://www.w3.org/1999/xhtml"',
  ])
    assert.equal(cleaned(`<use ${attribute}/>`), '<use/>', attribute)
  assert.doesNotMatch(cleanSvg(svg('', ' onload="alert(1)"')), /onload/)
})

test('what is not well-formed, has a document type or too many elements is refused', () => {
  for (const text of [
    '',
    'x',
    '<svg>',
    '<svg></g></svg>',
    '<g></g>',
    '<svg></svg><svg></svg>',
    '<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>',
    '<svg><title>&a;</title></svg>',
    '<svg><![CDATA[<script>]]></svg>',
    '<svg a=b></svg>',
    '<svg id="a" id="b"></svg>',
    svg('<g>'.repeat(41) + '</g>'.repeat(41)),
    svg('<g/>'.repeat(5001)),
    '<'.repeat(180_000),
    `<svg ${'a '.repeat(90_000)}`,
    `<svg>${'<!--'.repeat(45_000)}`,
    `<svg ${'a="" '.repeat(36_000)}`,
  ])
    assert.throws(
      () => cleanSvg(text),
      (error) => error instanceof Failure && error.code === 'invalid_input',
      text.slice(0, 60),
    )
})
