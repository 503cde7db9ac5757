"""Judges: models that are asked what an answer says, and are trusted with nothing more.

A judge here is two pure functions, what it is asked and what its reply is worth. The run makes
the calls with a provider that it opened; nothing here imports one. ``rubric`` is the first judge,
``checks`` looks at an answer before any judge sees it, ``pack`` holds the attacks that every
judge must withstand before its verdicts count, ``family`` tells a vendor's own judge.
"""
