"""The one exception of the package."""

from __future__ import annotations


class Error(ValueError):
    """A broken contract: one sentence that names the argument, what it was and what was wanted.

    ``code`` is the kind of contract as a word, the same as ``guanxi::errc`` in C++ ("size_mismatch", ...).
    """

    def __init__(self, sentence: str, code: str = "out_of_domain") -> None:
        super().__init__(sentence)
        self.code = code
