"""Access tokens: their public part, a hash of the whole, and what they allow."""

from __future__ import annotations

from understudy.domain.access import AccessToken
from understudy.domain.plain import from_json, to_json
from understudy.store.database import Database


class AccessTables(Database):
    """The part of a production that knows which tokens were given out."""

    def add_token(self, token: AccessToken, sha256: str) -> AccessToken:
        """Keep a token under the hash of its secret. Raises: Conflict when the id is taken."""
        self._save(
            "INSERT INTO token (id, sha256, record) VALUES (?, ?, ?)",
            (token.id, sha256, to_json(token)),
            conflict=f"there is a token {token.id} already; try again",
        )
        return token

    def tokens(self) -> list[tuple[AccessToken, str]]:
        """Every token with its hash, oldest first, the ended ones too."""
        rows = self._rows("SELECT record, sha256 FROM token ORDER BY rowid")
        return [(from_json(AccessToken, record), sha256) for record, sha256 in rows]

    def note_use(self, token_id: str, at: str) -> None:
        """Keep when a token was last used, and nothing else of it: it may be revoked at the same moment."""
        with self.transaction() as connection:
            connection.execute(
                "UPDATE token SET record = json_set(record, '$.last_used_at', ?) WHERE id = ?", (at, token_id)
            )

    def change_token(self, token: AccessToken) -> None:
        """Keep what happened to a token: its revocation."""
        with self.transaction() as connection:
            connection.execute("UPDATE token SET record = ? WHERE id = ?", (to_json(token), token.id))
