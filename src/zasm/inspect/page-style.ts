// The style sheet of the explain page. Light and dark, nothing loaded from anywhere.

export const STYLE = `
:root {
  color-scheme: light dark;
  --bg: #fbfaf8; --panel: #fff; --ink: #22201d; --soft: #6d675f; --line: #e4dfd7;
  --accent: #b4451f; --opt: #2f7d4f; --baseline: #2d6cb5; --interp: #b0791a; --native: #7a4bb0;
  --warm: 226 92 44; --wash: #f4f1ec;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #171615; --panel: #1f1d1b; --ink: #e9e4dc; --soft: #9c948a; --line: #37332e;
    --accent: #f08a5d; --opt: #6cc48f; --baseline: #7fb2ee; --interp: #e0b057; --native: #b995ea;
    --warm: 240 120 70; --wash: #262320;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
h1 { font-size: 1.7rem; margin: 0; overflow-wrap: anywhere; letter-spacing: -.01em; }
h2 { font-size: 1.05rem; margin: 2.6rem 0 .8rem; letter-spacing: .02em; }
.kicker { color: var(--accent); font-weight: 600; letter-spacing: .08em; text-transform: uppercase; font-size: .75rem; }
.sha, code, .code { font-family: var(--mono); font-size: .84em; }
.sha { color: var(--soft); overflow-wrap: anywhere; margin: .3rem 0 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: .75rem; margin-top: 1.5rem; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: .8rem 1rem; }
.card b { display: block; font-size: 1.25rem; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; font-weight: 600; }
.card span { color: var(--soft); font-size: .82rem; }
.stack { display: flex; height: 12px; border-radius: 6px; overflow: hidden; background: var(--line); margin-top: 1.4rem; gap: 2px; }
.stack i { display: block; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; color: var(--soft); font-size: .85rem; margin: .6rem 0 0; padding: 0; list-style: none; }
.dot { display: inline-block; width: .65em; height: .65em; border-radius: 50%; margin-right: .45em; }
.opt { background: var(--opt); } .baseline { background: var(--baseline); }
.interp { background: var(--interp); } .native { background: var(--native); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 500; font-size: .8rem; }
th, td { padding: .42rem .7rem; border-bottom: 1px solid var(--line); vertical-align: baseline; }
td.n, th.n { text-align: right; }
td.why { color: var(--soft); font-size: .85rem; }
tr:hover td { background: var(--wash); }
a { color: inherit; text-decoration-color: var(--accent); text-underline-offset: 3px; }
a:hover { color: var(--accent); }
.tier { white-space: nowrap; }
.bar { display: inline-block; width: 120px; height: .6em; border-radius: 3px; background: var(--wash); overflow: hidden; }
.bar i { display: block; height: 100%; border-radius: 3px; }
details { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; margin: .8rem 0; scroll-margin-top: 1rem; }
details:target { border-color: var(--accent); }
summary { cursor: pointer; padding: .75rem 1rem; display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline; }
summary::marker { content: ""; }
summary::before { content: "▸"; color: var(--soft); }
details[open] > summary::before { content: "▾"; }
summary b { font-family: var(--mono); }
summary span { color: var(--soft); font-size: .85rem; }
.body { border-top: 1px solid var(--line); padding-bottom: .6rem; overflow-x: auto; }
.note { margin: 0; padding: .6rem 1rem; color: var(--soft); font-size: .88rem; }
.block { display: flex; flex-wrap: wrap; gap: .15rem .9rem; padding: .55rem 1rem .3rem; margin-top: .35rem; font-size: .82rem; color: var(--soft);
  background: rgb(var(--warm) / calc(var(--heat, 0) * .16)); border-left: 3px solid rgb(var(--warm) / var(--heat, 0)); }
.block b { color: var(--ink); font-family: var(--mono); font-weight: 600; }
.block .loop { color: var(--accent); font-weight: 600; }
.row { display: grid; grid-template-columns: minmax(21rem, 5fr) 7fr; font-family: var(--mono); font-size: 12.5px; line-height: 1.55; min-width: 46rem; }
.row:hover { background: var(--wash); }
.row > div { padding: .05rem 1rem; white-space: pre; overflow-x: auto; }
.row > div + div { border-left: 1px solid var(--line); color: var(--soft); }
.pc { color: var(--soft); margin-right: 1.1em; }
.inlined { padding-left: 2.2rem !important; font-style: italic; }
.row.frame { opacity: .7; }
details.frame { border: 0; margin: 0; background: none; }
details.frame > summary { padding: .2rem 1rem; font-size: .8rem; color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.2rem; margin: 0; }
dt { font-weight: 600; } dd { margin: 0; color: var(--soft); }
footer { color: var(--soft); font-size: .82rem; margin-top: 3rem; }
@media print { details > .body { break-inside: avoid; } body { background: #fff; } }
`;
