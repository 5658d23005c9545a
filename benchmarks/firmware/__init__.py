"""What a model takes on a microcontroller, and whether it answers the same: `python -m benchmarks.firmware`."""
