"""What people decided: an append-only chain of events in SQLite, or PostgreSQL by URL."""

from medaudit.journal.chain import Fault
from medaudit.journal.copying import copy_to_file, move
from medaudit.journal.event import Event, Head, Stored
from medaudit.journal.journal import Journal, Precondition, Reader, sole

__all__ = [
    "Event",
    "Fault",
    "Head",
    "Journal",
    "Precondition",
    "Reader",
    "Stored",
    "copy_to_file",
    "move",
    "sole",
]
