"""Images of cases: drawn from a simulation whose truth is known, and files of a user's own.

``drawing`` makes the pictures that medaudit brings along and needs Pillow; ``truth`` says what is
on each of them and what is not; ``files`` finds and checks any image that a case names.
"""
