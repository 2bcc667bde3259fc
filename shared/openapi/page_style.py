"""How the documentation page looks: light and dark, wide and narrow."""

STYLE = """\
:root{color-scheme:light dark;--text:#1c2430;--dim:#5b6675;--line:#d9dee5;--soft:#f4f6f9;\
--page:#fff;--get:#0b6bcb;--post:#18794e;--good:#18794e;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--text:#e4e8ee;--dim:#9aa5b4;--line:#333c48;\
--soft:#1c232c;--page:#12171e;--get:#6cb6ff;--post:#56d39b;--good:#56d39b;--bad:#ff8a80}}
*{box-sizing:border-box}
body{font:16px/1.55 system-ui,sans-serif;color:var(--text);background:var(--page);\
max-width:54rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:.5rem 0 0}
h2{font-size:1.2rem;margin:3rem 0 .5rem;padding-top:1.25rem;border-top:1px solid var(--line);\
overflow-wrap:anywhere}
h3{font-size:.8rem;letter-spacing:.06em;text-transform:uppercase;color:var(--dim);\
margin:1.5rem 0 .35rem}
p{margin:.5rem 0}
a{color:inherit;text-decoration-color:var(--dim);text-underline-offset:.2em}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875em}
pre{background:var(--soft);border:1px solid var(--line);border-radius:.4rem;\
padding:.6rem .8rem;margin:.4rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
.lead{font-size:1.1rem;color:var(--dim);margin:.25rem 0 1.25rem}
.dim{color:var(--dim);font-size:.875rem}
.method{display:inline-block;min-width:3.4em;font:600 .875em ui-monospace,monospace;\
color:var(--get)}
.POST{color:var(--post)}
.good{color:var(--good)}
.bad{color:var(--bad)}
nav{background:var(--soft);border:1px solid var(--line);border-radius:.5rem;\
padding:.5rem 1rem;margin:1.25rem 0}
nav div{display:flex;flex-wrap:wrap;gap:0 .75rem;padding:.3rem 0}
nav a{text-decoration:none}
nav .dim{flex:1 1 20rem}
table{border-collapse:collapse;width:100%;margin:.4rem 0}
td,th{text-align:left;vertical-align:top;padding:.5rem .75rem .5rem 0;\
border-top:1px solid var(--line)}
tr:first-child>*{border-top:0}
th{font-weight:600;white-space:nowrap}
td:last-child{width:100%;padding-right:0}
@media (max-width:34rem){\
.wide tr{display:block;padding:.5rem 0;border-top:1px solid var(--line)}\
.wide tr:first-child{border-top:0}\
.wide td,.wide th{display:inline-block;width:auto;padding:0 .6rem 0 0;border:0}\
.wide td:last-child{display:block}}
"""
