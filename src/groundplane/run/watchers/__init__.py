"""Those who are told what happens: a terminal, a pipe, a program."""
