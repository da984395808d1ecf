// The main stylesheet of the pages.
import { FONT_STACKS } from '#domain/branding/fonts.ts'

/**
 * The main stylesheet. Colours are custom properties with a light and a dark value; text reaches 4.5:1, edges of
 * controls and focus rings 3:1 (WCAG 2.2 §1.4.3, §1.4.11).
 * @param guilloche name of the guilloche file beside the stylesheet
 */
export function styleText(guilloche: string): string {
  return `${themes}${foundation}${sheet(guilloche)}${controls}${remarks}${circumstances}`
}

const themes = `:root {
  color-scheme: light dark;
  --paper: #f5f3ed;
  --card: #fffefb;
  --edge: #dedad0;
  --control: #82857c;
  --text: #1b2422;
  --muted: #56615d;
  --accent: #0b5a54;
  --accent-strong: #083f3b;
  --on-accent: #ffffff;
  --under: #7cc7ba;
  --focus: #0b5a54;
  --quiet: #efece4;
  --problem: #9c2219;
  --problem-paper: #fcefec;
  --caution: #775000;
  --caution-paper: #fbf2dc;
  --good: #17633a;
  --good-paper: #e6f3ea;
  --shadow: 0 1px 2px rgb(27 36 34 / 6%), 0 12px 32px -12px rgb(27 36 34 / 16%);
  --highlight: var(--accent);
  --font: ${FONT_STACKS.system};
  --radius: 1rem;
  --corner: 0.625rem;
  --gap: 1.375rem;
  --padding: 2.5rem;
  --width: 29rem;
  --border: 1px;
  --size: 1rem;
  --leading: 1.55;
  --heading: 1.625rem;
  --weight: 650;
  --emblem: 2rem;
  --band: block;
  --motion: 120ms;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0e1413;
    --card: #181f1d;
    --edge: #2d3734;
    --control: #76827d;
    --text: #e9eeeb;
    --muted: #a6b2ad;
    --accent: #7ccdbf;
    --accent-strong: #a5e0d5;
    --on-accent: #091412;
    --under: #24776d;
    --focus: #7ccdbf;
    --quiet: #232c29;
    --problem: #ffb3a7;
    --problem-paper: #391a16;
    --caution: #f0c878;
    --caution-paper: #30260f;
    --good: #8fd6a9;
    --good-paper: #14301f;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 16px 40px -16px rgb(0 0 0 / 60%);
  }
}
`

const foundation = `*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  min-height: 100vh;
  min-height: 100dvh;
  display: flex;
  flex-direction: column;
  background: var(--paper);
  color: var(--text);
  font: var(--size)/var(--leading) var(--font);
  overflow-wrap: anywhere;
}
h1, h2, h3, p, ul, dl, dd { margin: 0; padding: 0; }
h1 { font-size: var(--heading); line-height: 1.22; font-weight: var(--weight); letter-spacing: -0.012em; text-wrap: balance; }
.heading h1 bdi { color: var(--highlight); }
h2 { font-size: 1rem; line-height: 1.5; font-weight: 400; }
strong { font-weight: 650; }
code { font: 0.875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
a { color: var(--accent); text-underline-offset: 0.2em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
svg { flex: none; }
`

const sheet = (guilloche: string) => `.sheet {
  display: flow-root;
  width: 100%;
  max-width: var(--width);
  margin: 0 auto;
  background: var(--card);
  flex: 1;
}
.band {
  display: var(--band);
  height: 22px;
  margin-top: 0.5rem;
  background: var(--highlight);
  opacity: 0.8;
  -webkit-mask: url("${guilloche}") repeat-x center top;
  mask: url("${guilloche}") repeat-x center top;
}
.brand { display: flex; align-items: center; gap: 0.75rem; padding: 1.25rem 1.25rem 0; }
.brand-name { font-weight: 650; font-size: 1.0625rem; line-height: 1.3; }
.logo { display: block; height: var(--emblem); width: auto; max-width: 12rem; object-fit: contain; }
.mark { display: block; }
.mark-field { fill: var(--accent); }
.mark path { fill: none; stroke-width: 3.2; stroke-linecap: round; stroke-linejoin: round; }
.mark-under { stroke: var(--under); }
.mark-over { stroke: var(--on-accent); }
main { padding: 1.75rem 1.25rem 2rem; }
.languages { position: relative; margin-block-end: 0.5rem; }
.languages summary { display: inline-block; min-height: 2.75rem; padding: 0.625rem 0.75rem; cursor: pointer; text-decoration: underline; text-underline-offset: 0.2em; }
.languages form { display: flex; flex-wrap: wrap; justify-content: center; column-gap: 1.25rem; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:lang(ar) h1 { letter-spacing: normal; }
.foot { padding: 1.25rem; text-align: center; font-size: 0.875rem; color: var(--muted); }
.brand-links { display: flex; flex-wrap: wrap; justify-content: center; column-gap: 1.25rem; }
.brand-links a { display: inline-block; min-height: 2.75rem; padding-block: 0.625rem; }
.stack { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--gap); }
.heading { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.5rem; }
.lead { color: var(--muted); font-size: 1.0625rem; }
.lead strong { color: var(--text); }
.aside { color: var(--muted); font-size: 0.9375rem; }
.aside strong { color: var(--text); }
.aside > a:only-child { display: inline-block; margin-block: -0.5rem; padding-block: 0.75rem; }
@media (min-width: 34rem) {
  body:not(.wide) { justify-content: center; padding: 2.5rem 1.5rem 1rem; }
  .sheet { flex: none; border: var(--border) solid var(--edge); border-radius: var(--radius); box-shadow: var(--shadow); overflow: hidden; }
  .brand { padding: 1.375rem var(--padding) 0; }
  main { padding: 1.75rem var(--padding) 2.5rem; }
}
`

const controls = `.field { display: grid; gap: 0.375rem; }
label { font-weight: 600; }
.choice { display: flex; align-items: flex-start; gap: 0.75rem; margin: 0; font-weight: inherit; cursor: pointer; }
.choice label { font-weight: 400; }
.choice input { flex: none; width: 1.5rem; height: 1.5rem; margin: 0; accent-color: var(--accent); }
.hint { color: var(--muted); font-size: 0.9375rem; }
.field-problem { color: var(--problem); font-weight: 600; font-size: 0.9375rem; }
input:not([type="hidden"], [type="checkbox"]), select {
  width: 100%;
  min-height: 3rem;
  padding: 0.625rem 0.875rem;
  font: inherit;
  color: inherit;
  background: var(--card);
  border: 1px solid var(--control);
  border-radius: var(--corner);
}
input:focus-visible, select:focus-visible { outline-offset: -1px; border-color: var(--focus); }
input[readonly] { background: var(--quiet); border-color: var(--edge); color: var(--muted); }
input[aria-invalid="true"], select[aria-invalid="true"] { border-color: var(--problem); box-shadow: inset 0 0 0 1px var(--problem); }
.actions { display: grid; gap: 0.75rem; padding-top: 0.25rem; }
.button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  min-height: 3rem;
  padding: 0.625rem 1.25rem;
  font: inherit;
  font-weight: var(--weight);
  line-height: 1.3;
  text-align: center;
  text-decoration: none;
  border: 1px solid transparent;
  border-radius: var(--corner);
  cursor: pointer;
  touch-action: manipulation;
  transition: background-color var(--motion) ease-out, border-color var(--motion) ease-out;
}
.primary { background: var(--accent); color: var(--on-accent); }
.primary:hover { background: var(--accent-strong); }
.secondary { background: transparent; color: var(--text); border-color: var(--control); }
.secondary:hover { background: var(--quiet); }
.link {
  justify-content: flex-start;
  min-height: 2.75rem;
  padding: 0;
  background: none;
  color: var(--accent);
  font-weight: 500;
  text-decoration: underline;
  text-underline-offset: 0.2em;
}
.link:hover { color: var(--accent-strong); text-decoration-thickness: 2px; }
@media (min-width: 24rem) {
  .actions.two { grid-template-columns: 1fr 1fr; }
}
`

const remarks = `.sign { fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.notice {
  display: flex;
  gap: 0.75rem;
  padding: 0.875rem 1rem;
  border-radius: var(--corner);
  border: 1px solid color-mix(in srgb, currentcolor 28%, transparent);
  font-size: 0.9375rem;
}
.notice .sign { margin-top: 0.125rem; }
.problem { color: var(--problem); background: var(--problem-paper); }
.caution { color: var(--caution); background: var(--caution-paper); }
.good { color: var(--good); background: var(--good-paper); }
.badges { display: flex; flex-wrap: wrap; align-items: center; gap: 0.375rem 0.75rem; color: var(--muted); }
.badge {
  display: inline-flex;
  align-items: center;
  gap: 0.375rem;
  padding-block: 0.125rem;
  padding-inline: 0.375rem 0.625rem;
  border-radius: 1rem;
  font-size: 0.875rem;
  font-weight: 600;
}
.badge .sign { width: 1.125rem; height: 1.125rem; }
.asked { display: grid; gap: 0.75rem; }
.scopes { list-style: none; border: 1px solid var(--edge); border-radius: 0.75rem; }
.scopes li { padding: 0.75rem 1rem; }
.scopes li + li { border-top: 1px solid var(--edge); }
.scopes span { display: block; }
.scopes code { color: var(--muted); }
.qr { display: block; width: 100%; max-width: 15rem; height: auto; margin: 0 auto; border-radius: 0.5rem; }
.key { font-size: 1rem; }
.codes { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 0.5rem 1rem; list-style: none; }
.codes code { font-size: 1.0625rem; }
.facts { display: grid; gap: 0.875rem; }
.facts dt { color: var(--muted); font-size: 0.9375rem; }
.person { display: block; font-weight: 600; }
.facts .link { display: flex; }
`

const circumstances = `@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { transition: none !important; animation: none !important; scroll-behavior: auto !important; }
}
@media (prefers-contrast: more) {
  :root { --muted: var(--text); --edge: var(--control); --control: var(--text); }
}
@media (forced-colors: active) {
  .band { display: none; }
  .button, .notice, .badge { border: 1px solid; }
  .link { border: 0; }
  .mark-field { fill: CanvasText; }
  .mark-over, .mark-under { stroke: Canvas; }
  input[aria-invalid="true"] { border-width: 3px; }
  :focus-visible { outline-color: Highlight; }
}
@media print {
  .band, .actions { display: none; }
}
`
