"""A client that is not ours pushes a plan to an emulated cabinet by the register table (src/field/registers.md) alone.

usage: pymodbus_push.py HOST PORT UNIT INTERSECTION [rtu]   by Modbus TCP, or by RTU over TCP
Reads the plan that runs, stages it again with one second moved between the two longest greens, reads it back, commits it, and
waits until the cabinet runs it; then hands the cabinet back. Any disagreement with the table ends it with an assertion.
"""

import sys
import time
import zlib

import pymodbus
from pymodbus.client import ModbusTcpClient
from pymodbus.framer import FramerType

HOST, PORT, UNIT, NAME = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]


def long(words):
    return words[0] << 16 | words[1]


def halves(value, n=2):
    return [value >> 16 * k & 0xFFFF for k in reversed(range(n))]


def date(words):
    return long(words) << 32 | long(words[2:])


def crc(words):
    return zlib.crc32(b"".join(w.to_bytes(2, "big") for w in words))


FRAMER = FramerType.RTU if sys.argv[5:] == ["rtu"] else FramerType.SOCKET
client = ModbusTcpClient(HOST, port=PORT, framer=FRAMER, timeout=5)
assert client.connect()


def read(address, count):
    reply = client.read_holding_registers(address, count=count, device_id=UNIT)
    assert not reply.isError(), reply
    return reply.registers


def write(address, words):
    reply = client.write_registers(address, words, device_id=UNIT)
    assert not reply.isError(), reply


def refused(reply, code):
    assert reply.isError() and reply.exception_code == code, reply


def status():
    words = read(0, 104)
    assert words[:2] == [0x4757, 1] and long(words[2:]) == zlib.crc32(NAME.encode()), words[:4]
    return words


print("pymodbus", pymodbus.__version__)
before = status()
print(f"identity {long(before[2:]):#010x}, mode {before[4]} (local), {before[34]} channels, clock {date(before[23:]) / 10:.1f}")
assert before[4] == 1

# The running plan, and a new one: the clearances are the cabinet's, the cycle stays, one second changes hands.
running = read(200, 116)
assert long(running[18:]) == crc(running[:18] + running[20:]), "the mirror's own check"
plan = list(running)
stages = plan[10]
greens = sorted(range(stages), key=lambda k: plan[21 + 6 * k])
plan[21 + 6 * greens[-1]] -= 10
plan[21 + 6 * greens[-2]] += 10
generation, clock = int(date(before[23:]) // 10), date(before[23:])
plan[4:6] = halves(generation)
plan[6:8] = halves(0)
plan[18:20] = halves(crc(plan[:18] + plan[20:]))
write(400, plan)
assert read(400, 116) == plan, "the staged block reads back word for word"
assert long(status()[20:]) == long(plan[18:]) and status()[22] == 0, f"refusal {status()[22]}"
print(f"staged and read back: generation {generation}, cycle {plan[8] / 10:g} s, check {long(plan[18:]):#010x}")

# What the table forbids is refused: a part of a block, a single register, a wrong key.
refused(client.write_registers(400, plan[:10], device_id=UNIT), 2)
refused(client.write_register(400, 1, device_id=UNIT), 1)
refused(client.read_holding_registers(0, count=1, device_id=UNIT + 1), 11)

# A cycle start of both plans: the running one's, half an hour of cycles at most, at least one cycle ahead.
activation = date(status()[30:]) + 2 * running[8]
bound = halves(generation) + halves(activation, 4)
wrong = halves(generation) + halves(0x5245) + halves(activation, 4) + [60, 0]
write(600, wrong)
assert status()[22] == 13, "a key that is not bound to the content is refused"
write(620, [1, 6000])
write(600, halves(generation) + halves(long(plan[18:]) ^ crc(bound)) + halves(activation, 4) + [60, 0])
after = status()
assert after[22] == 0 and long(after[14:]) == generation, f"refusal {after[22]}"
print(f"committed: pending for {date(after[16:]) / 10:.1f}")

beat = 2
for _ in range(600):
    now = status()
    if long(now[10:]) == generation:
        break
    write(620, [beat & 0xFFFF, 6000])
    beat += 1
    time.sleep(0.1)
assert long(now[10:]) == generation and now[4] == 2, f"mode {now[4]}, refusal {now[22]}"
assert read(200, 116) == plan, "what runs is what was staged, word for word"
print(f"runs: mode {now[4]} (centre), generation {long(now[10:])}, cycle start {date(now[30:]) / 10:.1f}")

write(640, [0x5245, 0])
for _ in range(600):
    now = status()
    if now[4] == 1:
        break
    time.sleep(0.1)
assert now[4] == 1
print(f"handed back: mode {now[4]} (local)")
client.close()
