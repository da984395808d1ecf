/** What the API documentation adds to the main stylesheet. */
export const API_DOCS_CSS = `.wide { --get: #14599c; --post: #17633a; --put: #775000; --delete: #9c2219; scroll-behavior: smooth; }
@media (prefers-color-scheme: dark) {
  .wide { --get: #93c4f5; --post: #8fd6a9; --put: #f0c878; --delete: #ffb3a7; }
}
html { scroll-padding-top: 1rem; }
.wide .brand { padding: 1rem 1.5rem; background: var(--card); border-bottom: 1px solid var(--edge); }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; z-index: 1; padding: 0.75rem 1rem; background: var(--card); }
.columns { flex: 1; }
.wide main { padding: 1.5rem 1.25rem 3rem; max-width: 60rem; }
.wide main:focus { outline: none; }
.wide h1 { font-size: 2rem; }
.wide h2 { font-size: 1.375rem; font-weight: 650; letter-spacing: -0.01em; }
h3 { font-size: 1.0625rem; line-height: 1.4; font-weight: 650; }
.intro, .group, .operation, .prose, .folded, .entries, .entries dd, .variants { display: grid; grid-template-columns: minmax(0, 1fr); }
.intro { gap: 1rem; }
.group { gap: 1rem; margin-top: 3rem; }
.prose { gap: 0.625rem; color: var(--muted); max-width: 44rem; }
.prose ul { padding-left: 1.25rem; }

.contents { padding: 0.75rem 0.75rem 1rem; border-bottom: 1px solid var(--edge); max-height: 40vh; overflow: auto; }
.contents ul { list-style: none; padding-bottom: 0.5rem; }
.contents a {
  display: flex;
  align-items: center;
  gap: 0.5rem;
  min-height: 2.5rem;
  padding: 0.25rem 0.5rem;
  border-radius: 0.5rem;
  color: var(--text);
  font-size: 0.9375rem;
  line-height: 1.35;
  text-decoration: none;
}
.contents a:hover { background: var(--quiet); }
.contents .method { flex: none; width: 3.625rem; text-align: right; background: none; padding: 0; }
.contents summary { padding: 0 0.5rem; font-weight: 500; }

.search { display: flex; flex-wrap: wrap; align-items: end; gap: 0.5rem 0.75rem; margin-top: 2rem; max-width: 44rem; }
.search label { flex-basis: 100%; }
.search input { flex: 1 1 14rem; }

.operation {
  gap: 0.625rem;
  padding: 1.25rem;
  background: var(--card);
  border: 1px solid var(--edge);
  border-radius: 0.875rem;
  content-visibility: auto;
  contain-intrinsic-size: auto 19rem;
}
.operation:target { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.anchor { padding: 0 0.375rem; color: var(--muted); font-weight: 400; text-decoration: none; }
.anchor:hover { color: var(--accent); }
.route { display: flex; align-items: baseline; gap: 0.625rem; }
.method {
  padding: 0.125rem 0.5rem;
  border-radius: 0.375rem;
  background: color-mix(in srgb, currentcolor 10%, transparent);
  color: var(--muted);
  font-size: 0.75rem;
  font-weight: 700;
  letter-spacing: 0.04em;
}
.get { color: var(--get); }
.post { color: var(--post); }
.put, .patch { color: var(--put); }
.delete { color: var(--delete); }
.grants { display: flex; flex-wrap: wrap; gap: 0.125rem 1.25rem; list-style: none; color: var(--muted); font-size: 0.9375rem; }
.grants:empty { display: none; }
.grants code { color: var(--text); }

summary {
  min-height: 2.75rem;
  display: flex;
  align-items: center;
  gap: 0.5rem;
  font-weight: 600;
  cursor: pointer;
  border-radius: 0.5rem;
}
summary::-webkit-details-marker { display: none; }
summary::before {
  content: "";
  flex: none;
  width: 0.4375rem;
  height: 0.4375rem;
  margin: 0 0.25rem;
  border: solid var(--muted);
  border-width: 2px 2px 0 0;
  transform: rotate(45deg);
  transition: transform 120ms ease-out;
}
details[open] > summary::before { transform: rotate(135deg); }
summary:hover { color: var(--accent); }
.operation > details { border-top: 1px solid var(--edge); margin-bottom: -0.625rem; }
.operation > details:last-child { margin-bottom: -0.75rem; }
.count, .statuses { color: var(--muted); font-size: 0.875rem; font-weight: 400; }
.folded { gap: 1rem; padding: 0.25rem 0 1.25rem; }
.place { color: var(--muted); font-size: 0.875rem; padding-bottom: 0.375rem; }
.response { display: grid; gap: 0.5rem; }
.entries { gap: 0.625rem; border-left: 2px solid var(--edge); padding-left: 1rem; }
.entries dd { gap: 0.25rem; font-size: 0.9375rem; }
.entries .entries { margin-top: 0.5rem; }
.name { font-weight: 600; }
.type, .rule { color: var(--muted); font-size: 0.875rem; }
.rule code { font-size: 1em; }
.flag {
  padding: 0.0625rem 0.4375rem;
  border-radius: 0.375rem;
  background: var(--quiet);
  color: var(--muted);
  font-size: 0.8125rem;
  font-weight: 600;
}
pre { margin: 0; padding: 1rem; overflow-x: auto; background: var(--quiet); border-radius: 0.625rem; overflow-wrap: normal; }

@media (min-width: 60rem) {
  .columns { display: grid; grid-template-columns: 20rem minmax(0, 1fr); }
  .contents { position: sticky; top: 0; height: 100vh; max-height: none; border-bottom: 0; border-right: 1px solid var(--edge); }
  .wide main { padding: 2.5rem 3rem 4rem; }
}
@media (forced-colors: active) {
  .method, .flag { border: 1px solid; }
}
@media print {
  .contents, .skip { display: none; }
}
`
