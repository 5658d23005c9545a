"""`safu` and `python -m device`."""

import logging
import os
import sys

from device import cli


def main() -> None:
    """Run the command line; the only place that ends the process, and that catches everything."""
    try:
        code = cli.main()
        sys.stdout.flush()
    except BrokenPipeError:
        code = 0  # the reader, for example `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries once more on its way out
    except Exception as error:
        logging.getLogger(__name__).debug("", exc_info=error)
        print(f"safu: this should not have happened: {type(error).__name__}: {error}", file=sys.stderr)
        print("      run it again with -v, and report what it prints", file=sys.stderr)
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()
