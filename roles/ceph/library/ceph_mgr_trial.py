#!/usr/bin/python
"""Tries one manager of a new image, and takes it back where it isn't fit."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.ceph_lasting import LastingSession
from ansible.module_utils.ceph_manager_trial import Trial, TrialFailedError
from ansible.module_utils.ceph_session import CephError, Session, find_cluster
from ansible.module_utils.ceph_waiting import managers, running_images, same_image

DOCUMENTATION = r"""
module: ceph_mgr_trial
short_description: Try one manager of a new image before all daemons get it
description:
  - Redeploys one standby with the image, sees whether its modules load, puts it in charge, and sees whether the
    orchestrator answers from it. Where anything is wrong an old manager takes over, and the new one gets the old image.
  - Does nothing where a manager of the image is in charge and fit, or all managers run it.
options:
  image:
    description: The new image, by digest; on all hosts already.
    type: str
    required: true
"""

RETURN = r"""
changes:
  description: What was done, as sentences.
  type: list
  returned: always
"""


def main() -> None:
    module = AnsibleModule(argument_spec={"image": {"type": "str", "required": True}}, supports_check_mode=True)
    image = module.params["image"]
    cluster = find_cluster()
    if cluster is None:
        module.fail_json(msg="This host has no administrator's key of a cluster. Cure: groundplane apply ceph.cluster")
    changes: list[str] = []
    try:
        with LastingSession(lambda: Session(cluster)) as session:
            if module.check_mode:
                active, standbys = managers(session)
                images = running_images(session, [f"mgr.{name}" for name in [active, *standbys]])
                new = [name for name, runs in images.items() if same_image(runs, image)]
                wanted = f"mgr.{active}" not in new
                module.exit_json(changed=wanted, changes=["A standby would be tried with the new image"] * wanted)
            trial = Trial(session, image)
            changes = trial.changes
            before = managers(session)
            trial.run()
            module.exit_json(changed=managers(session) != before, changes=changes)
    except TrialFailedError as error:
        module.fail_json(
            msg=f"{error}. Cure: put the former image back into images.lock, or a mended one, then: "
            "groundplane upgrade ceph",
            changed=True,
            changes=changes,
        )
    except CephError as error:
        module.fail_json(msg=f"{error}. Cure: groundplane ceph status; then again: groundplane upgrade ceph")


if __name__ == "__main__":
    main()
