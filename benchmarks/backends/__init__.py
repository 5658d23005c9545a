"""How the runtimes that may run a delivered model compare: `python -m benchmarks.backends`."""
