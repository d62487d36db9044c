"""Prints, as JSON, how long a container of the image takes to be ready: start_up.py IMAGE ROUNDS."""

import datetime
import json
import subprocess
import sys
import time

IMAGE, ROUNDS = sys.argv[1], int(sys.argv[2])
KAFKA = "start-up-kafka"
SERVE = ["serve", "-c", "kafka.bootstrap.servers=localhost:9092", "-c", "topics.create=true", "-c", "http.port=0",
         "-c", "http.health-port=0"]
ROWS = [
    ("with the image's cache of classes", []),
    ("without", ["-e", "JDK_JAVA_OPTIONS=-XX:AOTMode=off"]),
]


def docker(*arguments):
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def seconds(stamp):
    whole, fraction = stamp.rstrip("Z").split(".")
    return datetime.datetime.fromisoformat(whole).timestamp() + float("0." + fraction)


def line_with(container, text):
    while True:
        logs = subprocess.run(["docker", "logs", "-t", container], capture_output=True, text=True)
        for line in (logs.stdout + logs.stderr).splitlines():
            if text in line:
                return line.split(" ", 1)[0]
        time.sleep(0.2)


def start(group, options):
    """From the start of the process until its stream runs; both by the engine's clock."""
    # In Kafka's network name space: no port is published.
    command = ["run", "-d", "--network", "container:" + KAFKA, *options, IMAGE, *SERVE]
    container = docker(*command, "-c", "application-id=" + group)
    try:
        ready = seconds(line_with(container, "is RUNNING"))
        return ready - seconds(docker("inspect", "-f", "{{.State.StartedAt}}", container))
    finally:
        docker("rm", "-f", "-v", container)


# A first member of a group waits 3 s for others, unless the broker is told otherwise; as compose's is.
docker("run", "-d", "--name", KAFKA, "-e", "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS=0",
       "-e", "KAFKA_PROCESS_ROLES=broker,controller", "-e", "KAFKA_NODE_ID=1",
       "-e", "KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9093",
       "-e", "KAFKA_LISTENERS=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
       "-e", "KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092",
       "-e", "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
       "-e", "KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER",
       "-e", "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1",
       "-e", "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1",
       "-e", "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1", "apache/kafka:4.4.0")
try:
    line_with(KAFKA, "Kafka Server started")
    start("warm-up", [])  # makes the topics, and the broker's own
    results = [{"name": name, "seconds": []} for name, _ in ROWS]
    for number in range(ROUNDS):
        for result, (_, options) in zip(results, ROWS):
            result["seconds"].append(start(f"group-{number}-{len(options)}", options))
    json.dump(results, sys.stdout)
finally:
    docker("rm", "-f", "-v", KAFKA)
