"""The folder that holds everything medaudit keeps: suites, runs, the journal and exports.

::

    <workspace>/             MEDAUDIT_HOME, default .medaudit in the current folder
      suites/<suite_id>/     cases.jsonl, variants.jsonl, manifest.json
      runs/<run_id>/         plan.json, shards/ while it goes on, Parquet and done.json after it
      attacks/<attack_id>/   adaptive attacks, which no estimate of runs reads
      written/<writing_id>/  what a model was asked to write for a suite, every try of it
      journal.db             what people decided, unless MEDAUDIT_JOURNAL names a database
      backups/               where `medaudit doctor` looks for backups first
      exports/
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from medaudit.errors import BadInput, Conflict, MedauditError

_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")


@dataclass(frozen=True)
class Workspace:
    """One workspace by its folder, which need not exist yet."""

    path: Path

    @classmethod
    def current(cls) -> Workspace:
        """The workspace of this process: ``MEDAUDIT_HOME``, else ``.medaudit`` right here."""
        return cls(Path(os.environ.get("MEDAUDIT_HOME") or ".medaudit"))

    @property
    def suites(self) -> Path:
        return self.path / "suites"

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    @property
    def attacks(self) -> Path:
        return self.path / "attacks"

    @property
    def written(self) -> Path:
        return self.path / "written"

    @property
    def exports(self) -> Path:
        return self.path / "exports"

    @property
    def backups(self) -> Path:
        return self.path / "backups"

    @property
    def journal(self) -> Path | str:
        """Where the journal is: the URL in ``MEDAUDIT_JOURNAL``, else the file of this folder.

        The URL may hold a password: show it only as ``Journal.name`` does.
        """
        named = os.environ.get("MEDAUDIT_JOURNAL")
        if not named:
            return self.journal_file
        return named if "://" in named else Path(named)

    @property
    def journal_file(self) -> Path:
        return self.path / "journal.db"

    def require_own_journal(self, what: str) -> None:
        """Raise ``Conflict`` where the journal is not this folder's: ``what`` is no real review."""
        if self.journal != self.journal_file:
            raise Conflict(
                f"MEDAUDIT_JOURNAL names another journal, and {what} would write into it; unset it "
                f"for this command: env -u MEDAUDIT_JOURNAL medaudit {what.rpartition(' ')[2]}"
            )

    def suite(self, suite_id: str) -> Path:
        """The folder of a suite. Raises ``BadInput`` on anything that could name another place."""
        return self.suites / _checked(suite_id, "suite")

    def run(self, run_id: str) -> Path:
        """The folder of a run. Raises ``BadInput`` on anything that could name another place."""
        return self.runs / _checked(run_id, "run")

    def create(self) -> Workspace:
        """Make the folders that are missing. Raises ``MedauditError`` where that is impossible."""
        for folder in (self.suites, self.runs, self.exports):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise MedauditError(
                    f"cannot make the folder {folder}: {error.strerror}; set MEDAUDIT_HOME to a "
                    "folder that you may write to"
                ) from error
        return self


def _checked(id_: str, kind: str) -> str:
    if not _ID.fullmatch(id_):
        raise BadInput(f"{id_!r} is not the id of a {kind}: lower-case letters, digits, . _ -")
    return id_
