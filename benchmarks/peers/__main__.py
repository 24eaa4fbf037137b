"""python -m benchmarks.peers --runs=7 --delays=0,50,150 | --prove"""

import argparse
import sys

from benchmarks.peers.bench import INTRODUCTION, as_table, rounds, unproven


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=INTRODUCTION)
    parser.add_argument("--runs", type=int, default=7, help="rounds of all tools; the median counts")
    parser.add_argument("--delays", default="0,50,150", help="ms added to every answer")
    parser.add_argument("--prove", action="store_true", help="each tool notices a fault; measures nothing")
    arguments = parser.parse_args()
    if arguments.prove:
        found = unproven()
        sys.stdout.write("\n".join(found) or "every tool passes a healthy target and fails a broken one\n")
        return len(found) > 0
    delays = [float(each) for each in arguments.delays.split(",")]
    sys.stdout.write(as_table(list(rounds(arguments.runs, delays)), delays))
    return 0


if __name__ == "__main__":
    sys.exit(main())
