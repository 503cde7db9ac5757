"""Blind review: who may do what, which answers are drawn, what a reviewer sees, what is kept."""

from medaudit.records import QueueSettings
from medaudit.review.adjudication import (
    Dispute,
    Read,
    adjudicate,
    dispute_card,
    disputes,
    impression,
    reads,
)
from medaudit.review.blind import Aside, BlindAnswer, BlindCard, Line, blind_card, open_aside
from medaudit.review.closing import Closing, close_queue, closing
from medaudit.review.commit import commit, draft, revise, save_draft
from medaudit.review.draw import add_items, draw_queue, settings_of
from medaudit.review.progress import Agreed, QueueProgress, progress
from medaudit.review.queue import queue_items, queue_settings, queues
from medaudit.review.results import Sight, see_results
from medaudit.review.reveal import Revealed, reveal
from medaudit.review.roles import Actor, permits, require
from medaudit.review.slots import release, skip, take

__all__ = [
    "Actor",
    "Agreed",
    "Aside",
    "BlindAnswer",
    "BlindCard",
    "Closing",
    "Dispute",
    "Line",
    "QueueProgress",
    "QueueSettings",
    "Read",
    "Revealed",
    "Sight",
    "add_items",
    "adjudicate",
    "blind_card",
    "close_queue",
    "closing",
    "commit",
    "dispute_card",
    "disputes",
    "draft",
    "draw_queue",
    "impression",
    "open_aside",
    "permits",
    "progress",
    "queue_items",
    "queue_settings",
    "queues",
    "reads",
    "release",
    "require",
    "reveal",
    "revise",
    "save_draft",
    "see_results",
    "settings_of",
    "skip",
    "take",
]
