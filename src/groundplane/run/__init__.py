"""The run: a plan carried out, steps side by side where the graph allows, each told as it happens.

Takes a `Plan` and gives a `RunResult`, a journal and receipts. One run at a time for a site (`lock`); what it needs in
clear lies in memory for as long as it lasts (`workbench`); ansible-runner is called in `ansible` alone.

Start with `run_plan.run_plan`, then `engine` and `scheduler`; `stages` runs what is no plan (a drain, a restore);
`resume` goes on with a run that was killed.
"""
