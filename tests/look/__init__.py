"""`./run look`: every page as a picture, wide and narrow, with data, empty, and with errors; axe in each."""
