"""The living style guide at /design: every component in every state. Trial installations only."""
