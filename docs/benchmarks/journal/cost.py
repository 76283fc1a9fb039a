#!/usr/bin/env python3
"""What the journal costs: two servers that differ in it alone, in turn, round after round.

Requests/s of a null model (wrk, KServe JSON of about 100 bytes) and of a model nobody serves, and tokens/s of the demo
model (16 connections, 64 tokens each); the ratio is taken within a round. Bytes come from the journal of the one server.
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
POST = ROOT / "docs/benchmarks/post.lua"

NULL = '{"inputs":[{"name":"INPUT__0","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}'
NOBODY = '{"model":"nobody","prompt":"It is a truth universally acknowledged","max_tokens":64}'
TEXT = (
    '{"model":"austen-2.8m","prompt":"It is a truth universally acknowledged",'
    '"max_tokens":64,"temperature":0,"ignore_eos":true}'
)


def serve(port, models, journal, settings):
    command = [ROOT / "millrace", "serve", "--port", str(port), "--models", models, "--set", f"journal.enabled={journal is not None}".lower()]
    if journal:
        command += ["--journal", journal]
    for setting in settings:
        command += ["--set", setting]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in server.stdout:
        if "millrace ready" in line:
            return server
    sys.exit("the server did not start: " + " ".join(map(str, command)))


def wrk(url, body, connections, seconds):
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", POST, url],
        env={"BODY": body, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True,
    ).stdout
    return float(re.search(r"Requests/sec:\s*([\d.]+)", out).group(1))


def journal_bytes(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as metrics:
        text = metrics.read().decode()

    def counter(name):
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    return counter("millrace_journal_bytes"), counter("millrace_requests_published"), counter("millrace_steps")


def said(values):
    return f"{statistics.median(values):.4g} [{min(values):.4g}, {max(values):.4g}]"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--models", required=True, help="a folder with `null` (see README.md) and austen-2.8m")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=int, default=6)
    options.add_argument("--set", action="append", default=[], help="key=value for both servers")
    args = options.parse_args()
    loads = {
        "null model, 64 connections, requests/s": ("/v2/models/null/infer", NULL, 64, 1),
        "unknown model, 64 connections, requests/s": ("/v1/completions", NOBODY, 64, 1),
        "demo model, 16 connections, tokens/s": ("/v1/completions", TEXT, 16, 64),
    }
    with tempfile.TemporaryDirectory() as folder:
        servers = {True: serve(8191, args.models, folder, args.set), False: serve(8192, args.models, None, args.set)}
        ports = {True: 8191, False: 8192}
        try:
            for name, (path, body, connections, per_request) in loads.items():
                seen = {True: [], False: []}
                sizes = journal_bytes(8191)
                for round_ in range(args.rounds + 1):
                    for on in (True, False) if round_ % 2 else (False, True):
                        rate = wrk(f"http://127.0.0.1:{ports[on]}{path}", body, connections, args.seconds)
                        if round_ > 0:
                            seen[on].append(rate * per_request)
                ratios = [on / off for on, off in zip(seen[True], seen[False])]
                after = journal_bytes(8191)
                written, requests, steps = (b - a for a, b in zip(sizes, after))
                print(f"{name}: on {said(seen[True])}, off {said(seen[False])}, on/off {said(ratios)}; "
                      f"{written / max(1, requests):.0f} bytes a request, {steps / max(1, requests):.1f} steps a request", flush=True)
        finally:
            for server in servers.values():
                server.terminate()
                server.wait()


if __name__ == "__main__":
    main()
