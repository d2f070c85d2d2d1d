"""The plan: which steps would run on which hosts, and why, before anything is touched.

Takes a `Graph`, the receipts of former runs, and what a probe found on the hosts, and gives a `Plan`: a reason for each
step and host, and what is up to date. A fingerprint of a step's inputs is what receipts and today are compared by.
Changes nothing.

Start with `survey.survey`, which asks and then calls `planner.make_plan`; then `fingerprint` and `probe`.
"""
