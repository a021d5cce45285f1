"""The whole story once around, on real servers and real data: `./run manage loop` (README)."""
