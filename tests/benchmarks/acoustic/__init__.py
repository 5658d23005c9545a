"""The peers of the switch without a recogniser."""
