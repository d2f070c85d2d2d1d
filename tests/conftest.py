"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# As Hypothesis has it, here or in CI; but how long one example takes says more about what else the machine does.
settings.register_profile("groundplane", settings.default, deadline=None)
settings.load_profile("groundplane")
