"""Random processes: trees of everything that docs/PROCESSES.md knows, within its limits.

A process is drawn with a subset of the kinds of steps (swarm testing), a number of steps, and a time
that all its timers may wait together. `cost` says how many records an instance makes, roughly: who
draws the load needs it."""

ELEMENTS_MAX = 240  # the format takes 250
CHOICES_MAX = 20    # decisions, collections and messages that clients know of
MESSAGES_MAX = 12
DEPTH_MAX = 5       # lists inside each other but one; a file may have 32 levels of YAML
ITEMS_MAX = 12      # of a collection; its mean is 4
WAIT_MAX_MS = 59000
LOOP_COST_MAX = 4   # so many times the work inside, by loops around it
KINDS = ("user", "subprocess", "timer", "message", "parallel", "choose")
CODES = ("FRAUD", "REFUSED", "LOST")
WAITS_MS = (1, 20, 100, 200, 500, 800, 1000, 1500, 2000, 3000, 5000, 10000, 30000)


class ProcessDraw:
    def __init__(self, d, number, most):
        self.d = d
        self.id = f"p{number}"
        self.kinds = [kind for kind in KINDS if d.chance(50)]
        self.loops, self.events = d.chance(50), d.chance(60)
        # Only a file can have messages at activities.
        self.is_file = d.chance(20)
        self.elements = 4
        self.left = min(most, d.one(1, 2, 3, 5, 8, 12, 20))
        self.wait_left = d.one(2000, 10000, 20000, WAIT_MAX_MS)
        self.names = self.choices = self.messages = 0
        self.steps = self.draw_list(1, 1, 1, self.left)

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def take(self, elements):
        self.elements += elements
        return self.elements <= ELEMENTS_MAX

    def wait(self, times):
        """Of a timer that is run so many times one after the other; None = no time is left."""
        ms = self.d.one(*WAITS_MS)
        if ms * times > self.wait_left:
            ms = 1
        if ms * times > self.wait_left:
            return None
        self.wait_left -= ms * times
        return ms

    def draw_list(self, depth, times, around, most):
        """`times`: one after the other in loops around it, `around`: as loops multiply the work."""
        steps = []
        for _ in range(self.d.between(1, max(1, min(most, 5)))):
            if self.left > 0 and self.elements < ELEMENTS_MAX - 30:
                self.left -= 1
                step = self.draw_step(depth, times, around)
                steps += [step] if step else []
        return steps

    def draw_branch(self, depth, times, around):
        return [] if self.d.chance(20) else self.draw_list(depth, times, around, 3)

    def draw_step(self, depth, times, around):
        kinds = ["task", "task"] + self.kinds
        kind = self.d.one(*kinds)
        if depth > DEPTH_MAX and kind in ("subprocess", "parallel", "choose"):
            kind = "task"
        return getattr(self, "draw_" + kind)(depth, times, around)

    # --- steps without anything inside ------------------------------------------------------------

    def draw_task(self, depth, times, around):
        step = {"task": self.name("t"), "type": self.d.one("work", "payment", "mail", "inspect")}
        if self.d.chance(30):
            step["retries"] = self.d.one(1, 2, 5, 100)
        return self.activity(step, depth, times, around)

    def draw_user(self, depth, times, around):
        return self.activity({"user": self.name("u")}, depth, times, around)

    def draw_timer(self, _depth, times, _around):
        ms = self.wait(times)
        self.take(2)
        return None if ms is None else {"timer": self.name("w"), "after": f"{ms}ms"}

    def message_key(self):
        self.messages += 1
        return self.d.one("order", "order", "ticket")

    def draw_message(self, _depth, _times, _around):
        if self.messages == MESSAGES_MAX:
            return None
        self.take(2)
        return {"message": self.name("m"), "key": self.message_key()}

    # --- splits -----------------------------------------------------------------------------------

    def draw_parallel(self, depth, times, around):
        count = self.d.one(2, 2, 3, 3, 4, 8)
        self.take(3 + count)
        return {"parallel": self.name("f"),
                "branches": [self.draw_branch(depth + 1, times, around) for _ in range(count)]}

    def draw_choose(self, depth, times, around):
        if self.choices == CHOICES_MAX:
            return None
        self.choices += 1
        count = self.d.one(1, 2, 2, 3, 8)
        self.take(4 + count)
        first = self.d.one(0, 1, 1, 7)
        return {"choose": self.name("x"), "variable": f"v{self.d.between(1, 3)}" if self.d.chance(20)
                else f"c{self.choices}",
                "cases": [{"equals": first + i, "steps": self.draw_branch(depth + 1, times, around)}
                          for i in range(count)],
                "otherwise": self.draw_branch(depth + 1, times, around)}

    # --- activities -------------------------------------------------------------------------------

    def draw_subprocess(self, depth, times, around):
        step = {"subprocess": self.name("s")}
        self.take(3)
        step = self.loop(step, around)
        inner = ITEMS_MAX if step.get("sequential") else 1
        step["steps"] = self.draw_list(depth + 1, times * inner,
                                       around * (4 if "forEach" in step else 1), 5)
        return self.with_events(step, depth, times, around)

    def activity(self, step, depth, times, around):
        return self.with_events(self.loop(step, around), depth, times, around)

    def loop(self, step, around):
        self.take(2)
        if not self.loops or self.choices == CHOICES_MAX or around * 4 > LOOP_COST_MAX or not self.d.chance(25):
            return step
        self.choices += 1
        self.take(1)
        step["forEach"] = f"l{self.choices}" if self.d.chance(80) else "items"
        if self.d.chance(60):
            step["item"] = self.d.one("item", "photo")
        if self.d.chance(40):
            step["sequential"] = "true"
        return step

    def with_events(self, step, depth, times, around):
        if not self.events or depth > DEPTH_MAX or not self.d.chance(35):
            return step
        codes, events = list(CODES) + [None], []
        for _ in range(self.d.one(1, 1, 2, 3, 4)):
            kind = self.d.one("timer", "timer", "error") if not self.is_file else self.d.one(
                "timer", "error", "message")
            event = getattr(self, "at_" + kind)(codes, times)
            if event is not None:
                self.take(4)
                event["steps"] = self.draw_branch(depth + 1, times, around)
                events.append(event)
        if events:
            self.take(2)
            step["boundary"] = events
        return step

    def at_timer(self, _codes, times):
        ms = self.wait(times)
        if ms is None:
            return None
        event = {"timer": self.name("b"), "after": f"{ms}ms"}
        if self.d.chance(40):
            event["interrupting"] = "false"
        return event

    def at_error(self, codes, _times):
        code = codes.pop(self.d.below(len(codes)))
        return {"error": self.name("e"), **({} if code is None else {"code": code})}

    def at_message(self, _codes, _times):
        if self.messages == MESSAGES_MAX:
            return None
        event = {"message": self.name("m"), "key": self.message_key()}
        if self.d.chance(40):
            event["interrupting"] = "false"
        return event

    # --- the load that it is ----------------------------------------------------------------------

    def process(self):
        return {"id": self.id, "steps": self.steps}

    def cost(self):
        return 12 + list_cost(self.steps)


LEAF_COST = {"task": 14, "user": 13, "timer": 9, "message": 14}


def list_cost(steps):
    return sum(step_cost(step) for step in steps)


def step_cost(step):
    kind = next(iter(step))
    if kind in LEAF_COST:
        cost = LEAF_COST[kind]
    elif kind == "parallel":
        cost = 10 + sum(3 + list_cost(branch) for branch in step["branches"])
    elif kind == "choose":
        ways = [case["steps"] for case in step["cases"]] + [step["otherwise"]]
        cost = 12 + sum(map(list_cost, ways)) // len(ways)
    else:
        cost = 12 + list_cost(step["steps"])
    if "forEach" in step:
        cost = 6 + 4 * (cost + 2)
    return cost + sum(4 + list_cost(event["steps"]) // 2 for event in step.get("boundary", []))


def has_messages(steps):
    """Whether any step waits for a message."""
    def inside(step):
        lists = [step.get("steps", []), step.get("otherwise", [])] + step.get("branches", [])
        lists += [part["steps"] for part in step.get("cases", []) + step.get("boundary", [])]
        return "message" in step or any("message" in event for event in step.get("boundary", [])) or any(
            has_messages(part) for part in lists)
    return any(inside(step) for step in steps)
