"""The look of report.html: light or dark as the reader's system is, fit for printing, nothing from outside."""

from __future__ import annotations

# The orange and the blue of Okabe and Ito (2008) in two strengths: told apart with every kind of colour blindness.
STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --panel: #f4f5f7; --ink: #1b1f24; --faint: #59626e;
  --line: #d5d9df; --right: #0072b2; --wrong: #c85200; --good: #00664b; --link: #0a58a8; --mark: #fff3d6; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --panel: #1f242a; --ink: #e8eaed; --faint: #a4adb8;
  --line: #3a424c; --right: #4aa8e0; --wrong: #f0903c; --good: #4cc9a0; --link: #7cbcf5; --mark: #3d3014; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .5rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 .4rem; }
p { margin: .4rem 0; max-width: 48rem; }
a { color: var(--link); }
.faint { color: var(--faint); }
.small { font-size: .85rem; }
nav { margin: .75rem 0 0; font-size: .9rem; }
nav a { margin-right: 1rem; white-space: nowrap; }
.medical { border: 3px solid var(--wrong); padding: .6rem .9rem; margin: 0 0 1.2rem; font-weight: 600; }
.verdict { background: var(--panel); border-left: 6px solid var(--faint); padding: .8rem 1rem; margin: 1rem 0;
  font-size: 1.1rem; }
.verdict.better { border-color: var(--good); }
.verdict.worse { border-color: var(--wrong); }
.warnings { background: var(--mark); padding: .6rem 1rem .6rem 2rem; margin: 1rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .75rem; margin: 1rem 0; }
.tile { background: var(--panel); padding: .7rem .9rem; break-inside: avoid; }
.tile b { display: block; font-size: 1.6rem; line-height: 1.2; }
.tile span { display: block; font-size: .82rem; color: var(--faint); line-height: 1.35; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; align-items: start; }
figure { margin: 0; break-inside: avoid; }
figcaption { font-size: .85rem; color: var(--faint); }
svg text { fill: var(--ink); font-family: inherit; }
svg .axis, svg .grid { stroke: var(--line); fill: none; }
svg .tick { fill: var(--faint); }
svg .ideal { stroke: var(--faint); stroke-dasharray: 4 4; fill: none; }
svg .one { stroke: var(--right); fill: none; stroke-width: 2; }
svg .two { stroke: var(--wrong); fill: none; stroke-width: 2; stroke-dasharray: 6 4; }
svg .dot1 { fill: var(--right); }
svg .dot2 { fill: var(--wrong); }
svg .range { stroke: var(--right); opacity: .55; }
svg .hit { fill: var(--right); }
svg .miss { fill: var(--wrong); }
svg .empty { fill: var(--panel); }
svg .strong { fill: var(--paper); }
svg a:hover rect, svg a:focus rect { stroke: var(--ink); stroke-width: 2; }
.wide { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-size: .88rem; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--faint); font-weight: 600; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bar { display: inline-block; width: 7rem; height: .8em; background: var(--line); vertical-align: -.05em; }
.bar i { display: block; height: 100%; background: var(--wrong); print-color-adjust: exact;
  -webkit-print-color-adjust: exact; }
tr:target, section:target { background: var(--mark); }
.photos { display: flex; flex-wrap: wrap; gap: .6rem; margin: .4rem 0 1rem; }
.photo { width: 8.5rem; font-size: .75rem; line-height: 1.3; break-inside: avoid; }
.photo img { display: block; width: 100%; height: 7rem; object-fit: contain; background: var(--panel); }
.mistake { width: 20rem; max-width: 100%; background: var(--panel); padding: .6rem; font-size: .85rem;
  break-inside: avoid; }
.mistake .pair { display: flex; gap: .4rem; }
.mistake img { width: 50%; height: 9.5rem; object-fit: contain; min-width: 0; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .6rem; font-size: .85rem;
  color: var(--faint); }
@media print { nav { display: none; } body { max-width: none; padding: 0; font-size: 11pt; }
  h2, h3, h2 + p { break-after: avoid; } .wide { overflow: visible; } .wide svg { max-width: 100% !important; }
  .photos { display: block; } .photo, .mistake { display: inline-block; vertical-align: top; margin: 0 .4rem .4rem 0; }
  a { color: inherit; text-decoration: none; } }
@page { margin: 14mm; }
"""
