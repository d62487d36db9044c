"""Writes docs/BENCHMARKS.md's tables from the results of the runs: report.py RESULTS_DIR JAVA > FILE."""

import json
import os
import platform
import statistics
import subprocess
import sys

PAGE = "docs/BENCHMARKS.md"
START_UP = "## From the start of a container to a stream that runs\n"

INTRODUCTION = """# Benchmarks

Written by `src/bench/run`, which runs everything again: the broker, its clients and the service share
the machine's cores; every row is a process of its own, and the rounds repeat all rows in turn. Ratios
say more than absolute figures.
"""

FLINK = """The Flink job runs in a MiniCluster at parallelism 1, takes the images topic from Kafka's source, keys it by
the model, keeps the models in keyed state on the heap and writes to Kafka's sink. It has the service's learner,
decoder and JVM flags, and its predictions were, byte for byte, those that `verify` expects. What it does not have:
reports, meters, dead letters, late labels, commands, a check number over the models. What it writes can be read after
a checkpoint, what the service writes after a commit, 50 ms by default.
"""


def machine(java):
    cpu = platform.processor()
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    version = subprocess.run([java, "-version"], stderr=subprocess.PIPE, text=True).stderr
    return f"Machine: {cpu}, {os.cpu_count()} cores, {version.splitlines()[1].strip()}\n"


def load(directory, name):
    path = os.path.join(directory, name)
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return json.load(file)


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "| --- |" + " ---: |" * (len(header) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def steps(results, torch):
    rows = []
    products = {
        (result["params"]["model"], result["params"]["images"]): result["primaryMetric"]["score"]
        for result in results
        if result["benchmark"].endswith(".ejmlMultiply")
    }
    for result in results:
        images = int(result["params"]["images"])
        metric = result["primaryMetric"]
        rate = metric["score"] * images
        name = result["benchmark"].rsplit(".", 1)[1]
        base = products.get((result["params"]["model"], result["params"]["images"]))
        allocated = result["secondaryMetrics"]["gc.alloc.rate.norm"]["score"]
        rows.append([
            name,
            result["params"]["model"],
            str(images),
            f"{rate:,.0f}",
            f"{metric['score'] / base:.1f}" if base else "",
            f"{allocated:,.0f}",
        ])
    for result in torch:
        rows.append(["PyTorch", result["model"], str(result["images"]), f"{result['imagesPerSecond']:,.0f}", "", ""])
    return table(["step", "model", "batch size", "images/s", "to the products alone", "bytes allocated a batch"], rows)


EARLIER = "earlier build: "


def rate(row):
    return median(row["runs"], "recordsPerSecond") * row["batchSize"]


def throughput(results):
    rows = [row for row in results if row["table"] == "throughput"]
    earlier = {row["name"][len(EARLIER):]: rate(row) for row in rows if row["name"].startswith(EARLIER)}
    base = {row["batchSize"]: rate(row) for row in rows if row["name"].startswith("pass-through")}
    lines = []
    for row in rows:
        rates = [run["recordsPerSecond"] * row["batchSize"] for run in row["runs"]]
        gc = f"{100 * median(row['runs'], 'gcShare'):.1f} %" if "gcShare" in row["runs"][0] else ""
        allocated = row["runs"][0].get("allocatedBytesPerRecord")
        cpu = f"{median(row['runs'], 'cpuMicrosPerRecord'):,.0f}" if "cpuMicrosPerRecord" in row["runs"][0] else ""
        note = row["runs"][0].get("blas") or row["runs"][0].get("version")
        lines.append([
            row["name"] + (f" ({note})" if note else ""),
            f"{rate(row):,.0f}",
            f"{min(rates):,.0f} to {max(rates):,.0f}",
            f"{rate(row) / base[row['batchSize']]:.2f}" if row["batchSize"] in base else "",
            f"{rate(row) / earlier[row['name']]:.2f}" if row["name"] in earlier else "",
            cpu,
            gc,
            f"{median(row['runs'], 'allocatedBytesPerRecord'):,.0f}" if allocated else "",
        ])
    return table(["row", "images/s", "lowest to highest", "to pass-through", "to earlier build", "CPU, µs a record", "in GC", "bytes allocated a record"], lines)


SERVED = {
    "nothing": "nobody asks",
    "infer": "500 requests a second for one image each, in JSON, by another process",
    "page": "a page is open",
}


def served(results):
    runs = [run for row in results if row["table"] == "served" for run in row["runs"]]
    rates = {kind: [rate for run in runs for rate in run[kind]] for kind in SERVED}
    lines = []
    for kind, what in SERVED.items():
        # To the turn just before, in which nobody asked: machines are faster in one minute than in another.
        ratios = [one / base for one, base in zip(rates[kind], rates["nothing"])]
        lines.append([
            what,
            f"{64 * statistics.median(rates[kind]):,.0f}",
            f"{64 * min(rates[kind]):,.0f} to {64 * max(rates[kind]):,.0f}",
            f"{statistics.median(ratios):.2f}",
            f"{min(ratios):.2f} to {max(ratios):.2f}",
        ])
    return table(["while it learns", "images/s", "lowest to highest", "to the first row of the same turn", "lowest to highest"], lines)


def flags(results):
    lines = []
    rows = [row for row in results if row["table"] == "flags"]
    for row in rows:
        lines.append([row["name"], f"{rate(row):,.0f}", f"{rate(row) / rate(rows[0]):.2f}", f"{100 * median(row['runs'], 'gcShare'):.1f} %"])
    return table(["flags", "images/s", "to the first row", "in GC"], lines)


def large(results, steps):
    in_memory = {step["params"]["model"]: step["primaryMetric"]["score"] for step in steps}
    lines = []
    for row in results:
        if row["table"] == "large":
            records = median(row["runs"], "recordsPerSecond")
            step = in_memory.get(row["name"].split(",")[0] + "-adam")
            lines.append([
                row["name"],
                f"{records * row['batchSize']:,.0f}",
                f"{records / step:.2f}" if step else "",
                f"{median(row['runs'], 'longestCommitMillis'):,.0f}",
            ])
    return table(["model", "images/s", "to the step in memory", "longest commit, ms"], lines)


def latency(results):
    lines = []
    for row in results:
        if row["table"] == "latency":
            lines.append([row["name"]] + [f"{median(row['runs'], key):.0f}" for key in ("medianMillis", "p99Millis", "maxMillis")])
    return table(["setting", "median, ms", "99th percentile, ms", "longest, ms"], lines)


def start_up(results):
    lines = []
    for row in results:
        times = row["seconds"]
        lines.append([row["name"], f"{statistics.median(times):.1f}", f"{min(times):.1f} to {max(times):.1f}"])
    return table(["image", "ready after, s", "lowest to highest"], lines)


def section(heading):
    """What the page has under a heading; nothing where there is no such heading."""
    if not os.path.exists(PAGE):
        return ""
    with open(PAGE) as page:
        _, found, after = page.read().partition(heading)
    return found + after.partition("\n## ")[0]


def main():
    directory, java = sys.argv[1:3]
    print(INTRODUCTION)
    print(machine(java))
    step = (load(directory, "default.json") or []) + (load(directory, "deep.json") or [])
    torch = [load(directory, name) for name in ("torch-default.json", "torch-deep.json")]
    if step:
        print("## One update in memory, one core\n")
        print("From bytes to new weights (JMH). `ejmlMultiply` is the first layer's two products alone.\n")
        print(steps(step, [result for result in torch if result]))
    end = load(directory, "end-to-end.json")
    if end:
        print("## A topic drained\n")
        rounds = len(end[0]["runs"])
        print(f"{f'Medians of {rounds} rounds' if rounds > 1 else 'One round'}. A row in Java first drains the topic for {end[0]['runs'][0]['warmUpSeconds']} seconds; what is still compiled after that costs it something. The pass-through topology forwards a record of a prediction's size for each record.\n")
        if any(row["name"].startswith("Flink") for row in end):
            print(FLINK)
        print(throughput(end))
        print("## Learned while somebody asks or looks\n")
        print("One service, exactly once, m = 64, with its HTTP port, drains the topic over and over, in turns.\n")
        print(served(end))
        print("## Flags of the JVM\n")
        print("The service of the table above, exactly once, m = 64, uncompressed.\n")
        print(flags(end))
        print("## Larger models\n")
        print("A commit writes where learning has come to, and, every ten seconds, the state, 8.6 MB and 157 MB, in parts. A commit waits for the steps under way. The longest is of the last 30 to 60 seconds. The step in memory is `vectorStepWithAveraging` by itself.\n")
        print(large(end, load(directory, "large.json") or []))
        print("## From send to a committed, readable prediction\n")
        print("100 batches of 64 images a second.\n")
        print(latency(end))
    starts = load(directory, "start-up.json")
    if starts:
        print(START_UP)
        print("Kafka in a container on the same cores, its topics there, a group of which nobody is a member.\n")
        print(start_up(starts))
    else:
        print(section(START_UP))


main()
