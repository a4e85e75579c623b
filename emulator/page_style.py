"""The look of the emulator's pages: one style sheet, for light and for dark."""

from base64 import b64encode
from hashlib import sha256

STYLE = """
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #14171c);
  --sheet: light-dark(#fff, #1c2027);
  --line: light-dark(#dde1e7, #313843);
  --text: light-dark(#1d232c, #e2e6ec);
  --faint: light-dark(#5f6b7a, #98a3b3);
  --link: light-dark(#0b5cad, #74b0f4);
  --good: light-dark(#1a7f43, #4cc479);
  --bad: light-dark(#c62a2f, #ff7b78);
  --wait: light-dark(#946200, #dfae41);
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif;
}
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
a { color: var(--link); }
h1 { font-size: 1.5rem; line-height: 1.3; margin: .25rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
.faint, .number { color: var(--faint); font-weight: normal; }
.state { display: inline-block; padding: .1rem .65rem; border-radius: 1rem; color: #fff; font-size: .85rem; }
.state.open { background: #1a7f43; } .state.closed { background: #c62a2f; }
.state.merged { background: #7a4fc4; } .state.draft { background: #5f6b7a; }
.label { display: inline-block; padding: 0 .55rem; margin: 0 .25rem .25rem 0; border-radius: 1rem;
  border: 1px solid var(--line); background: var(--sheet); font-size: .85rem; }
.sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem;
  margin: .5rem 0 1rem; }
.sheet > header { padding: .5rem .9rem; border-bottom: 1px solid var(--line); color: var(--faint); }
.sheet > .text, .sheet > details > .text { padding: .25rem .9rem .6rem; }
.row { padding: .5rem .9rem; border-top: 1px solid var(--line); }
.row:first-child { border-top: 0; }
summary.row { cursor: pointer; }
.sheet > details + details > .row { border-top: 1px solid var(--line); }
.mark { display: inline-block; min-width: 6.5rem; font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); }
.text { overflow-wrap: anywhere; }
.text table { border-collapse: collapse; display: block; overflow-x: auto; }
.text th, .text td { border: 1px solid var(--line); padding: .25rem .6rem; text-align: left; }
pre { overflow-x: auto; padding: .6rem .8rem; background: var(--ground); border: 1px solid var(--line);
  border-radius: .35rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
"""

# Nothing but this very style is loaded or run, whatever a comment or a log holds.
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'"
)
