"""The table on the terminal."""

import stats


def number(value):
    """Three to four digits that matter, with thousands separated."""
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cell(values, unit, width):
    if not values:
        return f"{'–':>{width}}"
    got = stats.summary(values)
    return f"{number(got['median']) + ' ' + unit:>{width - 7}} ±{got['spread_percent'] / 2:4.1f}%"


def rows(result):
    """One row a figure, one column a contender: figures are many, contenders few."""
    labels = list(result.samples)
    first = max([len(f.title) for f in result.benchmark.figures] + [10])
    width = max([20] + [len(label) + 2 for label in labels])
    against = result.benchmark.against
    title = f"   {against[0]}: × better" if against else ""
    yield " " * first + "".join(f"{label:>{width}}" for label in labels) + title
    for figure in result.benchmark.figures:
        cells = "".join(cell(result.values(label, figure.key), figure.unit, width)
                        for label in labels)
        ratio = result.times_better(figure) if against else None
        shown = f"{ratio:>#{len(title)}.3g}" if ratio is not None else ""
        yield f"{figure.title:<{first}}" + cells + shown


def verdict(goal):
    sign = "≥" if goal["at_least"] else "≤"
    return (f"  goal {'met    ' if goal['met'] else 'NOT met'}  "
            f"{goal['measured']:.3f} (goal {sign} {goal['limit']:g})  {goal['goal']}")


def show(result):
    print(f"\n{result.benchmark.title}\n{result.benchmark.about}")
    for line in rows(result):
        print(line)
    for goal in result.goals():
        print(verdict(goal))
    for label, why in result.missing.items():
        print(f"  left out: {label}: {why}")
