"""`python -m firmware_export` is `safu-export`."""

from __future__ import annotations

import sys

from firmware_export.cli import main

if __name__ == "__main__":
    sys.exit(main())
