"""The browser app's door: ``python app.py`` serves citewire at the address that the settings name."""

from __future__ import annotations

import sys

from qa.offline import go_offline


def main() -> None:
    """Serve until interrupted."""
    go_offline()
    from qa.cli import main as run

    sys.argv[1:] = ["serve", *sys.argv[1:]]
    run()


if __name__ == "__main__":
    main()
