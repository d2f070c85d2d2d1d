"""How plans, graphs, runs and builds look in a terminal: colours, trees and lines that move.

Takes what the engine gives (a `Plan`, a `Graph`, events) and gives what a console prints. Nothing below knows rich;
what a pipe or a program is shown is made where it comes from (`run.watchers`, `supply.build.watchers`, `plan.show`).
Start with `plan`, or with `run` for what moves.
"""
