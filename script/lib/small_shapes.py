"""Small shapes: clusters, processes, loads, exporters, operators and faults drawn from a number, for
runs of half a minute to three minutes with a few thousand records.

Each part has draws of its own, so that a new choice in one moves nothing in the others. Left out is
what would end a run for reasons that no judge has a word for: exporters that refuse their arguments
while brokers start, and habits that never mend."""
from draw import Draw
from process_draw import ProcessDraw, has_messages

PARTS = ("cluster", "processes", "workload", "exporters", "nemesis", "steps")
VALUE_TYPES = ["JOB", "INCIDENT", "PROCESS_INSTANCE", "VARIABLE", "DEPLOYMENT", "JOB_BATCH", "TIMER", "USER_TASK",
               "MESSAGE", "PROCESS_EVENT"]
ONE_TASK_COST = 35
COST_MAX = 200       # records of an instance in each partition
BYTES_MAX = 3 << 20  # of variables in a run
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20}


def draw_for(number, part):
    return Draw((1 << 48) + number * 64 + PARTS.index(part))


# --- the cluster ------------------------------------------------------------------------------------


def draw_latency(d, bases):
    base = d.one(*bases)
    return base if d.chance(50) else {"base": base, "jitter": d.one(*bases)}


def draw_disk(d, replicas, segment_kib):
    least = d.one(4, 8, 8, 8) * replicas * segment_kib / 1024  # four segments each is what the format asks
    disk = {"size": f"{d.one(*[size for size in (8, 16, 32, 64, 256, 1024) if size >= least])}MiB"}
    if d.chance(60):
        disk["sync"] = d.one("0ms", "100us", "1ms", "10ms")
    if d.chance(10):
        disk["writePerKiB"] = d.one("0us", "20us")
    if d.chance(15):
        disk["freeSpace"] = d.one({"processing": "0B", "replication": "0B"},
                                  {"processing": "1MiB", "replication": "512KiB"},
                                  {"processing": "2MiB", "replication": "0B"})
    return disk


def draw_network(d):
    network = {}
    if d.chance(50):
        network["latency"] = draw_latency(d, ["50us", "300us", "2ms", "10ms", "50ms"])
    for trouble in ("loss", "duplicate", "reorder"):
        if d.chance(20):
            network[trouble] = d.one("0.1%", "1%", "5%", "10%")
    return network


def draw_flow_control(d):
    control = {}
    if d.chance(40):
        control["request"] = {"algorithm": "fixed", "fixed": {"limit": d.one(1, 3, 10, 50)}}
    elif d.chance(60):
        control["request"] = {"algorithm": "aimd", "useWindowed": d.one("true", "false"),
                              "aimd": {"requestTimeout": d.one("20ms", "200ms", "1s"), "initialLimit": d.one(1, 10, 100),
                                       "maxLimit": d.one(100, 1000)}}
    if d.chance(30) or not control:
        control["append"] = d.one({"fixed": {"limit": 2}}, {"fixed": {"limit": 20}}, {"enabled": "false"})
    return control


def draw_replicas(d):
    """Few with many replicas: each costs time while nothing happens, too."""
    brokers = d.one(1, 2, 3, 3, 3, 4, 5, 6, 7)
    partitions = d.one(1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 9)
    replication = d.one(*[r for r in (1, 2, 3, 3, 3, 4, 5, 7) if r <= brokers])
    most = 30 if d.chance(10) else 12
    while partitions > 1 and partitions * replication > most:
        partitions -= 1
    return brokers, partitions, replication


def draw_cluster(d):
    brokers, partitions, replication = draw_replicas(d)
    segment_kib = d.one(64, 64, 128, 256, 1024)
    cluster = {"brokers": brokers, "partitions": partitions, "replicationFactor": replication,
               "logSegmentSize": f"{segment_kib}KiB", "disk": draw_disk(d, -(-partitions * replication // brokers), segment_kib)}
    if d.chance(40):
        cluster["snapshotChunkSize"] = d.one("1KiB", "16KiB", "1MiB")
    if d.chance(50):
        cluster["distributionInterval"] = d.one("1s", "2s", "5s", "5s", "60s")
    network = draw_network(d)
    if network:
        cluster["network"] = network
    if d.chance(30):
        cluster["flowControl"] = draw_flow_control(d)
    if d.chance(15):
        cluster["costs"] = "none"
    if d.chance(25):
        cluster["clockSkew"] = d.one("10ms", "500ms", "10s")
    if d.chance(40):
        cluster["deployments"] = "distributed"
    if d.chance(5):
        cluster["skipRecords"] = [d.between(1, 300), d.between(301, 600)]
    return cluster


# --- the load ---------------------------------------------------------------------------------------


def bytes_of(size):
    number = size.rstrip("KMiB")
    return int(number) * UNITS[size[len(number):]]


def draw_pace(d, load, instances, seconds):
    """About so many instances in so many seconds: at a rate, in bursts, or by clients that wait."""
    per_minute = max(2, instances * 60 // seconds)
    pace = d.one("rate", "rate", "ramp", "burst", "clients", "clients")
    if pace == "rate":
        load["rate"] = f"{per_minute}/m"
    elif pace == "ramp":
        load["rate"] = {"from": f"{max(1, per_minute // 4)}/m", "to": f"{per_minute * 2}/m", "over": f"{seconds}s"}
    elif pace == "burst":
        times = d.between(1, 4)
        load["burst"] = {"size": max(1, instances // times), "every": f"{max(1, seconds // times)}s"}
    else:
        clients = d.one(1, 2, 8, 30)
        load["clients"] = clients
        load["think"] = f"{max(10, clients * seconds * 1000 // instances)}ms"
    if pace in ("burst", "clients"):
        if d.chance(60):
            load["timeout"] = d.one("500ms", "2s", "10s")
        if d.chance(50):
            load["retries"] = d.between(1, 8)


def draw_workers(d):
    workers = {"count": d.one(1, 1, 2, 4)}
    if d.chance(50):
        workers["jobsPerRequest"] = d.one(1, 4, 32, 256)
    if d.chance(60):
        workers["timeout"] = d.one("1s", "5s", "8s", "30s")
    if d.chance(50):
        workers["slow"] = d.one("1%", "5%", "20%")
        workers["slowBy"] = d.one("100ms", "2s", "9s")
    if d.chance(50):
        workers["crash"] = d.one("0.1%", "1%", "5%")
        workers["restartAfter"] = d.one("10ms", "1s", "5s")
    return workers


def draw_troubles(d, load):
    if d.chance(40):
        load["failures"] = d.one("1%", "5%", "20%", "50%")
    if d.chance(40):
        load["retryBackoff"] = d.one("1ms", "300ms", "2s", "4s")
    for trouble in ("cancels", "errors", "poison"):
        if d.chance(30):
            load[trouble] = d.one("1%", "5%", "30%")
    if d.chance(40):
        load["workers"] = draw_workers(d)


def draw_variables(d, instances):
    sizes = [s for s in ("1B", "100B", "1KiB", "4KiB", "16KiB", "32KiB", "200KiB", "1MiB")
             if bytes_of(s) * instances <= BYTES_MAX]
    return d.one(*sizes)


def draw_load(d, process, end, cluster, records):
    seconds = end
    load = {"process": "one-task" if process is None else process.id}
    begin = d.below(end // 2) if d.chance(25) else 0
    if begin > 0:
        load["from"] = f"{begin}s"
    seconds -= begin
    instances = max(2, records // (ONE_TASK_COST if process is None else process.cost()))
    draw_pace(d, load, instances, seconds)
    load["until"] = f"{end}s"
    draw_troubles(d, load)
    if d.chance(40):
        load["variables"] = draw_variables(d, instances)
    if process is not None and has_messages(process.steps) and d.chance(70):
        load["messages"] = {"ttl": d.one("0s", "1s", "10s", "40s"), "early": d.one("0%", "30%", "100%"),
                            "repeats": d.one("0%", "20%"), "shared": d.one("0%", "10%", "40%")}
    if cluster.get("deployments") == "distributed" and d.chance(40):
        load["redeploy"] = d.one("5s", "10s", "30s")
    return load


def draw_workload(d, processes, end, cluster):
    records = d.one(300, 600, 1000, 1500, 2500, 4000)
    loads = list(processes)
    if not loads or d.chance(25):
        loads.append(None)
    drawn = [draw_load(d, process, end, cluster, records // len(loads)) for process in loads]
    # After the healing each partition gets some 35 instances: most of the records of many runs.
    drawn[0]["trickle"] = d.one("4s", "4s", "4s", "2s")
    return drawn


# --- exporters --------------------------------------------------------------------------------------


def draw_habit(d):
    """Habits of `faulty` that a host must bear: nobody is to blame for them, and they mend."""
    return d.one({"mode": "none"},
                 {"mode": "open-fails", "mendAfter": d.one("5s", "30s")},
                 {"mode": "export-fails", "nth": d.between(1, 200), "times": d.between(1, 5)},
                 {"mode": "export-fails", "times": 0, "chance": d.one(1, 3), "mendAfter": "1m"},
                 {"mode": "fails", "in": d.one("open", "export", "timer"), "from": "10s", "mendAfter": "30s"},
                 {"mode": "slow", "delay": d.one("100us", "1ms"), "chance": d.one(5, 50, 100)},
                 {"mode": "slow", "delay": "2s", "chance": 1, "mendAfter": "1m"},
                 {"mode": "pending", "delay": d.one("1ms", "5ms"), "chance": d.one(5, 50)},
                 {"mode": "pending", "delay": "10ms", "value": 1, "chance": 1, "mendAfter": "1m"},
                 {"mode": "acks-late", "delay": d.one("50ms", "2s")},
                 {"mode": "acks-in-close", "mendAfter": "30s"},
                 {"mode": "acks-twice"}, {"mode": "acks-backwards"}, {"mode": "doubles"},
                 {"mode": "reorders"}, {"mode": "drops-at-close"}, {"mode": "timer-zero", "mendAfter": "5s"},
                 {"mode": "timer-huge"}, {"mode": "metadata", "bytes": d.one(1, "1KiB", "32KiB"), "mendAfter": "1m"})


def draw_filter(d):
    picked = {}
    if d.chance(50):
        picked["recordTypes"] = [t for t in ("EVENT", "COMMAND", "COMMAND_REJECTION") if d.chance(50)] or ["EVENT"]
    if d.chance(60) or not picked:
        picked["valueTypes"] = [t for t in VALUE_TYPES if d.chance(40)] or ["JOB"]
    return picked


def draw_exporter(d, number):
    kind = d.one("recorder", "recorder", "recorder", "recorder", "faulty", "faulty", "ndjson")
    args = draw_habit(d) if kind == "faulty" else {}
    if d.chance(70):
        args["bulk"] = {"size": d.one(1, 2, 10, 50, 100, 1000), "delay": d.one("50ms", 1, 1, 5, 20),
                        "memoryLimit": d.one("16KiB", "1MiB", "10MiB")}
    if d.chance(40):
        args["filter"] = draw_filter(d)
    exporter = {"id": f"{kind}-{number}", "type": kind}
    if args:
        exporter["args"] = args
    if kind != "ndjson" and d.chance(50):
        exporter["sink"] = {"latency": draw_latency(d, ["0us", "100us", "5ms", "20ms"])}
    return exporter


# --- what goes wrong, and what operators do ---------------------------------------------------------


def draw_nemesis(number, end, kinds):
    """Each kind has a draw of its own: a new one moves no other."""
    d = draw_for(number, "nemesis")
    nemesis = {"from": d.one("0s", "5s", "10s"), "until": f"{end}s",
               "every": {"mean": d.one("1s", "2s", "5s", "10s", "15s")}}
    weights = {}
    for kind in kinds:
        own = Draw(f"{number} {kind}")
        if own.chance(50):
            weights[kind] = own.between(1, 4)
    return {**nemesis, "weights": weights} if weights else None


PLAIN_STEPS = ("pauseExporting", "softPauseExporting", "resumeExporting", "pauseProcessing", "resumeProcessing",
               "takeSnapshot", "takeSnapshot", "rebalance")


def draw_steps(d, end, cluster, exporters):
    steps = []
    for _ in range(d.one(0, 0, 0, 1, 2, 4, 8)):
        step = {"at": f"{d.below(end)}s"}
        if exporters and d.chance(30):
            step["do"] = d.one("disableExporter", "enableExporter")
            step["exporter"] = d.one(*exporters)["id"]
            others = [e["id"] for e in exporters if e["id"] != step["exporter"]]
            if step["do"] == "enableExporter" and others and d.chance(40):
                step["initializeFrom"] = d.one(*others)
        else:
            step["do"] = d.one(*PLAIN_STEPS)
            if d.chance(30):
                step["partition"] = d.between(1, cluster["partitions"])
            if d.chance(30):
                step["target"] = d.one("random", {"broker": d.below(cluster["brokers"])})
        steps.append(step)
    return sorted(steps, key=lambda step: int(step["at"][:-1]))


# --- the whole --------------------------------------------------------------------------------------


def draw_processes(d, partitions):
    """Simple ones where many partitions run them."""
    drawn = []
    for number in range(d.one(0, 1, 1, 1, 2, 3)):
        most = 20
        process = ProcessDraw(d, number, most)
        while process.cost() * partitions > COST_MAX and most > 1:
            most //= 2
            process = ProcessDraw(d, number, most)
        drawn.append(process)
    return drawn


def draw_small(number, kinds):
    """The scenario as a mapping, and its processes that are BPMN files."""
    cluster = draw_cluster(draw_for(number, "cluster"))
    processes = draw_processes(draw_for(number, "processes"), cluster["partitions"])
    d = draw_for(number, "workload")
    end = d.one(30, 30, 45, 60, 60, 90, 120, 180)
    shape = {"apiVersion": "waggle/v1alpha1", "name": f"small-{number}", "cluster": cluster}
    files = {f"small-{number}-{p.id}.bpmn": p.process() for p in processes if p.is_file}
    if processes:
        shape["processes"] = [{"bpmn": f"small-{number}-{p.id}.bpmn"} if p.is_file else p.process()
                              for p in processes]
    shape["workload"] = draw_workload(d, processes, end, cluster)
    exporters = draw_for(number, "exporters")
    shape["exporters"] = [draw_exporter(exporters, i) for i in range(exporters.one(0, 1, 1, 2, 2, 3, 4))]
    nemesis = draw_nemesis(number, end, kinds)
    if nemesis is not None:
        shape["nemesis"] = nemesis
    steps = draw_steps(draw_for(number, "steps"), end, cluster, shape["exporters"])
    if steps:
        shape["steps"] = steps
    shape["duration"] = f"{end}s"
    return shape, files
