"""`python -m bot` is the command `staffroom`."""

from bot.cli import main

main()
