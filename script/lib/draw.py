"""What all drawing of scenarios needs: draws that are the same on every machine, and YAML."""
import random


class Draw:
    """Draws that depend on nothing but the seed: only random() keeps its sequence in all Pythons."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def below(self, bound):
        return int(self.rng.random() * bound)

    def between(self, least, most):
        return least + self.below(most - least + 1)

    def one(self, *choices):
        return choices[self.below(len(choices))]

    def chance(self, percent):
        return self.below(100) < percent


def flow(value):
    """A value as YAML in flow style."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return str(value)


def text_of(shape):
    """A scenario as YAML, a line for each entry of its lists and mappings."""
    lines = []
    for key, value in shape.items():
        if isinstance(value, list) and value:
            lines += [f"{key}:"] + [f"  - {flow(item)}" for item in value]
        elif isinstance(value, dict):
            lines += [f"{key}:"] + [f"  {k}: {flow(v)}" for k, v in value.items()]
        else:
            lines.append(f"{key}: {flow(value)}")
    return "\n".join(lines) + "\n"
