#!/usr/bin/python
"""Whether the kernel forwards for Open vSwitch."""

from __future__ import annotations

import os
import socket
import struct

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: openstack_kernel_datapath
short_description: Look whether the kernel has Open vSwitch's datapath
description:
  - Asks the kernel for the generic netlink family ovs_datapath. Asking makes the kernel load the module where it has
    it, whatever else it is called or whether it is built in.
options: {}
"""

RETURN = r"""
available:
  description: Whether the kernel has it.
  type: bool
  returned: success
"""

NETLINK_GENERIC = 16
GENL_ID_CTRL = 16
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_NAME = 2
NLM_F_REQUEST_ACK = 0x5
NLMSG_ERROR = 2
SECONDS = 5
NAME = b"ovs_datapath\0"


def question(name: bytes) -> bytes:
    """A request for a family by its name (linux/genetlink.h): nlmsghdr, genlmsghdr, one attribute."""
    padded = name + b"\0" * (-len(name) % 4)
    attribute = struct.pack("=HH", 4 + len(name), CTRL_ATTR_FAMILY_NAME) + padded
    body = struct.pack("=BBH", CTRL_CMD_GETFAMILY, 1, 0) + attribute
    return struct.pack("=IHHII", 16 + len(body), GENL_ID_CTRL, NLM_F_REQUEST_ACK, 1, 0) + body


def is_there(answer: bytes) -> bool:
    """Whether the kernel's answer describes the family; an error says that it has none."""
    (kind,) = struct.unpack_from("=H", answer, 4)
    return bool(kind != NLMSG_ERROR)


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC) as kernel:
            kernel.settimeout(SECONDS)
            kernel.bind((0, 0))
            kernel.send(question(NAME))
            available = is_there(kernel.recv(65536))
    except OSError as error:
        module.fail_json(msg=f"the kernel could not be asked over generic netlink: {os.strerror(error.errno or 0)}")
    module.exit_json(changed=False, available=available)


if __name__ == "__main__":
    main()
