"""What can go wrong, as sentences: each names the thing and the mend.

    StaffroomError
    ├── CannotStart            the command or service cannot begin (exit status 2)
    │   ├── SettingsError          a setting is missing or wrong
    │   ├── CorpusError            the corpus folder or its trust.toml cannot be used
    │   ├── IndexUnavailable       nothing indexed yet, built by another model, or its store does not answer
    │   ├── RefreshRunning         another refresh holds the lease
    │   └── RefreshHeld            a rollback keeps refreshes that nobody asked for from undoing it
    ├── SourceDown             a source besides the corpus folder does not answer; its documents stay as they were
    └── DocumentNotRead        one document could not be read; it is recorded and the run goes on (exit status 1)

`bot.errors` adds the failures of answering.
"""


class StaffroomError(Exception):
    """The root: `str(error)` is a sentence that may be shown to a person."""


class CannotStart(StaffroomError):
    """The command or service cannot begin; the command line exits with status 2."""


class SettingsError(CannotStart):
    """A setting is missing or wrong; the sentence names it and what to write instead."""


class CorpusError(CannotStart):
    """The corpus folder or its `trust.toml` cannot be used."""


class IndexUnavailable(CannotStart):
    """The index is missing, was built by another embedding model, or its store does not answer."""


class RefreshRunning(CannotStart):
    """Another refresh is at work; one runs at a time."""


class RefreshHeld(CannotStart):
    """The last refresh was rolled back, and nobody has run one by hand since."""


class SourceDown(StaffroomError):
    """A source that `trust.toml` names does not answer; its documents stay as they were, and the run goes on."""


class DocumentNotRead(StaffroomError):
    """One document could not be read; `str(error)` is the reason, without the path."""
