#!/usr/bin/env python3
"""An independent oracle for `greenwave optimise`: the textbook mixed-integer programmes, solved by HiGHS.

    python3 -m venv venv && venv/bin/pip install highspy
    venv/bin/python tests/oracle/bandwidth.py target/release/greenwave [--cases 20] [--seed 1] [--most 20]

Draws random streets in the bare format, has both solve them, and measures every answer's bands anew from its offsets. Not
part of the default tests: it needs Python and takes minutes. Where values differ, the offsets of both are measured: an
answer that does not attain what it claims is wrong, whoever gave it. Ends with code 1 if greenwave is ever the wrong one.

The programmes are written from the definitions (a band's start after each green's start, one integer a signal and
direction), not from greenwave's own reasoning about centres.
"""
import argparse, json, math, random, subprocess, sys

PATTERNS = ["lead-lag", "lag-lead", "lead-lead", "lag-lag"]
SAME = 2e-5  # shares of the cycle; the mixed-integer solver's own tolerances are 1e-6 a row


def street(r, name, n, four, ranged, multiband):
    p = {"id": name, "signals": [], "links": []}
    unit, key = (1, "f") if ranged else (90, "s")
    p["cycle"] = {"min_s": 70, "max_s": 110} if ranged else {"s": 90}
    for _ in range(n):
        lefts = [round(r.uniform(.06, .16) * unit, 3) for _ in range(2)] if four else [0, 0]
        p["signals"].append({"group_" + key: round(r.uniform(.42, .72) * unit, 3), "left_out_" + key: lefts[0], "left_in_" + key: lefts[1],
                             "patterns": PATTERNS if four else ["lag-lag"],
                             "tau_out_s": r.choice([0, 0, 2, 4]), "tau_in_s": r.choice([0, 0, 3])})
    same = r.random() < .5
    for _ in range(n - 1):
        link = {"length_m": r.randrange(150, 800)}
        if ranged:
            low, high = r.randrange(35, 42), r.randrange(45, 56)
            link.update(vmin_out_kmh=low, vmax_out_kmh=high)
            if not same:
                low, high = r.randrange(35, 42), r.randrange(45, 56)
            link.update(vmin_in_kmh=low, vmax_in_kmh=high)
        else:
            link.update(speed_out_kmh=r.randrange(38, 60), speed_in_kmh=r.randrange(38, 60))
        p["links"].append(link)
    if ranged and r.random() < .6:
        p["max_slowness_change_s_per_m"] = r.choice([.004, .008, .012])
    p["objective"] = {"w_out": r.choice([1, 1, 2]), "w_in": 1, "k": r.choice([1, .6, 1.5]),
                      "b_min_out_s": r.choice([0, 4]), "b_min_in_s": r.choice([0, 4]),
                      "multiband": {"a_out": [round(r.uniform(.3, 2), 2) for _ in range(n - 1)],
                                    "a_in": [round(r.uniform(.3, 2), 2) for _ in range(n - 1)]}}
    p["variants"] = ["sum", "ratio"] + (["multiband"] if multiband else [])
    return p


def greens(signal, pattern):
    """Start and length of the through green of each direction, in the unit of the problem."""
    key = "f" if "group_f" in signal else "s"
    group, lout, lin = signal["group_" + key], signal["left_out_" + key], signal["left_in_" + key]
    out_leads, in_leads = (word == "lead" for word in pattern.split("-"))
    return (lin if in_leads else 0, group - lin), (lout if out_leads else 0, group - lout)


def legs(p, cycle, speeds):
    """Seconds from each signal's departure to the next one's, outbound and inbound."""
    s = p["signals"]
    return [(l["length_m"] / (o / 3.6) - s[i + 1]["tau_out_s"], l["length_m"] / (b / 3.6) - s[i]["tau_in_s"])
            for i, (l, o, b) in enumerate(zip(p["links"], *speeds))]


def arcs(p, cycle, speeds, offsets, patterns, d):
    scale = cycle if "group_f" in p["signals"][0] else 1
    leg, n, found = legs(p, cycle, speeds), len(offsets), []
    for i in range(n):
        way = sum(x[0] for x in leg[:i]) if d == 0 else sum(x[1] for x in leg[i:])
        start, length = greens(p["signals"][i], patterns[i])[d]
        found.append(((offsets[i] + start * scale - way) % cycle, length * scale))
    return found


def through(p, cycle, speeds, offsets, patterns):
    """The widest piece of time that is green everywhere, each direction."""
    widths = []
    for d in range(2):
        lanes, best = arcs(p, cycle, speeds, offsets, patterns, d), 0
        for at, _ in lanes:
            into = [(at - s + 1e-7) % cycle - 1e-7 for s, _ in lanes]
            best = max(best, min(g - x for x, (_, g) in zip(into, lanes)))
        widths.append(best)
    return widths


def linkwise(p, cycle, speeds, offsets, patterns):
    """The best weighted mean of link bands about a centre line that meets green everywhere; None without one."""
    a, total = p["objective"]["multiband"], 0
    for d, weights in enumerate((a["a_out"], a["a_in"])):
        lanes, best = arcs(p, cycle, speeds, offsets, patterns, d), None
        edges = [x for s, g in lanes for x in (s, s + g)]
        for u in {((x + y) / 2 + z) % cycle for x in edges for y in edges for z in (0, cycle / 2)}:
            into = [(u - s + 1e-6) % cycle - 1e-6 for s, _ in lanes]
            if all(x <= g + 1e-6 for x, (_, g) in zip(into, lanes)):
                reach = [max(0, min(x, g - x)) for x, (_, g) in zip(into, lanes)]
                value = sum(w * 2 * min(reach[i], reach[i + 1]) for i, w in enumerate(weights))
                best = value if best is None else max(best, value)
        if best is None:
            return None
        total += best
    return total / len(weights)


def worth(p, variant, cycle, speeds, offsets, patterns):
    """The value offsets attain, as a share of the cycle; None where they break the variant's rule."""
    o = p["objective"]
    if variant == "multiband":
        value = linkwise(p, cycle, speeds, offsets, patterns)
        return None if value is None else value / cycle
    b, bb = through(p, cycle, speeds, offsets, patterns)
    if variant == "sum":
        kept = b >= o["b_min_out_s"] - 1e-4 and bb >= o["b_min_in_s"] - 1e-4
        return (o["w_out"] * b + o["w_in"] * bb) / cycle if kept else None
    k = o["k"]
    if k == 1:
        b = bb = min(b, bb)
    elif k < 1:
        b = min(b, bb / k)
    else:
        bb = min(bb, k * b)
    return (b + k * bb) / cycle


def programme(p, variant, seconds):
    import highspy
    """The mixed-integer programme; (value, status, cycle, speeds, offsets, patterns) or None where infeasible."""
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    h.setOptionValue("time_limit", seconds)
    for option in ("mip_rel_gap", "mip_abs_gap"):
        h.setOptionValue(option, 0.0)
    h.setOptionValue("mip_feasibility_tolerance", 1e-8)
    h.setOptionValue("primal_feasibility_tolerance", 1e-9)
    n, o = len(p["signals"]), p["objective"]
    ranged = "min_s" in p["cycle"]
    low, high = (p["cycle"]["min_s"], p["cycle"]["max_s"]) if ranged else (p["cycle"]["s"],) * 2
    z = h.addVariable(lb=1 / high, ub=1 / low)
    scale = 1 if ranged else 1 / high
    travel = []
    for d, name in enumerate(("out", "in")):
        row = []
        for i, link in enumerate(p["links"]):
            t = h.addVariable(lb=0, ub=highspy.kHighsInf)
            fast = link["vmax_%s_kmh" % name] if ranged else link["speed_%s_kmh" % name]
            slow = link["vmin_%s_kmh" % name] if ranged else fast
            h.addConstr(t - link["length_m"] / (slow / 3.6) * z <= 0)
            h.addConstr(t - link["length_m"] / (fast / 3.6) * z >= 0)
            row.append(t)
        if "max_slowness_change_s_per_m" in p:
            most = p["max_slowness_change_s_per_m"]
            for i in range(n - 2):
                one, two = p["links"][i]["length_m"], p["links"][i + 1]["length_m"]
                h.addConstr(100 / two * row[i + 1] - 100 / one * row[i] - 100 * most * z <= 0)
                h.addConstr(100 / two * row[i + 1] - 100 / one * row[i] + 100 * most * z >= 0)
        travel.append(row)
    theta = [h.addVariable(lb=0, ub=0 if i == 0 else 1) for i in range(n)]
    choice = []
    for i in range(n):
        row = [h.addBinary() for _ in p["signals"][i]["patterns"]]
        h.addConstr(sum(row[1:], row[0]) == 1)
        choice.append(row)
    if variant == "multiband":
        bands = [[h.addVariable(lb=0, ub=1) for _ in range(n - 1)] for _ in range(2)]
    else:
        bands = [h.addVariable(lb=0, ub=1) for _ in range(2)]
    for d in range(2):
        band_start = h.addVariable(lb=0, ub=1)
        for i in range(n):
            lanes = [greens(p["signals"][i], x)[d] for x in p["signals"][i]["patterns"]]
            green = lanes[0][1] * scale
            x = h.addVariable(lb=0, ub=green)
            whole = h.addIntegral(lb=-100, ub=100)
            way = band_start * 1
            legs_ = range(i) if d == 0 else range(i, n - 1)
            for j in legs_:
                tau = p["signals"][j + 1]["tau_out_s"] if d == 0 else p["signals"][j]["tau_in_s"]
                way = way + travel[d][j] - tau * z
            starts = sum((start * scale * y for (start, _), y in zip(lanes[1:], choice[i][1:])), lanes[0][0] * scale * choice[i][0])
            h.addConstr(way - theta[i] - starts - x - whole == 0)
            if variant == "multiband":
                for j in (i - 1, i):
                    if 0 <= j < n - 1:
                        h.addConstr(x - .5 * bands[d][j] >= 0)
                        h.addConstr(x + .5 * bands[d][j] <= green)
            else:
                h.addConstr(x + bands[d] <= green)
    if variant == "multiband":
        a = o["multiband"]
        goal = sum((w / (n - 1) * b for d, name in enumerate(("a_out", "a_in")) for w, b in zip(a[name], bands[d])), 0 * z)
    elif variant == "sum":
        goal = o["w_out"] * bands[0] + o["w_in"] * bands[1]
        h.addConstr(bands[0] - o["b_min_out_s"] * z >= 0)
        h.addConstr(bands[1] - o["b_min_in_s"] * z >= 0)
    else:
        k = o["k"]
        goal = bands[0] + k * bands[1]
        if k <= 1:
            h.addConstr(bands[1] - k * bands[0] >= 0)
        if k >= 1:
            h.addConstr(bands[1] - k * bands[0] <= 0)
    h.maximize(goal)
    status = h.modelStatusToString(h.getModelStatus())
    if status == "Infeasible":
        return None
    value = h.getInfo().objective_function_value
    if not math.isfinite(value):
        return value, status, None, None, None, None
    cycle = 1 / h.variableValue(z)
    speeds = [[3.6 * link["length_m"] / (h.variableValue(t) * cycle) for link, t in zip(p["links"], row)] for row in travel]
    offsets = [h.variableValue(t) * cycle for t in theta]
    patterns = [p["signals"][i]["patterns"][max(range(len(row)), key=lambda q: h.variableValue(row[q]))] for i, row in enumerate(choice)]
    return value, status, cycle, speeds, offsets, patterns


def one_way(p, variant):
    """What a direction alone is worth, as a share of the cycle: the other needs no green then."""
    if variant == "multiband":
        return -1
    o, most = p["objective"], []
    ranged = "min_s" in p["cycle"]
    cycle = p["cycle"]["max_s"] if ranged else p["cycle"]["s"]
    for d in range(2):
        most.append(min(greens(s, s["patterns"][0])[d][1] for s in p["signals"]) / (1 if ranged else cycle))
    if variant == "sum":
        mins = [o["b_min_out_s"], o["b_min_in_s"]]
        ways = [(o["w_out"], o["w_in"])[d] * most[d] for d in range(2) if mins[1 - d] == 0 and most[d] * cycle >= mins[d]]
        return max(ways, default=-1)
    return o["k"] * most[1] if o["k"] < 1 else most[0] if o["k"] > 1 else 0


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("greenwave")
    for key, default in (("cases", 20), ("seed", 1), ("most", 20), ("seconds", 60)):
        a.add_argument("--" + key, type=int, default=default)
    o = a.parse_args()
    r = random.Random(o.seed)
    problems = []
    for case in range(o.cases):
        n = r.randrange(2, o.most + 1)
        ranged = case % 3 == 2
        problems.append(street(r, f"case {case}: n {n}", n, case % 2 == 0, ranged, not ranged or n <= 8))
    run = subprocess.run([o.greenwave, "optimise", "-"], input=json.dumps(problems), capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    answers = iter(json.loads(run.stdout)["answers"])
    same = theirs = unproven = 0
    wrong = []
    for p in problems:
        for variant in p["variants"]:
            ours = next(answers)
            assert (ours["id"], ours["variant"]) == (p["id"], variant)
            told = f"{p['id']} {variant}{' range' if 'min_s' in p['cycle'] else ''}"
            value = bound = -1
            if ours["value"] is not None:
                speeds = [ours["speeds_out_kmh"], ours["speeds_in_kmh"]]
                share = ours["cycle_s"] if "s" in p["cycle"] else 1
                value, bound = ours["value"] / share, ours["bound"] / share
                real = worth(p, variant, ours["cycle_s"], speeds, ours["offsets_s"], ours["patterns"])
                if real is None or real < value - 1e-7:
                    wrong.append(f"{told}: claims {value}, attains {real}")
            unproven += not ours["proof"]
            found = programme(p, variant, o.seconds)
            other = max(found[0] if found else -1, one_way(p, variant))
            if abs(value - other) <= SAME:
                same += 1
                continue
            attained = worth(p, variant, *found[2:]) if found and found[2] else None
            line = f"{told}: greenwave {value:.6f} (bound {bound:.6f}), HiGHS {other:.6f} ({found[1] if found else 'Infeasible'}), whose offsets attain {attained}"
            if other < value:
                theirs += 1
                print(line + ": greenwave's is attained, so theirs is not optimal")
            elif attained is not None and attained > bound + SAME:
                wrong.append(line)
            else:
                theirs += 1
                print(line + ": theirs is not attained")
    print(f"{same} the same, {theirs} where HiGHS is behind or does not attain its claim, {unproven} without proof, {len(wrong)} wrong")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
