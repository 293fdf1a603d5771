#!/usr/bin/env python3
"""Records on the wire: `waggle record` and `waggle journal` on golden vectors, damaged files and a real log dump.

usage: wire_suite.py WAGGLE

The dump of a Zeebe 1.2.0 broker is looked for in the folder that WAGGLE_REAL_DATA names (default: ../shared/data
beside the repository); without it its cases are skipped.
"""
import base64
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.environ.get("WAGGLE_REAL_DATA", os.path.join(ROOT, "..", "shared", "data"))
# Vectors E and F of the protocol: a CHECKPOINT event, and the journal frame around it.
ENTRY = bytes.fromhex(
    "9500000000000000000000000100000003000000000000000200000000000000"
    "ffffffffffffffff0068e5cf8b010000520000002800c8000000050000000000"
    "80ffffffffffffffff0500fe010800000006000000000000000100ffffffffff"
    "ffffffff000000001a00000082a6666f726d6174a7554e4b4e4f574ea8617574"
    "6844617461a082a2696401a8706f736974696f6e02000000")
FRAME = bytes.fromhex(
    "010c0001000700020046b7f69200000000e10000001000020007000200020000"
    "00000000000300000000000000c5000000090001000800030001000000000000"
    "000010000200080003000300000000000000030000000000000098000000") + ENTRY
RECORD = {
    "partitionId": 1, "value": {"checkpointId": 1, "checkpointPosition": 2}, "key": -1, "timestamp": 1700000000000,
    "valueType": "CHECKPOINT", "brokerVersion": "8.6.0", "recordType": "EVENT", "sourceRecordPosition": 2,
    "intent": "CREATED", "rejectionType": "NULL_VAL", "rejectionReason": "",
    "authorizations": {"authorized_tenants": ["<default>"]}, "recordVersion": 1, "operationReference": -1,
    "position": 3}
# One record of a type with documents, binary, embedded JSON and nested maps, as exporters print it.
RICH = [
    ("JOB", "CREATED", {"customHeaders": {"prio": "high"}, "variables": {"a": [1, 2.5, None, {"b": "\u00e9\u2603"}]}, "retries": 3}),
    ("VARIABLE", "CREATED", {"name": "x", "value": "{\"deep\":[1,true]}", "scopeKey": 1, "processInstanceKey": 2,
                             "processDefinitionKey": 2251799813685249}),
    ("PROCESS", "CREATED", {"bpmnProcessId": "p", "version": 1, "processDefinitionKey": 9007199254740993,
                            "resourceName": "r", "checksum": "Y2hlY2tzdW0=", "resource": "", "duplicate": False}),
    ("DEPLOYMENT", "CREATED", {"processesMetadata": [{"bpmnProcessId": "p", "version": 1, "processDefinitionKey": 7,
                                                      "resourceName": "r", "checksum": "AA==", "duplicate": True}]}),
    ("COMMAND_DISTRIBUTION", "STARTED", {"partitionId": 2, "valueType": "SIGNAL", "intent": "BROADCAST",
                                         "commandValue": {"signalName": "s", "variables": {"q": 1}}}),
    ("PROCESS_INSTANCE_MODIFICATION", "MODIFIED", {
        "processInstanceKey": 5,
        "activateInstructions": [{"elementId": "a", "ancestorScopeKey": -1, "variableInstructions": [
            {"variables": {"z": 1}, "elementId": ""}], "ancestorScopeKeys": [9, 3]},
                                 {"elementId": "b", "ancestorScopeKeys": [3]}],
        "tenantId": "<default>", "ancestorScopeKeys": [3, 9]}),
    ("USER_TASK", "CREATED", {"later": {"unknown": [1, "2"]}}),
]
CASES = []


def case(function):
    CASES.append(function)
    return function


class Skip(Exception):
    pass


class Bench:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as out:
            out.write(data)
        return self.path(name)

    def run(self, *arguments, expect=0, stdin=b""):
        done = subprocess.run([self.binary, *arguments], input=stdin, capture_output=True, timeout=60, check=False)
        assert done.returncode == expect, f"exit {done.returncode}, not {expect}: {arguments}\n{done.stderr.decode()}"
        return done.stdout, done.stderr.decode()

    def records(self, *arguments, **kw):
        return [json.loads(line) for line in self.run(*arguments, **kw)[0].splitlines()]


def real_dump():
    found = sorted(glob.glob(os.path.join(DATA, "*.zdb.json")))
    if not found:
        raise Skip(f"no real dump in {DATA} (WAGGLE_REAL_DATA)")
    return found[0]


@case
def decode_takes_every_form(bench):
    for data in (ENTRY, FRAME, ENTRY + ENTRY):
        expected = [RECORD] * (2 if len(data) == 2 * len(ENTRY) else 1)
        forms = {"hex": data.hex().encode(), "base64": base64.b64encode(data), "binary": data}
        for form, text in forms.items():
            path = bench.write(form, text)
            assert bench.records("record", "decode", path) == expected, form
            assert bench.records("record", "decode", "--from", form, path) == expected, form
            assert bench.records("record", "decode", stdin=text) == expected, form
    lines = "\n".join(ENTRY.hex()[i:i + 16] for i in range(0, 2 * len(ENTRY), 16)).encode()
    assert bench.records("record", "decode", stdin=lines) == [RECORD]


@case
def encode_gives_the_golden_bytes(bench):
    text = json.dumps(RECORD).encode()
    assert bench.run("record", "encode", stdin=text)[0].decode().strip() == ENTRY.hex()
    assert bench.run("record", "encode", "--to", "binary", stdin=text)[0] == ENTRY
    assert base64.b64decode(bench.run("record", "encode", "--to", "base64", stdin=text)[0]) == ENTRY
    frame = bench.run("record", "encode", "--frame", "--index", "2", "--term", "1", "--to", "binary", stdin=text)[0]
    assert frame == FRAME


@case
def json_there_and_back(bench):
    for value_type, intent, value in RICH:
        record = dict(RECORD, valueType=value_type, intent=intent, value=value, key=2251799813685250)
        encoded = bench.run("record", "encode", stdin=json.dumps(record).encode())[0]
        again = bench.records("record", "decode", stdin=encoded)
        assert again == [record], (value_type, again)
        complete = bench.run("record", "encode", "--complete", stdin=json.dumps(record).encode())[0]
        again = bench.records("record", "decode", stdin=complete)[0]
        assert value.items() <= again["value"].items() or value_type in ("DEPLOYMENT", "PROCESS_INSTANCE_MODIFICATION")
        assert len(again["value"]) >= len(value)


# Metadata as 8.8 writes it (block 48), of a value type and an intent that 8.6 does not know, in a log entry whose value
# is written wider than need be, and a command with a token and a requester.
LATER = bytes.fromhex(
    "8400000000000000000000000100010004000000000000000200000000000000"
    "ffffffffffffffff0068e5cf8b0100004a000000"
    "3000c80000000600010700000009000000000000000500c8c808000000080000000000000001000bffffffffffffffff"
    "4d00000000000000" "00000000" "0a000000" "81a6666f726d6174a14a"
    "81a178cd0001" + "00" * 4)
TOKEN = base64.urlsafe_b64encode(b'{"authorized_tenants":["red","blue"]}').rstrip(b"=").decode()


@case
def exact_json_is_lossless(bench):
    """What exporters do not show comes back through `--exact`; without it the same records lose just that."""
    plain = bench.records("record", "decode", "--from", "binary", stdin=LATER)[0]
    assert plain["valueType"] == plain["rejectionType"] == "SBE_UNKNOWN" and plain["intent"] == "UNKNOWN", plain
    assert "wire" not in plain
    exact = bench.records("record", "decode", "--from", "binary", "--exact", stdin=LATER)[0]
    wire = exact.pop("wire")
    assert exact == plain
    assert wire["valueType"] == 200 and wire["intent"] == 200 and wire["rejectionType"] == 11, wire
    assert wire["batchOperationReference"] == 77 and wire["requestId"] == 9 and wire["requestStreamId"] == 7, wire
    text = json.dumps(dict(exact, wire=wire)).encode()
    assert bench.run("record", "encode", "--to", "binary", stdin=text)[0] == LATER
    for data in (ENTRY, LATER, ENTRY + LATER):
        exact = bench.run("record", "decode", "--from", "binary", "--exact", stdin=data)[0]
        assert bench.run("record", "encode", "--to", "binary", stdin=exact)[0] == data


@case
def tokens_show_their_claims(bench):
    record = dict(RECORD, authorizations={"authorized_tenants": ["red", "blue"]})
    encoded = bench.run("record", "encode", "--to", "binary", stdin=json.dumps(record).encode())[0]
    assert b"e30." + TOKEN.encode() + b"." in encoded and b"JWT" in encoded
    assert bench.records("record", "decode", stdin=encoded) == [record]


@case
def raft_messages_are_printed(bench):
    def head(kind, block):
        return b"".join(n.to_bytes(2, "little") for n in (block, kind, 100, 1)) + b"".join(
            n.to_bytes(4, "little") for n in (0, 1, 2)) + (7).to_bytes(8, "little") + (3).to_bytes(8, "little")
    def u64(*numbers):
        return b"".join(n.to_bytes(8, "little") for n in numbers)
    append = head(5, 56) + u64(1, 1, 1) + (1).to_bytes(4, "little") + len(FRAME).to_bytes(4, "little") + FRAME
    common = {"from": 0, "to": 1, "partition": 2, "request": 7, "requestTerm": 3}
    assert bench.records("record", "decode", "--as", "raft-message", stdin=append) == [
        dict(common, message="append-request", prevIndex=1, prevTerm=1, commit=1,
             entries=[{"entry": "APPLICATION", "index": 2, "term": 1, "records": 1}])]
    vote = head(3, 44) + u64(9, 2)
    assert bench.records("record", "decode", "--as", "raft-message", stdin=vote.hex().encode()) == [
        dict(common, message="vote-request", lastIndex=9, lastTerm=2)]
    response = head(6, 53) + u64(4) + b"\2" + u64(2, 0)
    assert bench.records("record", "decode", "--as", "raft-message", stdin=response) == [
        dict(common, message="append-response", term=4, failed=False, accepted=True, lastIndex=2, snapshotIndex=0)]
    for broken in (append[:-1], append + b"x", append[:-30] + b"\1" + append[-29:], head(9, 44) + u64(9, 2), b""):
        _, err = bench.run("record", "decode", "--from", "binary", "--as", "raft-message", expect=2, stdin=broken)
        assert "offset" in err
    bench.run("record", "decode", "--as", "poem", expect=2, stdin=vote)


@case
def wrong_input_is_named(bench):
    for text in (b"", b"zz", b"00", ENTRY[:-20], FRAME[:100], FRAME[:30] + b"\xff" + FRAME[31:]):
        _, err = bench.run("record", "decode", "--from", "binary", expect=2, stdin=text)
        assert "offset" in err
    bench.run("record", "decode", "--from", "hex", expect=2, stdin=b"0g")
    bad = [{"valueType": "NOPE"}, {"intent": 5.5}, {"value": []}, {"brokerVersion": "8"}, {"key": "1"},
           {"value": {"checkpointId": "1"}}, {"partitionId": 99999}, {"valueType": "VARIABLE", "value": {"value": "{"}},
           {"valueType": "PROCESS", "intent": "CREATED", "value": {"checksum": "?"}}, {"authorizations": []},
           {"wire": {"intent": 300}}, {"wire": {"value": "?"}}]
    for change in bad:
        _, err = bench.run("record", "encode", expect=2, stdin=json.dumps(dict(RECORD, **change)).encode())
        assert "record 1: " in err, err
    bench.run("record", "encode", expect=2, stdin=b"[1")
    bench.run("record", "encode", expect=2, stdin=b"")
    bench.run("record", expect=2)
    bench.run("record", "decode", "/nonexistent", expect=2)
    bench.run("journal", "verify", "/nonexistent", expect=2)
    bench.run("journal", "dump", bench.folder, expect=2)
    bench.run("journal", "chew", bench.folder, expect=2)
    assert "waggle record" in bench.run("record", "--help")[0].decode()
    assert "waggle journal" in bench.run("journal", "--help")[0].decode()


def journal(bench, records, **kw):
    """A journal with one entry per record, made by the engine's own writer."""
    entries = [{"index": 1, "term": 1}]
    entries += [{"index": i + 2, "term": 1, "entries": [dict(r, position=i + 1)]} for i, r in enumerate(records)]
    dump = bench.write("made.zdb.json", json.dumps({"records": entries}).encode())
    target = bench.path("journal")
    shutil.rmtree(target, ignore_errors=True)
    bench.run("journal", "import", dump, target, *kw.get("arguments", []))
    return target


@case
def dump_and_verify_a_sound_journal(bench):
    target = journal(bench, [RECORD] * 50, arguments=["--segment-bytes", "4096"])
    assert len(glob.glob(target + "/*.log")) > 3
    out, _ = bench.run("journal", "verify", target)
    assert b"51 entries, 50 records, 0 findings" in out and b"would keep indexes 1 to 51" in out
    assert bench.run("journal", "verify", "--quiet", target)[0] == b""
    lines = bench.records("journal", "dump", target)
    assert [line["position"] for line in lines] == list(range(1, 51))
    assert lines[7] == dict(RECORD, position=8, index=9, term=1)
    everything = bench.records("journal", "dump", "--entries", target)
    assert everything[0] == {"index": 1, "term": 1, "entry": "INITIAL"} and len(everything) == 51
    bench.run("journal", "import", bench.path("made.zdb.json"), target, expect=2)
    # Names and a meta file as another journal has them: a version byte in front of the message.
    for name in glob.glob(target + "/raft-*.log"):
        os.rename(name, name.replace("/raft-", "/raft-partition-partition-1-"))
    with open(target + "/raft.meta", "rb") as file:
        meta = file.read()
    os.rename(bench.write("journal/other.meta", b"\1" + meta[:-1]), target + "/raft.meta")
    bench.run("journal", "verify", "--quiet", target)
    with open(target + "/raft.meta", "r+b") as file:
        file.seek(17)
        file.write((99).to_bytes(8, "little"))
    out, _ = bench.run("journal", "verify", target, expect=1)
    assert b"index 99 was promised" in out


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def sbe(*numbers):
    return b"".join(n.to_bytes(2, "little") for n in numbers)


@case
def members_of_a_configuration_entry(bench):
    """A real journal has entries that say who the members are; ours is given one by hand."""
    def member(kind, updated, name):
        return bytes([kind]) + updated.to_bytes(8, "little") + len(name).to_bytes(4, "little") + name
    target = journal(bench, [])
    data = sbe(8, 4, 8, 3) + (1700000000000).to_bytes(8, "little")
    data += sbe(9) + b"\2" + member(3, 5, b"0") + member(9, 6, b"1") + sbe(9) + b"\0"
    entry = sbe(9, 1, 8, 3) + (1).to_bytes(8, "little") + b"\1" + data
    record = sbe(16, 2, 7, 2) + (2).to_bytes(8, "little") + b"\xff" * 8 + len(entry).to_bytes(4, "little") + entry
    frame = b"\1" + sbe(12, 1, 7, 2) + crc32c(record).to_bytes(8, "little") + len(record).to_bytes(4, "little") + record
    with open(target + "/raft-1.log", "r+b") as file:
        file.seek(57 + 66)
        file.write(frame)
    bench.run("journal", "verify", target)
    assert bench.records("journal", "dump", target) == []
    assert bench.records("journal", "dump", "--entries", target)[1] == {
        "index": 2, "term": 1, "entry": "CONFIGURATION", "timestamp": 1700000000000,
        "members": [{"id": "0", "type": "ACTIVE", "updated": 5}, {"id": "1", "type": "SBE_UNKNOWN", "updated": 6}],
        "oldMembers": []}


@case
def verify_names_the_first_bad_byte(bench):
    """Any damaged byte of an entry is found, at or before that byte, and nothing behind it is kept."""
    target = journal(bench, [RECORD] * 4)
    path = target + "/raft-1.log"
    with open(path, "rb") as file:
        sound = file.read()
    end = len(sound.rstrip(b"\0"))
    starts = [57, 57 + 66]
    while starts[-1] < end:
        starts.append(starts[-1] + len(FRAME))
    for at in list(range(1, 130, 2)) + list(range(130, end, 11)):
        damaged = bytearray(sound)
        damaged[at] ^= 0x41
        with open(path, "wb") as file:
            file.write(damaged)
        if at in starts:  # the frame's version byte: any number but 0 is fine
            continue
        out, _ = bench.run("journal", "verify", "--flushed", "0", target, expect=1 if not harmless(at, starts) else 0)
        if harmless(at, starts):
            continue
        where = int(out.split(b"raft-1.log:")[1].split(b":")[0])
        before = max([0] + [s for s in starts if s <= at])
        assert before <= where <= at, (at, where, before)
        kept = len([s for s in starts if s < before])
        assert (b"indexes 1 to %d," % kept in out) or kept == 0, (at, out)
        bench.run("journal", "verify", target, expect=1)  # all of it was promised as flushed


def harmless(at, starts):
    """The versions in the first headers of the descriptor and of each frame: nobody reads them, no checksum has them."""
    return at - max([0] + [s for s in starts if s <= at]) in (7, 8)


@case
def verify_tells_cut_and_missing_files(bench):
    target = journal(bench, [RECORD] * 60, arguments=["--segment-bytes", "4096"])
    names = sorted(glob.glob(target + "/raft-*.log"), key=lambda n: int(n.split("-")[-1][:-4]))
    with open(names[1], "r+b") as file:
        file.truncate(1000)
    out, _ = bench.run("journal", "verify", target, expect=1)
    assert b"the file ends inside a frame" in out and b"would refuse" in out
    os.remove(names[1])
    out, _ = bench.run("journal", "verify", "--flushed", "3", target, expect=1)
    assert b"does not begin where the one before ends" in out and b"would delete" in out
    shutil.copy(names[0], target + "/other-1.log")
    bench.run("journal", "verify", target, expect=2)


def compare(real, ours, path, added):
    if isinstance(real, dict):
        for key in real:
            assert key in ours, f"{path}.{key} is missing"
            compare(real[key], ours[key], f"{path}.{key}", added)
        added.update((f"{path}.{key}", json.dumps(ours[key])) for key in ours if key not in real)
    elif isinstance(real, list):
        assert len(real) == len(ours), path
        for one, other in zip(real, ours):
            compare(one, other, path + "[]", added)
    else:
        assert type(real) is type(ours) and real == ours, f"{path}: {real!r} became {ours!r}"


@case
def real_dump_field_for_field(bench):
    """All 104 records of the real dump, through writer and reader: equal but for what 1.2.0 did not have yet."""
    path = real_dump()
    with open(path, encoding="utf-8") as file:
        entries = json.load(file)["records"]
    real = [(e["index"], e["term"], r) for e in entries for r in e.get("entries", [])]
    target = bench.path("journal")
    bench.run("journal", "import", path, target, "--segment-bytes", "65536")
    bench.run("journal", "verify", target)
    lines = bench.records("journal", "dump", target)
    assert len(lines) == len(real) == 104
    added = set()
    for (index, term, record), line in zip(real, lines):
        assert (line.pop("index"), line.pop("term")) == (index, term)
        compare(record, line, "", added)
    assert added == {(".authorizations", '{"authorized_tenants": ["<default>"]}'), (".recordVersion", "1"),
                     (".operationReference", "-1"), (".value.duplicate", "false")}, added
    text = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    encoded = bench.run("record", "encode", stdin=text)[0]
    assert bench.records("record", "decode", stdin=encoded) == lines
    # And without any loss: the same bytes, through JSON and back.
    exact = bench.run("journal", "dump", "--exact", target)[0]
    assert bench.run("record", "encode", stdin=exact)[0] == encoded_entries(bench, target)


def encoded_entries(bench, target):
    """The log entries of a journal as they stand in its frames, one hexadecimal line each."""
    lines = []
    for path in sorted(glob.glob(target + "/raft-*.log"), key=lambda n: int(n.split("-")[-1][:-4])):
        with open(path, "rb") as file:
            data = file.read()
        at = 57
        while at < len(data) and data[at]:
            length = int.from_bytes(data[at + 17:at + 21], "little")
            inner, end = at + 94, at + 21 + length
            while data[at + 65] == 0 and inner < end:
                framed = (int.from_bytes(data[inner:inner + 4], "little") + 7) // 8 * 8
                lines.append(data[inner:inner + framed].hex())
                inner += framed
            at = end
    return "".join(line + "\n" for line in lines).encode()


def main():
    binary = os.path.abspath(sys.argv[1])
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for function in CASES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                function(Bench(binary, folder))
                counts["passed"] += 1
                print(f"ok      {function.__name__}")
            except Skip as reason:
                counts["skipped"] += 1
                print(f"skipped {function.__name__}: {reason}")
            except (AssertionError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
                counts["failed"] += 1
                print(f"FAILED  {function.__name__}: {error}")
    print(", ".join(f"{count} {name}" for name, count in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
