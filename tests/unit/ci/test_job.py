"""Outputs, summary and annotations, read back as GitHub's runner reads them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard import ci
from steelyard.ci.job import SUMMARY_LIMIT
from steelyard.log import register_secret


def job(tmp_path: Path) -> ci.Context:
    """A GitHub job with empty files."""
    return ci.Context(
        provider="github", workspace=tmp_path, summary_file=tmp_path / "summary", output_file=tmp_path / "output"
    )


LAPTOP = ci.Context(workspace=Path())


def outputs(file: Path) -> dict[str, str]:
    """The outputs in a file, by the rules of actions/runner, FileCommandManager.cs."""
    found, lines = {}, iter(file.read_bytes().decode().split("\n"))
    for line in lines:
        name, mark, delimiter = line.partition("<<")
        if mark:
            value = []
            for inner in lines:
                if inner.removesuffix("\r") == delimiter:
                    break
                value.append(inner)
            found[name] = "\n".join(value)
        elif "=" in line:
            name, _, value_on_line = line.partition("=")
            found[name] = value_on_line
    return found


# ----------------------------------------------------------------------------------------------------------- outputs


def test_write_outputs__values_come_back(tmp_path: Path) -> None:
    """Values of one line, several lines and none arrive as they are; earlier outputs stay."""
    context = job(tmp_path)
    ci.write_outputs(context, {"verdict": "better", "report": "a\nb\n\nc"})
    ci.write_outputs(context, {"comment_url": ""})

    assert outputs(tmp_path / "output") == {"verdict": "better", "report": "a\nb\n\nc", "comment_url": ""}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["x\nother=1", "y<<EOF\n1\nEOF", "a\r\nother<<b\n"])
)
def test_write_outputs__no_value_sets_another(tmp_path: Path, value: str) -> None:
    """Whatever a value holds, it stays one value."""
    (tmp_path / "output").unlink(missing_ok=True)

    ci.write_outputs(job(tmp_path), {"verdict": value})

    assert outputs(tmp_path / "output") == {"verdict": value}


def test_write_outputs__delimiter_of_an_earlier_run(tmp_path: Path) -> None:
    """A value that repeats a delimiter that was seen before does not end early: each is drawn anew."""
    context = job(tmp_path)
    ci.write_outputs(context, {"first": "x"})
    delimiter = (tmp_path / "output").read_text().partition("<<")[2].partition("\n")[0]

    ci.write_outputs(context, {"second": f"a\n{delimiter}\ninjected=1"})

    assert outputs(tmp_path / "output") == {"first": "x", "second": f"a\n{delimiter}\ninjected=1"}


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a\nb", "a<<b", "1a"])
def test_write_outputs__name_that_is_none(tmp_path: Path, name: str) -> None:
    """Names are ours; a wrong one is a bug."""
    with pytest.raises(ValueError, match="not a name"):
        ci.write_outputs(job(tmp_path), {name: "x"})


def test_write_outputs__no_secret(tmp_path: Path) -> None:
    """Outputs travel to other jobs; a registered secret does not."""
    register_secret("ghs_outputsecret")

    ci.write_outputs(job(tmp_path), {"report": "a ghs_outputsecret b"})

    assert outputs(tmp_path / "output") == {"report": "a *** b"}


def test_write_outputs__elsewhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without GitHub nothing is written and nothing printed."""
    ci.write_outputs(ci.Context(workspace=tmp_path), {"verdict": "better"})

    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


def test_write_outputs__file_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A job that cannot write its outputs says so and goes on."""
    context = ci.Context(provider="github", workspace=tmp_path, output_file=tmp_path)

    ci.write_outputs(context, {"verdict": "better"})

    assert "cannot write the step's outputs: Is a directory" in caplog.text


# ----------------------------------------------------------------------------------------------------------- summary


def test_append_summary__appends(tmp_path: Path) -> None:
    """Two reports in one step stand below each other."""
    ci.append_summary(job(tmp_path), "# one")
    ci.append_summary(job(tmp_path), "# two\n")

    assert (tmp_path / "summary").read_text(encoding="utf-8") == "# one\n\n# two\n\n"


@pytest.mark.parametrize("line", ["a line\n", "ein Gürteltier\n", "📈📈\n", "x" * 99])
@pytest.mark.parametrize("before", [0, 500_000, SUMMARY_LIMIT - 2_000])
def test_append_summary__is_cut_to_what_github_shows(tmp_path: Path, line: str, before: int) -> None:
    """A report that is too long for the rest of the step's 1 MiB is cut between characters, and says so first."""
    (tmp_path / "summary").write_bytes(b"-" * before)

    ci.append_summary(job(tmp_path), line * 200_000)

    content = (tmp_path / "summary").read_bytes()
    assert SUMMARY_LIMIT - 200 <= len(content) <= SUMMARY_LIMIT
    assert content[before:].decode().startswith("> [!WARNING]\n> This report is cut")


def test_append_summary__exactly_full(tmp_path: Path) -> None:
    """What just fits is not cut."""
    ci.append_summary(job(tmp_path), "x" * (SUMMARY_LIMIT - 2))

    assert (tmp_path / "summary").stat().st_size == SUMMARY_LIMIT
    assert (tmp_path / "summary").read_bytes()[:1] == b"x"


def test_append_summary__no_room_left(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A summary that is full stays as it is, for one byte too many would hide all of it."""
    (tmp_path / "summary").write_bytes(b"-" * (SUMMARY_LIMIT - 100))

    ci.append_summary(job(tmp_path), "x" * 200)

    assert (tmp_path / "summary").stat().st_size == SUMMARY_LIMIT - 100
    assert "the job's summary is full" in caplog.text


def test_append_summary__no_secret(tmp_path: Path) -> None:
    """A registered secret does not reach the summary."""
    register_secret("ghs_summarysecret")

    ci.append_summary(job(tmp_path), "a ghs_summarysecret b")

    assert (tmp_path / "summary").read_text() == "a *** b\n\n"


def test_append_summary__elsewhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without GitHub nothing is written and nothing printed."""
    ci.append_summary(ci.Context(workspace=tmp_path), "# report")

    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


# ------------------------------------------------------------------------------------------------------- annotations


def test_annotate__one_command(tmp_path: Path) -> None:
    """Line ends, percent signs and separators are written as the runner decodes them."""
    stream = io.StringIO()

    ci.annotate(job(tmp_path), "50% worse\r\n::error::b", title="f1, main: worse", stream=stream)

    assert stream.getvalue() == "::error title=f1%2C main%3A worse::50%25 worse%0D%0A::error::b\n"


def test_annotate__bounded_and_without_secrets(tmp_path: Path) -> None:
    """A long message is cut; a registered secret is hidden."""
    register_secret("ghs_annotationsecret")
    stream = io.StringIO()

    ci.annotate(job(tmp_path), "ghs_annotationsecret " + "x" * 10_000, level="notice", stream=stream)

    assert stream.getvalue().startswith("::notice title=steelyard::*** xxx")
    assert len(stream.getvalue()) < 4_100


def test_annotate__standard_error_by_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Data goes to standard output, so commands go where the log goes."""
    ci.annotate(job(tmp_path), "text")

    assert capsys.readouterr() == ("", "::error title=steelyard::text\n")


def test_annotate__elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """On a laptop no command is printed."""
    ci.annotate(LAPTOP, "text")

    assert capsys.readouterr() == ("", "")


# ------------------------------------------------------------------------------------------------------------- sections


def test_section__on_github(tmp_path: Path) -> None:
    """Lines between two commands are folded; a title of several lines stays one, and opens nothing else."""
    stream = io.StringIO()

    with ci.section(job(tmp_path), "Train: python a.py\n::error::x", stream=stream):
        print("epoch 1", file=stream)

    assert stream.getvalue() == "::group::Train: python a.py%0A::error::x\nepoch 1\n::endgroup::\n"


def test_section__on_gitlab(tmp_path: Path) -> None:
    """GitLab's marks carry the time and a name that is the same at both ends."""
    stream = io.StringIO()
    context = ci.Context(provider="gitlab", workspace=tmp_path)

    with ci.section(context, "Train", stream=stream):
        print("epoch 1", file=stream)

    found = re.fullmatch(
        "\x1b\\[0Ksection_start:\\d+:(\\w+)\r\x1b\\[0KTrain\nepoch 1\n\x1b\\[0Ksection_end:\\d+:(\\w+)\r\x1b\\[0K\n",
        stream.getvalue(),
    )
    assert found is not None
    assert found[1] == found[2]


def test_section__ends_when_its_body_fails(tmp_path: Path) -> None:
    """What comes after a failure is not folded away with it."""
    stream = io.StringIO()

    with pytest.raises(ZeroDivisionError), ci.section(job(tmp_path), "Train", stream=stream):
        raise ZeroDivisionError

    assert stream.getvalue().endswith("::endgroup::\n")


def test_section__elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """On a laptop nothing is printed."""
    with ci.section(LAPTOP, "Train"):
        pass

    assert capsys.readouterr().out == ""
