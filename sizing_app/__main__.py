"""``python -m sizing_app``: see sizing_app/cli/."""

import sys

from sizing_app.cli import main

sys.exit(main())
