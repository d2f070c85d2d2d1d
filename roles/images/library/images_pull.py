#!/usr/bin/python
"""Pulls images by digest, several side by side, through the engine's own socket."""

from __future__ import annotations

import json
import os
import syslog
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

DOCUMENTATION = r"""
module: images_pull
short_description: Pull the images that are missing
description:
  - Asks the container engine which of the images it lacks and has it pull those.
  - The password reaches the engine in the request's header and is never written to a file or a command line.
options:
  images:
    description: The images, each HOST/PATH@DIGEST.
    type: list
    elements: str
    required: true
  registry:
    description: The registry that the account belongs to, HOST:PORT. Others are asked without an account.
    type: str
    required: true
  account:
    description: The account's name.
    type: str
  password:
    description: The account's password.
    type: str
  parallel:
    description: Images pulled side by side.
    type: int
    default: 3
  attempts:
    description: How often a pull is tried where the connection breaks.
    type: int
    default: 3
"""

RETURN = r"""
pulled:
  description: What was pulled, with the seconds that it took.
  type: list
  returned: success
missing:
  description: What the engine lacked before.
  type: list
  returned: success
"""

SECONDS = 900
"""Without a word from the engine."""
PAUSE_SECONDS = 3.0
FINAL = ("manifest unknown", "name unknown", "unauthorized", "denied", "no space left", "x509", "invalid reference")
"""Trying again changes nothing about these."""
CURES = (
    (("manifest unknown", "name unknown", "not found"), "the registry lacks it: groundplane apply supply.images"),
    (("unauthorized", "denied"), "the registry refuses the account: groundplane apply supply.registry"),
    (("x509",), "its certificate isn't trusted: groundplane apply bootstrap.certificates bootstrap.docker"),
    (("no space left",), "the host's disk is full: df -h /var/lib/docker"),
    (
        ("connection refused", "no such host", "timeout", "eof", "reset"),
        "the registry can't be reached from this host: groundplane plan supply.registry",
    ),
)


class Puller:
    """Pulls with clients of its own, one a thread."""

    def __init__(self, docker, module: AnsibleModule) -> None:
        self._docker = docker
        self._registry = module.params["registry"]
        self._accounts = (
            {"username": module.params["account"], "password": module.params["password"]}
            if module.params["account"] and module.params["password"]
            else None
        )
        self._attempts = max(1, module.params["attempts"])
        self._local = threading.local()
        self.errors: list[str] = []
        self.pulled: list[dict[str, object]] = []

    def client(self):
        if not hasattr(self._local, "client"):
            self._local.client = self._docker.APIClient(version="auto", timeout=SECONDS)
        return self._local.client

    def missing(self, images: list[str]) -> list[str]:
        lacking = []
        for image in images:
            try:
                self.client().inspect_image(image)
            except self._docker.errors.ImageNotFound:
                lacking.append(image)
        return lacking

    def pull(self, image: str) -> None:
        if self.errors:
            return
        started = time.monotonic()
        for attempt in range(1, self._attempts + 1):
            reason = self._try(image)
            final = any(text in reason.lower() for text in FINAL)
            if not reason or final or attempt == self._attempts or self.errors:
                break
            time.sleep(PAUSE_SECONDS * attempt)
        seconds = round(time.monotonic() - started, 1)
        if reason:
            syslog.syslog(syslog.LOG_ERR, f"{image} was not pulled: {reason}")
            self.errors.append(f"{image} was not pulled: {reason}{cure(reason)}")
        else:
            syslog.syslog(syslog.LOG_INFO, f"{image} was pulled in {seconds} s")
            self.pulled.append({"image": image, "seconds": seconds})

    def _try(self, image: str) -> str:
        """Why it failed, empty where it is there now."""
        accounts = self._accounts if image.startswith(f"{self._registry}/") else {}
        try:
            for line in self.client().pull(image, stream=True, decode=True, auth_config=accounts or {}):
                if line.get("error"):
                    return str(line["error"])
            self.client().inspect_image(image)
        except self._docker.errors.ImageNotFound as error:
            return str(error.explanation or error)
        except self._docker.errors.APIError as error:
            return str(error.explanation or error)
        except (OSError, ValueError, self._docker.errors.DockerException) as error:
            return str(error) or type(error).__name__
        return ""


def cure(reason: str) -> str:
    for texts, said in CURES:
        if any(text in reason.lower() for text in texts):
            return f" ({said})"
    return ""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "images": {"type": "list", "elements": "str", "required": True},
            "registry": {"type": "str", "required": True},
            "account": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "parallel": {"type": "int", "default": 3},
            "attempts": {"type": "int", "default": 3},
        },
        supports_check_mode=True,
    )
    # The engine's client looks for accounts in the home folder; only those that it is given count.
    os.environ["DOCKER_CONFIG"] = "/nonexistent"
    try:
        import docker  # noqa: PLC0415
    except ImportError:
        module.fail_json(msg=missing_required_lib("docker"), exception=traceback.format_exc())
    syslog.openlog("groundplane-images")
    puller = Puller(docker, module)
    images = list(dict.fromkeys(module.params["images"]))
    try:
        missing = puller.missing(images)
    except (OSError, ValueError, docker.errors.DockerException) as error:
        module.fail_json(msg=f"The container engine can't be asked: {error}")
    if module.check_mode or not missing:
        module.exit_json(changed=bool(missing), missing=missing, pulled=[])
    started = time.monotonic()
    with ThreadPoolExecutor(max(1, module.params["parallel"])) as pool:
        list(pool.map(puller.pull, missing))
    if puller.errors:
        there = len(images) - len(missing) + len(puller.pulled)
        reasons = "; ".join(puller.errors[: module.params["parallel"]])
        module.fail_json(msg=f"{reasons}. {there} of {len(images)} images are there", pulled=puller.pulled)
    seconds = round(time.monotonic() - started, 1)
    module.exit_json(changed=True, missing=missing, pulled=puller.pulled, msg=json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
