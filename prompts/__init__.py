"""Every word sent to a model, and every reply written by people. Data only: `bot.prompts` reads it."""
