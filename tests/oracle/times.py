"""How long bands with fixed cycle and speeds take: quantiles of the solver's own times over random streets.

    python3 tests/oracle/times.py target/release/greenwave --signals 20 --cases 2000

Every signal has lefts both ways and all four sequences. Needs Python alone; run it on a quiet machine.
"""
import argparse, json, random, subprocess, sys
from bandwidth import street


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("greenwave")
    for key, default in (("cases", 2000), ("seed", 1), ("signals", 20)):
        a.add_argument("--" + key, type=int, default=default)
    o = a.parse_args()
    r = random.Random(o.seed)
    problems = [street(r, str(case), o.signals, True, False, True) for case in range(o.cases)]
    run = subprocess.run([o.greenwave, "optimise", "-"], input=json.dumps(problems), capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    times = {}
    for answer in json.loads(run.stdout)["answers"]:
        if not answer["proof"] and answer["value"] is not None:
            sys.exit(f"{answer['id']} {answer['variant']} is not proven")
        times.setdefault(answer["variant"], []).append(answer["solve_ms"])
    for variant, all in times.items():
        all.sort()
        at = lambda share: f"{1e3 * all[min(len(all) - 1, int(share * len(all)))]:.0f} us"
        print(f"{variant}: {len(all)} streets of {o.signals}: median {at(.5)}, p99 {at(.99)}, worst {at(1)}")


main()
