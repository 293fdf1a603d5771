"""A drawn process as a BPMN 2.0 file: the same elements, and messages at activities besides."""

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
                  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
                  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
                  id="definitions" targetNamespace="http://example.org/shapes">
"""


class Writer:
    def __init__(self):
        self.lines, self.top, self.flows = [], [], 0

    def put(self, line):
        self.lines.append("    " + line)

    def connect(self, source, target, condition=None):
        self.flows += 1
        name = f"flow_{self.flows}"
        inner = "" if condition is None else (
            f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">= {condition}</bpmn:conditionExpression>')
        self.put(f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}'
                 "</bpmn:sequenceFlow>")
        return name

    # Each writes what stands for a step and its flows, those behind it to `after`, and returns the
    # element that the flow before it has to lead to.

    def steps(self, steps, after):
        for step in reversed(steps):
            after = getattr(self, "put_" + next(iter(step)))(step, after)
        return after

    def timer(self, after):
        seconds = int(after[:-2]) / 1000
        return ("<bpmn:timerEventDefinition><bpmn:timeDuration xsi:type=\"bpmn:tFormalExpression\">"
                f"PT{seconds:.3f}S</bpmn:timeDuration></bpmn:timerEventDefinition>")

    def message(self, event):
        name = event["message"]
        self.top.append(f'  <bpmn:message id="Message_{name}" name="{name}"><bpmn:extensionElements>'
                        f'<zeebe:subscription correlationKey="= {event["key"]}" /></bpmn:extensionElements>'
                        "</bpmn:message>")
        return f'<bpmn:messageEventDefinition messageRef="Message_{name}" />'

    def error(self, event):
        if "code" not in event:
            return "<bpmn:errorEventDefinition />"
        name = event["error"]
        self.top.append(f'  <bpmn:error id="Error_{name}" name="{name}" errorCode="{event["code"]}" />')
        return f'<bpmn:errorEventDefinition errorRef="Error_{name}" />'

    def put_timer(self, step, after):
        self.put(f'<bpmn:intermediateCatchEvent id="{step["timer"]}">{self.timer(step["after"])}'
                 "</bpmn:intermediateCatchEvent>")
        self.connect(step["timer"], after)
        return step["timer"]

    def put_message(self, step, after):
        self.put(f'<bpmn:intermediateCatchEvent id="{step["message"]}">{self.message(step)}'
                 "</bpmn:intermediateCatchEvent>")
        self.connect(step["message"], after)
        return step["message"]

    def put_parallel(self, step, after):
        split = step["parallel"]
        self.put(f'<bpmn:parallelGateway id="{split}" />')
        self.put(f'<bpmn:parallelGateway id="{split}_join" />')
        self.connect(split + "_join", after)
        for branch in step["branches"]:
            self.connect(split, self.steps(branch, split + "_join"))
        return split

    def put_choose(self, step, after):
        split = step["choose"]
        self.put(f'<bpmn:exclusiveGateway id="{split}_join" />')
        self.connect(split + "_join", after)
        for case in step["cases"]:
            self.connect(split, self.steps(case["steps"], split + "_join"),
                         f'{step["variable"]} = {case["equals"]}')
        default = self.connect(split, self.steps(step["otherwise"], split + "_join"))
        self.put(f'<bpmn:exclusiveGateway id="{split}" default="{default}" />')
        return split

    def loop(self, step):
        if "forEach" not in step:
            return ""
        item = f' inputElement="{step["item"]}"' if "item" in step else ""
        return (f'<bpmn:multiInstanceLoopCharacteristics isSequential="{step.get("sequential", "false")}">'
                f'<bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="= {step["forEach"]}"{item} />'
                "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>")

    def put_task(self, step, after):
        retries = f' retries="{step["retries"]}"' if "retries" in step else ""
        self.put(f'<bpmn:serviceTask id="{step["task"]}"><bpmn:extensionElements><zeebe:taskDefinition '
                 f'type="{step["type"]}"{retries} /></bpmn:extensionElements>{self.loop(step)}</bpmn:serviceTask>')
        return self.events(step, step["task"], after)

    def put_user(self, step, after):
        self.put(f'<bpmn:userTask id="{step["user"]}"><bpmn:extensionElements><zeebe:userTask />'
                 f'</bpmn:extensionElements>{self.loop(step)}</bpmn:userTask>')
        return self.events(step, step["user"], after)

    def put_subprocess(self, step, after):
        name = step["subprocess"]
        self.put(f'<bpmn:subProcess id="{name}">{self.loop(step)}')
        self.inside(name + "_", step["steps"])
        self.put("</bpmn:subProcess>")
        return self.events(step, name, after)

    def inside(self, prefix, steps):
        self.put(f'<bpmn:startEvent id="{prefix}start" />')
        self.put(f'<bpmn:endEvent id="{prefix}end" />')
        self.connect(prefix + "start", self.steps(steps, prefix + "end"))

    def events(self, step, name, after):
        events = step.get("boundary", [])
        if any(event.get("interrupting") != "false" for event in events):
            self.put(f'<bpmn:exclusiveGateway id="{name}_join" />')
            self.connect(name + "_join", after)
            after = name + "_join"
        for event in events:
            self.event(event, name, after)
        self.connect(name, after)
        return name

    def event(self, event, activity, after):
        kind = next(iter(event))
        definition = {"timer": lambda: self.timer(event["after"]), "message": lambda: self.message(event),
                      "error": lambda: self.error(event)}[kind]()
        goes_on = event.get("interrupting") == "false"
        self.put(f'<bpmn:boundaryEvent id="{event[kind]}" attachedToRef="{activity}"'
                 f'{" cancelActivity=" + chr(34) + "false" + chr(34) if goes_on else ""}>{definition}</bpmn:boundaryEvent>')
        if goes_on:
            after = event[kind] + "_end"
            self.put(f'<bpmn:endEvent id="{after}" />')
        self.connect(event[kind], self.steps(event["steps"], after))


def bpmn_of(process):
    w = Writer()
    w.inside("", process["steps"])
    return (HEAD + "".join(line + "\n" for line in w.top) +
            f'  <bpmn:process id="{process["id"]}" isExecutable="true">\n' +
            "".join(line + "\n" for line in w.lines) + "  </bpmn:process>\n</bpmn:definitions>\n")
