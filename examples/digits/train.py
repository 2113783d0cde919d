"""
Train a classifier of handwritten digits; write its metrics, its test predictions and a plot beside this file.

The parameters come from `params.toml`. The test rows depend on none of them, so that the models of two commits can be
compared row by row.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures

HERE = Path(__file__).resolve().parent
TEST_ROWS = 1000
MISTAKES_SHOWN = 16


def load_table() -> pd.DataFrame:
    """One row per image: `id`, `label`, the slice column `ink`, and the 64 pixels (0 to 16)."""
    digits = load_digits(as_frame=True)
    ink = pd.cut(digits.data.sum(axis=1), [0, 300, 330, np.inf], labels=["light", "medium", "heavy"])
    return digits.data.assign(
        id=[f"digit-{row:04d}" for row in digits.data.index],
        label=digits.target,
        ink=ink.astype(str),
    )


def split(table: pd.DataFrame, data: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rows for training, validation and test; only the first two depend on the parameters."""
    rest, test = train_test_split(table, test_size=TEST_ROWS, stratify=table["label"], random_state=0)
    train, validation = train_test_split(
        rest, test_size=data["validation_rows"], stratify=rest["label"], random_state=data["seed"]
    )
    return train, validation, test.sort_values("id", ignore_index=True)


def build_model(model: dict[str, Any]) -> Pipeline:
    """Logistic regression on the pixels and, from degree 2 on, on their products."""
    return make_pipeline(
        MinMaxScaler(),
        PolynomialFeatures(degree=model["degree"], include_bias=False),
        LogisticRegression(C=model["c"], max_iter=1000),
    )


def pixels(table: pd.DataFrame) -> pd.DataFrame:
    """The columns that the model sees."""
    return table.filter(like="pixel_")


def predict(model: Pipeline, test: pd.DataFrame) -> pd.DataFrame:
    """One row per test image: `id`, `label`, `ink`, `prediction` and a probability `score_<digit>` for each class."""
    scores = pd.DataFrame(model.predict_proba(pixels(test)), columns=[f"score_{digit}" for digit in model.classes_])
    return test[["id", "label", "ink"]].assign(prediction=model.predict(pixels(test))).join(scores)


def measure(model: Pipeline, predictions: pd.DataFrame) -> dict[str, float]:
    """The metrics on the test rows, and the size of the model's coefficients in kB."""
    label, prediction = predictions["label"], predictions["prediction"]
    return {
        "accuracy": accuracy_score(label, prediction),
        "f1_macro": f1_score(label, prediction, average="macro"),
        "log_loss": log_loss(label, predictions.filter(like="score_")),
        "model_kb": model[-1].coef_.nbytes / 1000,
    }


def plot_mistakes(test: pd.DataFrame, predictions: pd.DataFrame, path: Path) -> None:
    """Draw the test images that the model got wrong, the ones it was surest about first."""
    confidence = predictions.filter(like="score_").max(axis=1)
    wrong = confidence[predictions["prediction"] != predictions["label"]].sort_values(ascending=False, kind="stable")
    figure, axes = plt.subplots(2, MISTAKES_SHOWN // 2, figsize=(10, 3.4), layout="constrained")
    figure.suptitle(f"Surest mistakes, of {len(wrong)} on {len(test):,} test images")
    for axis in axes.flat:
        axis.axis("off")
    for axis, row in zip(axes.flat, wrong.index, strict=False):
        axis.imshow(pixels(test).loc[row].to_numpy().reshape(8, 8), cmap="gray_r")
        label, prediction = predictions.loc[row, ["label", "prediction"]]
        axis.set_title(f"{label}, read as {prediction}\n{confidence[row]:.0%} sure", fontsize=9)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=100)


def main() -> None:
    """Train, evaluate, write the results."""
    params = tomllib.loads((HERE / "params.toml").read_text(encoding="utf-8"))
    train, validation, test = split(load_table(), params["data"])
    print(f"rows: {len(train)} training, {len(validation)} validation, {len(test)} test", flush=True)

    model = build_model(params["model"]).fit(pixels(train), train["label"])
    print(f"validation accuracy: {model.score(pixels(validation), validation['label']):.3f}", flush=True)

    predictions = predict(model, test)
    metrics = measure(model, predictions)
    (HERE / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    predictions.to_parquet(HERE / "predictions.parquet", index=False)
    plot_mistakes(test, predictions, HERE / "plots" / "mistakes.png")
    print("test:", ", ".join(f"{name} {value:.3f}" for name, value in metrics.items()))


if __name__ == "__main__":
    main()
