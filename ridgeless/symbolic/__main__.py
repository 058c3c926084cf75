"""Write the page of closed forms: ``python -m ridgeless.symbolic docs/closed-forms.md``."""

import sys

from ridgeless.symbolic.page import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
