"""`staffroom` with the fake embedding model: `python -m tests.scenario.fake_model ARGUMENTS`, a process of its own."""

import bot.administer
import bot.app
from bot.answering.redirects import Redirects
from bot.cli import main
from tests.fakes import FakeEmbedder

if __name__ == "__main__":
    for module in (bot.app, bot.administer):
        module.embedder_of = lambda settings: FakeEmbedder()
    bot.app.redirects_of = lambda settings: Redirects()
    main()
