"""A real browser for the tests and for `./run look`: Chromium by its path, axe inside the page."""
