"""Kinds of questions: one small file of the same shape each; adding a kind means adding a file.

Pure. A kind is a module with `KEY`, `problems(question)`, `read(question, raw)` and `DEFAULTS`.
Sentences for the codes stand in surveys/wording.py.
"""

from surveys.kinds.base import Problem, Value, WrongAnswer, kind_of, kinds, read, value_from_json

__all__ = ["Problem", "Value", "WrongAnswer", "kind_of", "kinds", "read", "value_from_json"]
