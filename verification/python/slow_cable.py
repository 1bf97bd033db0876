"""A cable on which every packet takes a while: two TUN devices, and this between them.

Its arguments are the names of both and the milliseconds that a packet takes. It says "ready", and goes with its standard input, as
the devices do with it.
"""

import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
LONGEST_PACKET = 65536


def end_of_the_cable(name):
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def deliver(packet, device):
    try:
        os.write(device, packet)
    except OSError:
        pass  # that end is down: the packet is lost, as it would be


near, far = end_of_the_cable(sys.argv[1]), end_of_the_cable(sys.argv[2])
delay = int(sys.argv[3]) / 1000
print("ready", flush=True)

under_way = collections.deque()  # in the order of their arrival, for all take equally long
while True:
    wait = max(0, under_way[0][0] - time.monotonic()) if under_way else None
    readable, _, _ = select.select([sys.stdin, near, far], [], [], wait)
    if sys.stdin in readable:
        break
    for device in readable:
        packet = os.read(device, LONGEST_PACKET)
        under_way.append((time.monotonic() + delay, packet, far if device == near else near))
    while under_way and under_way[0][0] <= time.monotonic():
        _, packet, device = under_way.popleft()
        deliver(packet, device)
