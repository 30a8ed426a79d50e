"""The page of plots: one HTML file without scripts or anything from elsewhere. Text is HTML, so that
it keeps its size in a narrow window; only the bars are SVG, and these stretch."""

import html

import stats
from table import number

STYLE = """
:root { color-scheme: light dark; --back:#fcfcfb; --text:#1b1d1f; --faint:#63686d; --line:#dcdedf;
  --bar:#9aa5b1; --own:#1f6feb; --limit:#c9ced4; --dot:#1b1d1f; --good:#1a7f37; --bad:#b42318; }
@media (prefers-color-scheme: dark) { :root { --back:#14171a; --text:#e6e8ea; --faint:#9aa1a8;
  --line:#2b3036; --bar:#5c6773; --own:#58a6ff; --limit:#3d444c; --dot:#e6e8ea; --good:#56d364;
  --bad:#ff7b72; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 76rem; background: var(--back);
  color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.3rem; margin: 2.5rem 0 .2rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; font-weight: 600; }
p { margin: .2rem 0 .8rem; max-width: 48rem; } .faint { color: var(--faint); font-size: .88rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 23rem), 1fr));
  gap: 1.6rem 2.2rem; margin-top: 1rem; }
.row { display: grid; grid-template-columns: 8.5rem 1fr 6.2rem; gap: .2rem .6rem;
  align-items: center; margin: .2rem 0; font-size: .88rem; line-height: 1.2; }
.row b { font-weight: 400; text-align: right; } .row.own b { font-weight: 600; }
.row i { font-style: normal; white-space: nowrap; font-variant-numeric: tabular-nums; }
.row svg { width: 100%; height: 1.1rem; display: block; }
.bar { fill: var(--bar); } .own .bar { fill: var(--own); } .limit .bar { fill: var(--limit); }
.range { stroke: var(--dot); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
ul.goals { list-style: none; padding: 0; margin: 1rem 0 0; font-size: .92rem; }
ul.goals li { display: grid; grid-template-columns: 5rem 9.5rem 1fr; gap: .6rem;
  border-top: 1px solid var(--line); padding: .35rem 0; }
.met { color: var(--good); } .missed { color: var(--bad); }
@media (max-width: 34rem) {
  .row { grid-template-columns: 1fr auto; } .row b { text-align: left; }
  .row svg { grid-column: 1 / -1; grid-row: 2; }
  ul.goals li { grid-template-columns: 5rem 1fr; } ul.goals li span:last-child { grid-column: 1 / -1; }
}
"""


def bar(got, scale):
    """The median as a bar, the range of all samples as a line across its end."""

    def x(value):
        return 1000 * value / scale if scale else 0

    low, high = x(got["min"]), x(got["max"])
    return (
        '<svg viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" '
        f'aria-label="median {number(got["median"])}, from {number(got["min"])} '
        f'to {number(got["max"])}"><rect class="bar" x="0" y="3" width="{x(got["median"]):.1f}" '
        f'height="14"/><path class="range" fill="none" d="M{low:.1f} 10H{high:.1f}'
        f'M{low:.1f} 6V14M{high:.1f} 6V14"/></svg>'
    )


def row(label, got, figure, scale):
    kind = "own" if "eddy" in label else "limit" if "limit" in label or "bare" in label else ""
    value = html.escape(f"{number(got['median'])} {figure.unit}")
    return (f'<div class="row {kind}"><b>{html.escape(label)}</b>{bar(got, scale)}'
            f"<i>{value}</i></div>")


def plot(result, figure):
    got = {label: stats.summary(values) for label in result.samples
           if (values := result.values(label, figure.key))}
    if not got:
        return ""
    scale = max(summary["max"] for summary in got.values())
    better = "more is better" if figure.more_is_better else "less is better"
    rows = "".join(row(label, summary, figure, scale) for label, summary in got.items())
    return (f'<section><h3>{html.escape(figure.title)} <span class="faint">{better}</span></h3>'
            f"{rows}</section>")


def goal_line(goal):
    kind, word = ("met", "met") if goal["met"] else ("missed", "not met")
    sign = "≥" if goal["at_least"] else "≤"
    return (f'<li><span class="{kind}">{word}</span><span>{goal["measured"]:.3f} '
            f'({sign} {goal["limit"]:g})</span><span>{html.escape(goal["goal"])}</span></li>')


def section(result):
    plots = "".join(plot(result, figure) for figure in result.benchmark.figures)
    goals = "".join(goal_line(goal) for goal in result.goals())
    missing = "".join(f'<p class="faint">Left out: {html.escape(label)}: {html.escape(why)}</p>'
                      for label, why in result.missing.items())
    return (f"<h2>{html.escape(result.benchmark.title)}</h2>"
            f"<p>{html.escape(result.benchmark.about)}</p><div class='plots'>{plots}</div>"
            f"<ul class='goals'>{goals}</ul>{missing}")


def write(path, machine_line, results):
    body = "".join(section(result) for result in results)
    path.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>eddy: benchmarks</title><style>{STYLE}</style>"
        f"<h1>eddy: benchmarks</h1><p class='faint'>{html.escape(machine_line)}</p>"
        "<p class='faint'>Bars are medians; the line across an end goes from the smallest to the "
        "largest sample. Ratios are medians of the ratios of neighbouring samples. "
        "docs/benchmarks.md says what each measures and why it is fair.</p>"
        f"{body}</html>\n",
        encoding="utf-8",
    )
