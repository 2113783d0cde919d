"""The configuration's paths as they are in this process: see `ci.paths`."""

from __future__ import annotations

from msgspec import structs

from steelyard.ci import Context
from steelyard.ci.paths import inside
from steelyard.config import Config


def localised(config: Config, context: Context) -> Config:
    """The configuration with every path in it read as one of this process's workspace, where it means that."""

    def all_inside(paths: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(inside(path, context) for path in paths)

    return structs.replace(
        config,
        predictions=tuple(
            structs.replace(
                block,
                path=inside(block.path, context),
                training_ids=inside(block.training_ids, context) if block.training_ids is not None else None,
            )
            for block in config.predictions
        ),
        metrics=structs.replace(config.metrics, files=all_inside(config.metrics.files)),
        parameters=all_inside(config.parameters),
        plots=all_inside(config.plots),
        baseline=inside(config.baseline, context),
        store=structs.replace(config.store, path=inside(config.store.path, context)),
    )
