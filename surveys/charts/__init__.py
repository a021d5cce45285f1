"""Charts as SVG strings: pure functions of frozen figures, with classes instead of colours.

Strict content security: nothing inline but presentation attributes; the tokens of static/css give the
classes their colours, so a chart is right in light, dark and print. Every chart is one `role="img"` with a
sentence, and has a table behind it. Patterns, not colours alone, tell the categories apart.
"""
