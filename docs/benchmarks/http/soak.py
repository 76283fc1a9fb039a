#!/usr/bin/env python3
"""Half an hour at most of what it can: does a server that does nothing but serve keep its memory and its tail?

Finds the rate that wrk reaches (closed loop, 64 connections), then asks for a share of it in an open loop, window after window,
and prints of each: percentiles, resident memory, its part that is the process's own, collections young and full.
"""

import argparse
import os
import pathlib
import subprocess

from compare import ROOT, BODY, closed, opened, start


def memory(pid):
    lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon")}


def java_of(pid):
    """The launcher becomes the JVM, or has it as its child."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return java_of(int(children[0])) if children else pid


def collections(pid):
    jstat = pathlib.Path(os.environ.get("JAVA_HOME", "/usr")) / "bin/jstat"
    head, row = subprocess.run([jstat, "-gcutil", str(pid)], capture_output=True, text=True, check=True).stdout.splitlines()[:2]
    said = dict(zip(head.split(), row.split()))
    return said["YGC"], said["FGC"]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--share", type=float, default=0.7)
    options.add_argument("--windows", type=int, default=6)
    options.add_argument("--seconds", type=int, default=300, help="of a window")
    options.add_argument("--plan", default="run-to-completion")
    options.add_argument("--journal", action="store_true")
    args = options.parse_args()
    body = ROOT / "target/null.json"
    body.parent.mkdir(exist_ok=True)
    body.write_text(BODY)
    journal = ["--journal"] if args.journal else []
    server = start("0", [ROOT / "millrace", "bench", "null", "--port", "8391", "--plan", args.plan, *journal], "null model on")
    try:
        for _ in range(3):
            limit, _ = closed("1", 8391, server, 64, 10)
        rate = int(limit * args.share)
        pid = java_of(server.pid)
        print(f"{args.plan}: {limit:.0f}/s at most; {rate}/s from here on", flush=True)
        for window in range(args.windows):
            latency = opened("1", 8391, rate, 64, args.seconds, body)
            young, full = collections(pid)
            rss = memory(pid)
            print(f"window {window + 1}:", ", ".join(f"{name} {latency[name]:.3f}" for name in latency), "ms;",
                  f"RSS {rss['VmRSS']:.0f} MiB, own {rss['RssAnon']:.0f}; collections {young} young, {full} full", flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
