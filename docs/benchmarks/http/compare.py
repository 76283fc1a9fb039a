#!/usr/bin/env python3
"""What HTTP costs: a model that does nothing behind the door, against a bare Undertow that sends each body back.

All are pinned to one core and the load to another; they are asked in turn, round after round, and ratios are taken within
a round. CPU is user and system time of the server over its requests: what is left of the comparison where the machine is
not one's own. With --half, all are then asked for half of what the bare one answered, in an open loop. With --fasthttp, a
server in Go that hands each body to a worker and back (FastHttpEcho.go) takes part, and ratios are taken to it, too.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = pathlib.Path(__file__).resolve().parent
POST = HERE.parent / "post.lua"
BODY = '{"inputs":[{"name":"INPUT__0","shape":[1,4],"datatype":"FP32","data":[1.00,2.00,3.00,4.000000000]}]}'
PATH = "/v2/models/null/infer"


# Name: what it is compared with, options of bench null, options of its JVM.
VARIANTS = {
    "compact": ("bare", ["--plan", "compact"], ""),
    "run-to-completion": ("bare", ["--plan", "run-to-completion"], ""),
    "journal": ("run-to-completion", ["--plan", "run-to-completion", "--journal"], ""),
    "jfr": ("run-to-completion", ["--plan", "run-to-completion"], "-XX:StartFlightRecording:maxsize=64m"),
}


def start(core, command, line, options=""):
    server = subprocess.Popen(["taskset", "-c", core, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
                              env=dict(os.environ, MILLRACE_JAVA_OPTS=options))
    for said in server.stdout:
        if line in said:
            return server
    sys.exit("the server did not start: " + " ".join(map(str, command)))


def fasthttp(core, port):
    """Starts the server in Go, with Debian's compiler and library."""
    program = ROOT / "target/fasthttp-echo"
    program.parent.mkdir(exist_ok=True)
    subprocess.run(["go", "build", "-o", program, HERE / "FastHttpEcho.go"], check=True,
                   env=dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode"))
    return start(core, [program, f"127.0.0.1:{port}"], "echo on")


def cpu_seconds(server):
    fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def closed(core, port, server, connections, seconds):
    before = cpu_seconds(server)
    out = subprocess.run(
        ["taskset", "-c", core, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", POST, f"http://127.0.0.1:{port}{PATH}"],
        env={"BODY": BODY, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True,
    ).stdout
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    return float(re.search(r"Requests/sec:\s*([\d.]+)", out).group(1)), 1e6 * (cpu_seconds(server) - before) / requests


def opened(core, port, rate, connections, seconds, body):
    out = subprocess.run(
        ["taskset", "-c", core, ROOT / "millrace", "bench", "http", f"http://127.0.0.1:{port}", "--body", body, "--path", PATH,
         "--rate", str(rate), "--connections", str(connections), "--duration", str(seconds), "--warm-up", "3", "--json"],
        capture_output=True, text=True, check=True,
    ).stdout
    # The JVM may have had something to say before.
    return json.loads(out.strip().splitlines()[-1])["runs"][0]["latency"]


def said(values):
    return f"{statistics.median(values):.3g} [{min(values):.3g}, {max(values):.3g}]"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=5)
    options.add_argument("--warm-up", type=int, default=20, help="seconds of load for each before the rounds")
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--server-core", default="0")
    options.add_argument("--load-core", default="1")
    options.add_argument("--variants", default="compact,run-to-completion", help=", ".join(VARIANTS))
    options.add_argument("--fasthttp", action="store_true", help="a server in Go, too: needs golang-go, golang-github-valyala-fasthttp-dev")
    options.add_argument("--half", action="store_true", help="the open loop, too")
    args = options.parse_args()
    java = pathlib.Path(os.environ.get("JAVA_HOME", "/usr")) / "bin/java"
    jars = ROOT / "tools/target/millrace/lib"
    servers = {
        "bare": (8390, start(args.server_core, [java, "-Xmx1g", "-cp", f"{jars}/*", HERE / "BareUndertow.java", "8390"], "echo on")),
    }
    if args.fasthttp:
        servers["fasthttp"] = (8389, fasthttp(args.server_core, 8389))
    for number, name in enumerate(args.variants.split(",")):
        port = 8391 + number
        _, plan, jvm = VARIANTS[name]
        servers[name] = (port, start(args.server_core, [ROOT / "millrace", "bench", "null", "--port", port, *plan], "null model on", jvm))
    body = ROOT / "target/null.json"
    body.parent.mkdir(exist_ok=True)
    body.write_text(BODY)
    try:
        rates, costs = {name: [] for name in servers}, {name: [] for name in servers}
        for port, server in servers.values():
            closed(args.load_core, port, server, args.connections, args.warm_up)
        for round_ in range(args.rounds):
            for name in sorted(servers, reverse=round_ % 2 == 1):
                port, server = servers[name]
                rate, cost = closed(args.load_core, port, server, args.connections, args.seconds)
                rates[name].append(rate)
                costs[name].append(cost)
        for name in servers:
            print(f"{name}: {said(rates[name])} requests/s, {said(costs[name])} us of CPU a request")
        for name, than in [(name, VARIANTS[name][0]) for name in servers if name in VARIANTS] + [
                (name, "fasthttp") for name in servers if name != "fasthttp"]:
            if than in servers:
                print(f"{name}/{than}:", said([a / b for a, b in zip(rates[name], rates[than])]), "of requests/s,",
                      said([b / a for a, b in zip(costs[name], costs[than])]), "by CPU", flush=True)
        if args.half:
            rate = int(statistics.median(rates["bare"]) / 2)
            for round_ in range(args.rounds):
                seen = {name: opened(args.load_core, servers[name][0], rate, args.connections, args.seconds, body)
                        for name in sorted(servers, reverse=round_ % 2 == 1) if name != "fasthttp"}
                print(f"{rate}/s, open loop:", ", ".join(
                    f"{name} p50 {seen[name]['p50']:.3f} p99 {seen[name]['p99']:.3f} ms" for name in seen), flush=True)
    finally:
        for _, server in servers.values():
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
