"""YAML."""

from __future__ import annotations

from typing import ClassVar

from steelyard.errors import InputError
from steelyard.sources.interface import Document
from steelyard.sources.wording import MEND, kind


class YamlSource:
    """Reads one YAML document as YAML 1.2's core schema has it; a name twice in one table is an error."""

    format: ClassVar[str] = "YAML"
    suffixes: ClassVar[tuple[str, ...]] = (".yaml", ".yml")

    def read(self, text: str, *, shown: str) -> Document:
        """See `Source.read`."""
        import yaml

        from steelyard.sources.yaml_events import compose

        try:
            tree = compose(text, shown=shown)
        except yaml.MarkedYAMLError as exc:
            mark = exc.problem_mark
            where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
            raise InputError(f"{shown}: not valid YAML: {where}{exc.problem}", hint=MEND) from exc
        except yaml.YAMLError as exc:
            raise InputError(f"{shown}: not valid YAML: {' '.join(str(exc).split())}", hint=MEND) from exc
        if not isinstance(tree, dict):
            raise InputError(
                f"{shown}: expected a table of names and values, found {kind(tree)}", hint="for instance accuracy: 0.97"
            )
        return Document(tree=tree)
