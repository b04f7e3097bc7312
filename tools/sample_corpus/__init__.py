"""The invented trust's documents: their words (`sources/`) and what renders them into `corpus/`."""
