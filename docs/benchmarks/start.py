#!/usr/bin/env python3
"""From command to first answer: starts the launcher again and again, asks the demo model for one token, and stops it.

Everything is built, and the launcher's cache made, by a start that is thrown away. Seconds, median and spread; the last line
says the first answer again without the ahead-of-time cache, taken in turn.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASK = json.dumps({"model": "austen-2.8m", "prompt": "It is a truth", "max_tokens": 1, "temperature": 0})


def started(options):
    """Seconds to the ready line and to the first answer."""
    began = time.monotonic()
    journal = tempfile.TemporaryDirectory()
    server = subprocess.Popen([ROOT / "millrace", "serve", "--port", "0", "--journal", journal.name],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=dict(os.environ, MILLRACE_JAVA_OPTS=options))
    try:
        for line in server.stdout:
            said = re.search(r"http://[^:/]+:(\d+)", line)
            if said and "ready" in line:
                break
        else:
            raise SystemExit("the server ended before it was ready")
        ready = time.monotonic() - began
        connection = http.client.HTTPConnection("127.0.0.1", int(said.group(1)))
        connection.request("POST", "/v1/completions", ASK, {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"the first answer was {answer.status}")
        return ready, time.monotonic() - began
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate()
        journal.cleanup()


def said(values):
    return f"{statistics.median(values):.2f} [{min(values):.2f}, {max(values):.2f}]"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--starts", type=int, default=7)
    args = options.parse_args()
    started("")
    seen, bare = [], []
    for _ in range(args.starts):
        seen.append(started(""))
        bare.append(started("-XX:AOTMode=off"))
    print(f"ready line {said([ready for ready, _ in seen])} s, first answer {said([answer for _, answer in seen])} s (aim 2)")
    print(f"without the cache: first answer {said([answer for _, answer in bare])} s")


if __name__ == "__main__":
    main()
