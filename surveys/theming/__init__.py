"""What comments speak of, and how: words, tone, themes, and what people say often. Pure; no Django, no rows.

Reading order: `words` (from a text to clauses of stems), `tone` (praise or complaint), `tagging` (themes by their
dictionaries), `noticing` (what is said often and belongs to no theme yet). `lexicons/` has the words of each
language, `seeds/` the dictionaries of the starter themes; both were written for Loopwell.
"""
