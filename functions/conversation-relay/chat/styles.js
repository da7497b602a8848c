/**
 * The chat's look. A page may set these custom properties on the element, and its size:
 * `--fullview-chat-accent` and `--fullview-chat-on-accent`, `--fullview-chat-background`, `--fullview-chat-surface` (what others
 * say), `--fullview-chat-text`, `--fullview-chat-muted`, `--fullview-chat-border`, `--fullview-chat-error`,
 * `--fullview-chat-font`, `--fullview-chat-radius`. Light or dark is the page's `color-scheme`.
 */
const STYLES = `
:host { display: block; box-sizing: border-box; block-size: min(40rem, 100dvh); min-inline-size: 0; }
:host([hidden]) { display: none; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
p, h2, ol { margin: 0; padding: 0; }

.chat {
  --accent: var(--fullview-chat-accent, light-dark(#1d5bd6, #2f6ae0));
  --on-accent: var(--fullview-chat-on-accent, #fff);
  --background: var(--fullview-chat-background, light-dark(#fff, #16181d));
  --surface: var(--fullview-chat-surface, light-dark(#eff1f5, #272b33));
  --text: var(--fullview-chat-text, light-dark(#191c22, #eceef2));
  --muted: var(--fullview-chat-muted, light-dark(#5a6170, #a4abb9));
  --border: var(--fullview-chat-border, light-dark(#dfe2e8, #343943));
  --error: var(--fullview-chat-error, light-dark(#b3261e, #ff9a90));
  --focus: color-mix(in srgb, var(--accent) 65%, var(--text));
  --radius: var(--fullview-chat-radius, 16px);
  position: relative;
  display: flex;
  flex-direction: column;
  block-size: 100%;
  overflow: hidden;
  color: var(--text);
  background: var(--background);
  border: 1px solid var(--border);
  border-radius: var(--radius);
  font: 400 0.9375rem/1.45 var(--fullview-chat-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", sans-serif);
  text-align: start;
}

button, textarea { font: inherit; color: inherit; }
button { cursor: pointer; border: 0; background: none; }
button:disabled { cursor: default; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
textarea:focus-visible { outline: none; }
.log:focus-visible { outline-offset: -3px; }
.title:focus { outline: none; }
.row { display: flex; align-items: center; gap: 0.5rem; }
.hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon { inline-size: 1.375rem; block-size: 1.375rem; flex: none; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
[dir="rtl"] .icon-send { transform: scaleX(-1); }

.round { display: inline-grid; place-items: center; flex: none; inline-size: 2.75rem; block-size: 2.75rem; padding: 0; border-radius: 50%; color: var(--muted); }
.quiet, .filled, .choice { min-block-size: 2.75rem; padding: 0 1rem; border-radius: 1.375rem; font-weight: 550; }
.quiet { border: 1px solid var(--border); }
.filled { color: var(--on-accent); background: var(--accent); }
@media (hover: hover) {
  .round:hover, .quiet:hover { background: color-mix(in srgb, currentColor 9%, transparent); }
  .filled:hover, .send:hover { background: color-mix(in srgb, var(--accent) 88%, var(--text)) !important; }
}

header { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.75rem; padding: 0.625rem 0.75rem 0.625rem 1rem; border-block-end: 1px solid var(--border); }
[dir="rtl"] header { padding: 0.625rem 1rem 0.625rem 0.75rem; }
.dot { flex: none; inline-size: 0.625rem; block-size: 0.625rem; border-radius: 50%; background: light-dark(#c77700, #f2b84b); }
.dot[data-look="active"] { background: light-dark(#16803c, #4cc678); }
.dot[data-look="over"] { background: var(--muted); }
.dot[data-look="waiting"] { animation: pulse 1.6s ease-in-out infinite; }
@keyframes pulse { 50% { opacity: 0.35; } }
.standing { flex: 1 1 6rem; min-inline-size: 0; overflow-wrap: anywhere; }
.title { font-weight: 600; line-height: 1.3; }
.details, .connection { color: var(--muted); font-size: 0.8125rem; }
.details { display: flex; flex-wrap: wrap; column-gap: 0.75rem; }
.details:empty, .connection:empty, .header-error:empty { display: none; }
.connection { color: var(--text); font-weight: 550; }
.end { padding-inline: 0.875rem; font-size: 0.875rem; }
.header-error { flex-basis: 100%; color: var(--error); }

.typist { min-block-size: 1.75rem; padding: 0.125rem 1rem; color: var(--muted); font-size: 0.8125rem; }
.dots { display: inline-block; inline-size: 1.75rem; block-size: 0.375rem; margin-inline-start: 0.375rem; background: radial-gradient(circle closest-side, currentColor 80%, transparent) 0 0 / 33.3% 100%; animation: dots 1.2s steps(1) infinite; }
@keyframes dots { 0%, 100% { clip-path: inset(0 67% 0 0); } 33% { clip-path: inset(0 33% 0 0); } 66% { clip-path: inset(0); } }

.composer { padding: 0 0.625rem 0.625rem; }
.composer > .row { align-items: end; gap: 0.125rem; padding: 0.1875rem; border: 1px solid var(--border); border-radius: 1.625rem; background: var(--background); }
.composer > .row:focus-within { border-color: var(--focus); box-shadow: 0 0 0 1px var(--focus); }
textarea { flex: 1; min-inline-size: 0; min-block-size: 2.75rem; max-block-size: 9rem; padding: 0.6875rem 0.375rem; border: 0; resize: none; background: none; line-height: 1.375rem; font-size: max(1rem, 0.9375rem); }
textarea::placeholder { color: var(--muted); opacity: 1; }
.send { color: var(--on-accent); background: var(--accent); }
.composer-error { padding: 0.25rem 0.75rem; color: var(--error); font-size: 0.875rem; }
.composer-error:empty { display: none; }

.drop { position: absolute; inset: 0.5rem; display: none; place-items: center; border: 2px dashed var(--focus); border-radius: calc(var(--radius) - 4px); background: color-mix(in srgb, var(--background) 88%, transparent); font-weight: 600; pointer-events: none; }
.dropping .drop { display: grid; }

dialog { max-inline-size: min(24rem, calc(100vw - 2rem)); padding: 1.5rem; color: var(--text); background: var(--background); border: 1px solid var(--border); border-radius: var(--radius); }
dialog::backdrop { background: rgb(0 0 0 / 0.45); }
h2 { margin-block-end: 0.375rem; font-size: 1.125rem; line-height: 1.3; }
.actions { flex-wrap: wrap; justify-content: end; margin-block-start: 1.25rem; }

@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; }
}
@media (forced-colors: active) {
  .dot { forced-color-adjust: none; }
  .round, .filled, .choice, .bubble { border: 1px solid; }
}
`;

