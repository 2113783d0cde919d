"""Where the report's templates are: package data of the wheel, or `templates/markdown` of the checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGED = Path(__file__).with_name("templates")
_CHECKOUT = Path(__file__).parents[3] / "templates" / "markdown"


def directory() -> Path:
    """
    The directory of the Jinja templates.

    An editable install has the code in the checkout and the packaged copy elsewhere, hence two places.

    Raises:
        FileNotFoundError: Neither is there: the installation is broken.
    """
    for place in (_PACKAGED, _CHECKOUT):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the report's templates are in neither {_PACKAGED} nor {_CHECKOUT}")
