"""Start the app: python app.py [--host HOST] [--port PORT] [--database URL] [--base-url URL --model NAME] [--mcp]."""

import sys

from sizing_app.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
