"""`python -m simulations.sweep`."""

import sys

from simulations.sweep.run import main

if __name__ == "__main__":
    sys.exit(main())
