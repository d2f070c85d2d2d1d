"""OSDs get no more memory than they had."""

from __future__ import annotations

from groundplane.ceph.adopt.memory import adopted_memory

from .existing_clusters import adopting_answers, setting


def test_the_target_that_is_set_is_the_bound() -> None:
    assert adopted_memory(adopting_answers()).values == {"ceph_osd_memory_maximum_mb": 896}


def test_cephs_own_default() -> None:
    assert adopted_memory({"config": []}).values == {"ceph_osd_memory_maximum_mb": 4096}


def test_the_orchestrators_own_tuning_ends() -> None:
    part = adopted_memory({"config": [setting("osd", "osd_memory_target_autotune", "true")]})
    assert part.values == {}
    assert part.notes[0].startswith("The orchestrator tunes the OSDs' memory by itself.")
