/** The look of what was said. */
const LOG_STYLES = `
.log-frame { position: relative; flex: 1; min-block-size: 0; display: flex; }
.log { flex: 1; min-inline-size: 0; overflow: hidden auto; overscroll-behavior: contain; padding: 0.5rem 1rem; }
.log ol { list-style: none; display: flex; flex-direction: column; min-block-size: 100%; justify-content: end; }
.more { position: absolute; inset-block-end: 0.5rem; inset-inline: 0; inline-size: fit-content; margin-inline: auto; display: flex; align-items: center; gap: 0.375rem; min-block-size: 2.75rem; padding: 0 0.875rem 0 1.125rem; border-radius: 1.375rem; color: var(--on-accent); background: var(--accent); font-weight: 550; box-shadow: 0 2px 8px rgb(0 0 0 / 0.25); }

.day { margin-block: 1rem 0.5rem; text-align: center; color: var(--muted); font-size: 0.8125rem; }
.day span { display: inline-block; }
.day span::first-letter { text-transform: uppercase; }

.item { display: flex; flex-direction: column; align-items: start; max-inline-size: min(85%, 34rem); margin-block-start: 0.75rem; }
.item.follows { margin-block-start: 0.1875rem; }
.item.follows .author, .agent.followed .meta, .bot.followed .meta, .system.followed .meta { display: none; }
.item.own { align-self: end; align-items: end; }
.author { margin: 0 0.75rem 0.125rem; color: var(--muted); font-size: 0.8125rem; font-weight: 550; }
.bubble { max-inline-size: 100%; padding: 0.5rem 0.75rem; background: var(--surface); border-radius: var(--radius); border-start-start-radius: 0.375rem; overflow-wrap: anywhere; }
.own .bubble { color: var(--on-accent); background: var(--accent); border-start-start-radius: var(--radius); border-end-end-radius: 0.375rem; }
.text { white-space: pre-wrap; }
.link + .link, .text + .link { margin-block-start: 0.375rem; }
.bubble a { color: inherit; text-decoration-thickness: 1px; text-underline-offset: 0.15em; }
.bubble a:hover { text-decoration-thickness: 2px; }
.bubble a:focus-visible, .own .bubble :focus-visible { outline-color: currentColor; }
.meta { display: flex; gap: 0.375rem; margin: 0.125rem 0.75rem 0; color: var(--muted); font-size: 0.75rem; }
.receipt:not(:empty)::before { content: "·"; margin-inline-end: 0.375rem; }
[data-state="undelivered"] .receipt { color: var(--error); font-weight: 550; }
.own[data-state="failed"] .bubble { color: var(--text); background: none; border: 1px dashed var(--error); }

.problem { display: flex; flex-wrap: wrap; align-items: center; justify-content: end; gap: 0.375rem; margin-block-start: 0.25rem; font-size: 0.8125rem; }
.problem .reason { color: var(--error); }
.problem button { padding-inline: 0.875rem; }

.choices { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-block-start: 0.5rem; }
.choice { border: 1.5px solid var(--accent); padding-block: 0.375rem; text-align: start; }
.choice:disabled { border-color: var(--border); color: var(--muted); }
.choice:enabled:hover { background: color-mix(in srgb, var(--accent) 12%, transparent); }

.file { min-inline-size: min(15rem, 100%); padding: 0.5rem; }
.file > .row > .icon { margin-inline-start: 0.25rem; }
.about { flex: 1; min-inline-size: 0; }
.file-name { display: block; text-align: -webkit-match-parent; text-align: match-parent; font-weight: 550; line-height: 1.3; }
.file-size { font-size: 0.8125rem; color: var(--muted); }
.own .file-size, .own .round { color: inherit; }
.picture { margin-block-start: 0.375rem; }
.picture img { display: block; max-inline-size: 100%; max-block-size: 18rem; border-radius: calc(var(--radius) - 0.5rem); }
.own .picture .quiet { border-color: currentColor; }
.file-error:empty { display: none; }
.file-error { display: block; margin: 0.375rem 0.25rem 0; font-size: 0.8125rem; font-weight: 550; }

.item.notice { align-self: center; align-items: center; max-inline-size: 100%; margin-block: 0.875rem 0.25rem; text-align: center; color: var(--muted); font-size: 0.8125rem; }
.notice:not([data-notice="change"]) { align-self: stretch; margin-block: 1rem 0.5rem; padding: 1rem; color: var(--text); background: var(--surface); border-radius: var(--radius); font-size: 0.9375rem; }
.notice:not([data-notice="change"]) .what { font-weight: 600; }
.notice .then { color: var(--muted); }
`;

