"""Servers that are not ours: register k holds k, by Modbus TCP on one port and RTU over TCP on the other.

usage: pymodbus_server.py TCP_PORT RTU_PORT
"""

import asyncio
import sys

from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


def device():
    return SimDevice(id=1, simdata=[SimData(address=0, values=list(range(1000)), datatype=DataType.REGISTERS)])


async def main():
    ports = zip(sys.argv[1:3], (FramerType.SOCKET, FramerType.RTU))
    servers = [ModbusTcpServer(device(), framer=framer, address=("127.0.0.1", int(port))) for port, framer in ports]
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
