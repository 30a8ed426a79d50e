"""Takes the samples: contenders in turn, so that what changes in the machine meets all of them."""

import stats
from measure import Failed


class Result:
    """The samples of one benchmark: per contender and figure, in the order of the runs."""

    def __init__(self, benchmark):
        self.benchmark = benchmark
        self.samples = {}
        self.missing = {}

    def add(self, label, figures):
        for key, value in figures.items():
            self.samples.setdefault(label, {}).setdefault(key, []).append(value)

    def values(self, label, key):
        """Samples of a figure, or the sums over several figures of the same run."""
        own = self.samples.get(label, {})
        if isinstance(key, str):
            return own.get(key, [])
        if any(part not in own for part in key):
            return []
        return [sum(parts) for parts in zip(*(own[part] for part in key))]

    def ratio(self, key, one, other=None, other_key=None):
        """Without another, the median itself."""
        if other is None:
            return stats.median(self.values(one, key))
        return stats.paired_ratio(self.values(one, key), self.values(other, other_key or key))

    def times_better(self, figure):
        """How much better the first of `against` is than the second."""
        own, other = self.benchmark.against
        if figure.more_is_better:
            return self.ratio(figure.key, own, other)
        return self.ratio(figure.key, other, own)

    def goals(self):
        judged = (goal.judge(self.ratio) for goal in self.benchmark.goals)
        return [goal for goal in judged if goal is not None]

    def as_json(self):
        return {
            "title": self.benchmark.title,
            "about": self.benchmark.about,
            "figures": {f.key: {"title": f.title, "unit": f.unit, "more_is_better": f.more_is_better}
                        for f in self.benchmark.figures},
            "contenders": {label: {key: stats.summary(values) for key, values in figures.items()}
                           for label, figures in self.samples.items()},
            "goals": self.goals(),
            "left_out": self.missing,
        }


def present(machine, result):
    """The contenders that were built."""
    for label, name in result.benchmark.contenders:
        program = machine.program(name)
        if program is None:
            system = name.partition("@")[0].partition("system:")[2]
            result.missing[label] = (f"{system} is not installed (apt-get install {system})"
                                     if system else "not built: its library was not found")
        else:
            yield label, program


def steps(benchmark, runs):
    """How many samples will be taken at most."""
    runs = 1 if benchmark.once else runs
    return runs * len(benchmark.variants) * len(benchmark.contenders)


def take(machine, benchmark, runs, progress):
    result = Result(benchmark)
    contenders = list(present(machine, result))
    for run in range(1 if benchmark.once else runs):
        for variant in benchmark.variants:
            # Alternating A B C, C B A, ... so that nobody always follows the same one.
            for label, program in contenders if run % 2 == 0 else reversed(contenders):
                progress.step(f"{benchmark.name} {variant or ''} {label}")
                if label in result.missing:
                    continue
                try:
                    result.add(label, benchmark.sample(machine, program, variant))
                except Failed as failure:
                    result.missing[label] = str(failure)
                    progress.note(str(failure))
    return result
