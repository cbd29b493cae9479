"""Files: what shares one data key and one history. A case is a file, and so is a person."""

from sqlalchemy.orm import Mapped

from app.core.db import Row
from app.safeguards.vault.sealed import wrapped


class File(Row):
    """Destroying `wrapped_key` erases the file's values; its evidence still verifies."""

    __tablename__ = "files"

    kind: Mapped[str]
    wrapped_key: Mapped[bytes | None] = wrapped("wrapped_key")
