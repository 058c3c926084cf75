"""Quick answers in a terminal: python -m ridgeless {risk,curve,recommend,pilot,explore}."""

import sys

from ridgeless.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
