"""OpenSSL (Python's ssl) as a client of an emulated cabinet by Modbus/TCP Security: reads its status block.

usage: tls_client.py HOST PORT CERTIFICATE KEY AUTHORITY EXPECTED   where EXPECTED is read, exception or refused
"""

import socket
import ssl
import sys

HOST, PORT, CERTIFICATE, KEY, AUTHORITY, EXPECTED = sys.argv[1:]
context = ssl.create_default_context(cafile=AUTHORITY)
context.load_cert_chain(CERTIFICATE, KEY)
asked = bytes.fromhex("0007 0000 0006 01 03 0000 0004")


def ask():
    with socket.create_connection((HOST, int(PORT)), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname=HOST) as line:
            line.sendall(asked)
            reply = b""
            while len(reply) < 9 or len(reply) < 6 + int.from_bytes(reply[4:6], "big"):
                more = line.recv(260)
                if not more:
                    raise ConnectionError("closed")
                reply += more
            return line.version(), reply


try:
    version, reply = ask()
    seen = "exception" if reply[7] & 0x80 else "read"
    print(f"{version}: {reply.hex(' ')}")
    assert seen == "exception" or reply[9:13] == bytes.fromhex("4757 0001"), reply
except (ssl.SSLError, ConnectionError) as error:
    seen = "refused"
    print(error)
assert seen == EXPECTED, f"{seen}, not {EXPECTED}"
