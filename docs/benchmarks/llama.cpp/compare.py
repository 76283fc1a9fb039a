#!/usr/bin/env python3
"""Runs Millrace and llama.cpp in turn and prints both, and their ratio: median [lowest, highest].

    compare.py decode|prefill|streams [options]

A ratio above 1 says that Millrace is better, whatever is measured. It is taken within a round, so that what slows
both down for a while leaves it alone; rounds begin with either side in turn.
"""

import argparse
import contextlib
import json
import pathlib
import shlex
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
READY_SECONDS = 120
RUN_SECONDS = 900


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["decode", "prefill", "streams"])
    parser.add_argument("--llama", required=True, help="folder with llama-bench and llama-server")
    parser.add_argument("--gguf", required=True, help="the model for llama.cpp")
    parser.add_argument("--model", required=True, help="the model's folder for Millrace")
    parser.add_argument("--dtype", default="float16", help="models.dtype of Millrace (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="of both engines (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    parser.add_argument("--streams", default="1,4,8,16", help="numbers of streams (%(default)s)")
    parser.add_argument("--prompt", type=int, help="tokens of a prompt (prefill 512, streams 20)")
    parser.add_argument("--tokens", type=int, default=128, help="tokens of an answer (%(default)s)")
    parser.add_argument("--intruder-prompt", type=int, default=0, help="streams: tokens of long prompts sent meanwhile")
    parser.add_argument("--llama-args", default="", help="more arguments of llama-bench or llama-server, in one string")
    parser.add_argument("--millrace-args", default="", help="more arguments of bench model or serve, in one string")
    options = parser.parse_args()
    if options.prompt is None:
        options.prompt = {"decode": 1, "prefill": 512, "streams": 20}[options.what]
    return options


def output(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, timeout=RUN_SECONDS)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} {command[1]} {command[2]} exited with {done.returncode}")
    return done.stdout


# One stream, without HTTP: llama-bench against bench model.


def llama_bench(options):
    tokens = ["-p", 0, "-n", options.tokens] if options.what == "decode" else ["-p", options.prompt, "-n", 0]
    result = json.loads(
        output(f"{options.llama}/llama-bench", "-m", options.gguf, "-t", options.threads, "-r", 1, "-o", "json", *tokens,
               *shlex.split(options.llama_args)))
    return {f"{options.what} tokens/s": result[0]["avg_ts"]}


def millrace_bench(options):
    decode = options.what == "decode"
    result = json.loads(
        output(ROOT / "millrace", "bench", "model", options.model, "--concurrency", 1, "--json", "--warmup", 3,
               "--prompt", options.prompt, "--tokens", options.tokens if decode else 1,
               "--dtype", options.dtype, "--engine-threads", options.threads, *shlex.split(options.millrace_args)))
    load = result["runs"][0]["load"]
    speed = load["tokensPerSecond"] if decode else options.prompt * 1e3 / load["firstTokenMillis"]["p50"]
    return {f"{options.what} tokens/s": speed}


# Many streams over HTTP: one client against both servers.


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(command, log, ready):
    """Starts it, waits until the URL ready answers 200, and stops it in the end."""
    with open(log, "w") as out:
        process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + READY_SECONDS
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(ready, timeout=5).close()
                break
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{command[0]} is not ready: {pathlib.Path(log).read_text()[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def llama_server(options, port, streams, context):
    return [f"{options.llama}/llama-server", "-m", options.gguf, "--port", port, "-t", options.threads, "-np", streams,
            "-c", streams * context, "--no-kv-unified", "--no-cache-prompt", "--cache-ram", 0, "--no-ui",
            *shlex.split(options.llama_args)]


def millrace_server(options, port, streams, context, models):
    (models / "model").symlink_to(pathlib.Path(options.model).resolve())
    settings = {
        "models.dtype": options.dtype,
        "threads.engine-threads": options.threads,
        "generation.slots": streams,
        "generation.max-context-tokens": context,
    }
    sets = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    return [ROOT / "millrace", "serve", "--port", port, "--models", models, "--journal", models / "journal", *sets,
            *shlex.split(options.millrace_args)]


def load(options, port):
    result = json.loads(
        output(ROOT / "millrace", "bench", "http", f"http://127.0.0.1:{port}", "--json", "--warmup", 1,
               "--concurrency", options.streams, "--prompt", options.prompt, "--tokens", options.tokens,
               "--intruder-prompt", options.intruder_prompt))
    measured = {}
    for run in result["runs"]:
        name = f"{run['concurrency']} streams" if run["concurrency"] > 1 else "1 stream"
        measured[f"{name}: tokens/s"] = run["tokensPerSecond"]
        for key, title in (("firstTokenMillis", "first token"), ("interTokenMillis", "between tokens")):
            for percentile in ("p50", "p99"):
                measured[f"{name}: {title} {percentile} ms"] = run[key][percentile]
        if options.intruder_prompt:
            measured[f"{name}: prompts of {options.intruder_prompt} meanwhile /s"] = run["intruders"] / run["seconds"]
    return measured


def streams(options):
    most = max(map(int, options.streams.split(","))) + (1 if options.intruder_prompt else 0)
    context = max(options.prompt + options.tokens, options.intruder_prompt + 1)
    context = -(-context // 256) * 256
    ports = {"llama.cpp": free_port(), "Millrace": free_port()}
    with contextlib.ExitStack() as stack:
        scratch = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (scratch / "models").mkdir()
        llama = llama_server(options, ports["llama.cpp"], most, context)
        stack.enter_context(server(llama, scratch / "llama.log", f"http://127.0.0.1:{ports['llama.cpp']}/health"))
        millrace = millrace_server(options, ports["Millrace"], most, context, scratch / "models")
        stack.enter_context(
            server(millrace, scratch / "millrace.log", f"http://127.0.0.1:{ports['Millrace']}/health/ready"))
        # The JVM compiles what runs often; a first pass is thrown away, for both.
        for port in ports.values():
            load(options, port)
        return in_turn(options, {name: lambda port=port: load(options, port) for name, port in ports.items()})


def in_turn(options, sides):
    rounds = []
    for number in range(options.rounds):
        order = list(sides) if number % 2 == 0 else list(reversed(sides))
        rounds.append({name: sides[name]() for name in order})
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    return rounds


def spread(values):
    return f"{statistics.median(values):.4g} [{min(values):.4g}, {max(values):.4g}]"


def report(rounds):
    print(f"\n{'':44} {'llama.cpp':26} {'Millrace':26} ratio, above 1 is better")
    for name in rounds[0]["Millrace"]:
        llama = [one["llama.cpp"][name] for one in rounds]
        millrace = [one["Millrace"][name] for one in rounds]
        smaller_is_better = name.endswith(" ms")
        ratios = [(l / m if smaller_is_better else m / l) if l and m else float("nan") for l, m in zip(llama, millrace)]
        print(f"{name:44} {spread(llama):26} {spread(millrace):26} {spread(ratios)}")


def main():
    options = arguments()
    if options.what == "streams":
        rounds = streams(options)
    else:
        rounds = in_turn(options, {
            "llama.cpp": lambda: llama_bench(options),
            "Millrace": lambda: millrace_bench(options),
        })
    report(rounds)


if __name__ == "__main__":
    main()
