"""What every command shares: errors, exit codes, progress, paths, opening, rows and quoting.

It loads the standard library alone: a command that is measured, or that only asks for one row,
does not pay for the rest.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn
from zlib import crc32

if TYPE_CHECKING:
    import argparse

    import duckdb
    from rich.progress import Progress, ProgressColumn

# --- Errors and exit codes ------------------------------------------------------------------------

OK = 0
FAILED = 1  # the input was good, and yet it did not work out
BAD_INPUT = 2
TRY_AGAIN = 75  # a temporary failure, as sysexits.h has it
STOPPED = 130  # from the keyboard, as a shell counts it
TERMINATED = 143  # by SIGTERM, as a shell counts it

SECONDS_TO_END = 10  # that a process of ours has, once it is asked to


class InputError(ValueError):
    """Something given cannot be used. The message is one sentence: what, where, what to do."""


@dataclass(frozen=True)
class Ending:
    """How errors of some kinds end a command: with a code, and with what is said of the error."""

    kinds: type[BaseException] | tuple[type[BaseException], ...]
    code: int
    say: Callable[[Any], str] = str


USUAL_ENDINGS = (
    Ending(InputError, BAD_INPUT),
    Ending(KeyboardInterrupt, STOPPED, lambda _: "stopped."),
    Ending(BrokenPipeError, OK, lambda _: "the reader of the output has gone."),
)


def fail(name: str, sentence: str, code: int) -> int:
    """Say on the error stream why a command ends, and give its exit code."""
    print(f"{name}: {sentence}", file=sys.stderr)
    return code


def run_command(name: str, work: Callable[[], int | None], *endings: Ending) -> int:
    """Do a command's work; the result is its exit code.

    Bad input, and what else is expected to go wrong, ends in a sentence instead of a traceback.
    endings: of this command; they come before the usual ones, the first that fits holds.
    """
    try:
        return work() or OK
    except BaseException as error:
        for ending in (*endings, *USUAL_ENDINGS):
            if isinstance(error, ending.kinds):
                return fail(name, ending.say(error), ending.code)
        raise


class TerminatedError(BaseException):
    """The process was asked to end."""


@contextmanager
def ended_by_signal() -> Iterator[None]:
    """Let SIGTERM end the block like an error: what it has begun is cleared away."""

    def terminate(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        raise TerminatedError

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def end_process(process: subprocess.Popen[str]) -> None:
    """Ask a process to end, then make it; and what it has started, where it leads its own group.

    A DuckDB file that it writes survives that at any moment.
    """
    leads = process.poll() is None and os.getpgid(process.pid) == process.pid
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        if leads:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_END)


def exit_with(code: int) -> NoReturn:
    """Leave without a traceback where the reader of our output has gone."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def first_line(error: BaseException | str) -> str:
    """The first line of an error's message, without its full stop."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")


# What the system says of a disk, and what DuckDB says where it finds no room to spill to, or may
# spill no more.
FULL_DISK = (
    *(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT)),
    *("failed to offload data block", "max_temp_directory_size"),
)
READ_ONLY_DISK = os.strerror(errno.EROFS)


def is_full_disk(error: BaseException | str) -> bool:
    """Whether an error, or what is said of it, is about a disk without space."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(words in str(error) for words in FULL_DISK)


def sentence_of(error: BaseException) -> str:
    """What an error of the system or of DuckDB says, in one sentence.

    Its file is named where the error names one.
    """
    said = str(error)
    named = getattr(error, "filename", None) or _file_in(said)
    if is_full_disk(error):
        where = f" of {named}" if named else ""
        return f"the disk{where} is full: make room and try again, or name another place."
    if READ_ONLY_DISK in said:
        return f"the disk of {named or 'the file'} can only be read: name another place."
    if isinstance(error, OSError) and error.strerror and named:
        return f"{named}: {error.strerror}."
    return f"{first_line(error)}."


def _file_in(said: str) -> str | None:
    """The file that DuckDB names in an error."""
    found = re.search(r'file "(?P<file>[^"\n]+)"', said)
    return found and found["file"]


# --- Progress -------------------------------------------------------------------------------------


@contextmanager
def progress_bars(
    *columns: ProgressColumn, quiet: bool = False, is_kept: bool = False
) -> Iterator[Progress]:
    """Bars with their descriptions on the error stream, on a terminal only, gone at the end.

    columns: what stands after the bar. is_kept: the finished bars stay, on whatever stream.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True, highlight=False)
    hide = quiet or not (is_kept or console.is_terminal)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        console=console,
        transient=not is_kept,
        disable=hide,
    ) as progress:
        yield progress


# --- Paths ----------------------------------------------------------------------------------------

SCRIPTS = Path(__file__).resolve().parent
PROJECT = SCRIPTS.parent
S3_SCHEME = "s3://"


def default_warehouse() -> Path:
    """The warehouse's file: PINGTOP_DATABASE, else pingtop.duckdb in the project's root.

    A relative PINGTOP_DATABASE counts from where the command is started, as for dbt itself.
    """
    return Path(named_warehouse() or PROJECT / "pingtop.duckdb")


def add_database(command: argparse.ArgumentParser) -> None:
    """The option of a command that names the warehouse."""
    command.add_argument(
        "--database",
        type=Path,
        default=default_warehouse(),
        help="the warehouse's file (default: PINGTOP_DATABASE, else pingtop.duckdb)",
    )


def add_releases(command: argparse.ArgumentParser) -> None:
    """The option of a command that names the folder of the releases."""
    command.add_argument(
        "--releases",
        type=releases_place,
        default=releases_folder(),
        help="folder of the releases, or s3://bucket/prefix (default: PINGTOP_RELEASES, else "
        "releases)",
    )


def named_warehouse() -> str | None:
    """The warehouse's file as PINGTOP_DATABASE names it, where it does."""
    return os.environ.get("PINGTOP_DATABASE", "").strip() or None


def releases_place(named: str) -> Path | str:
    """Where releases are: a folder, or an address in S3, which stays a text."""
    return named.rstrip("/") if named.startswith(S3_SCHEME) else Path(named)


def releases_folder() -> Path | str:
    """Where releases are: PINGTOP_RELEASES, else releases/ of the project; both from its root."""
    place = releases_place(os.environ.get("PINGTOP_RELEASES") or "releases")
    return place if isinstance(place, str) else PROJECT / place


def releases_cache() -> Path:
    """Where releases in S3 are copied to: PINGTOP_RELEASES_CACHE, else releases_cache/."""
    return PROJECT / (os.environ.get("PINGTOP_RELEASES_CACHE") or "releases_cache")


def target_folder() -> Path:
    """Where dbt keeps its results: DBT_TARGET_PATH, else target/; dbt counts from the root, too."""
    return PROJECT / (os.environ.get("DBT_TARGET_PATH") or "target")


@cache
def project_settings() -> dict[str, Any]:
    """What dbt_project.yml says, as it stands there."""
    import yaml

    return dict(yaml.safe_load((PROJECT / "dbt_project.yml").read_text()))


def project_variables() -> dict[str, Any]:
    """The variables of dbt_project.yml, with their defaults."""
    return dict(project_settings()["vars"])


def logs_folder() -> Path:
    """Where the logs of builds are: DBT_LOG_PATH, else logs, in the project."""
    return PROJECT / (os.environ.get("DBT_LOG_PATH") or "logs")


def spark_exchange() -> Path | None:
    """The folder that Spark, its workers and this machine see: PINGTOP_SPARK_EXCHANGE, if set."""
    return Path(named) if (named := os.environ.get("PINGTOP_SPARK_EXCHANGE", "").strip()) else None


def dashboard_address() -> str:
    """Where the dashboard listens: PINGTOP_DASHBOARD_ADDRESS, else for this machine alone."""
    return os.environ.get("PINGTOP_DASHBOARD_ADDRESS", "").strip() or "127.0.0.1"


def dbt_program() -> str | None:
    """The dbt of this Python, or else of the PATH; none where it is not installed."""
    return shutil.which("dbt", path=str(Path(sys.executable).parent)) or shutil.which("dbt")


def dbt_reason(output: str) -> str:
    """The sentence in dbt's output that says what is wrong."""
    lines = [line.split("  ", 1)[-1].strip() for line in output.splitlines()]
    for number, line in enumerate(lines):
        if " Error in " in f" {line}" or line.endswith(" Error"):
            following = [text for text in lines[number + 1 :] if text]
            if following:
                return following[0]
    return " ".join(line for line in lines[-3:] if line) or "dbt said nothing."


# --- A DuckDB file in use -------------------------------------------------------------------------

# DuckDB names who holds the lock, as far as it can: the program where it may be read, the process
# where it is one of this machine.
HOLDER = re.compile(r"Conflicting lock is held in (?:(?P<program>.+) \()?PID (?P<process>\d+)")
NAME_LENGTH = 60  # of a command line, which may be pages
READ_RELEASES = (
    "wait until it has ended, or close it; "
    "dashboards and BI tools read a published release instead (make publish)"
)


class NotOpenedError(InputError):
    """A DuckDB file cannot be opened. The message says why, in one sentence."""


class InUseError(NotOpenedError):
    """Another process holds the file: later, the same may work."""


def command_line(process: int) -> str | None:
    """What was typed to start a process, shortened; none where the system does not tell."""
    try:
        typed = Path(f"/proc/{process}/cmdline").read_text(errors="replace")
    except OSError:
        return None
    program, *rest = typed.rstrip("\0").split("\0")
    program = Path(program).name
    # Of a script, the program is the interpreter, which says nothing.
    if re.fullmatch(r"python[\d.]*", program) and rest and not rest[0].startswith("-"):
        program, *rest = Path(rest[0]).name, *rest[1:]
    whole = " ".join(" ".join([program, *rest]).split())
    whole = "".join(letter for letter in whole if letter.isprintable())
    return whole if len(whole) <= NAME_LENGTH else f"{whole[:NAME_LENGTH].rstrip()}…"


def holder(error: BaseException) -> str:
    """The process that holds a file, by DuckDB's error, as a person knows it."""
    found = HOLDER.search(str(error))
    process = int(found["process"]) if found else 0
    if not found or not process:  # of another container or machine
        return "another program"
    program = found["program"] and Path(found["program"]).name
    return f"{command_line(process) or program or 'another program'} (process {process})"


def not_opened(
    database: str | Path, error: BaseException, advice: str = READ_RELEASES
) -> NotOpenedError:
    """What to raise where DuckDB could not open a file. advice: where another process holds it."""
    if "Could not set lock on file" in str(error):
        return InUseError(f"{database} is in use by {holder(error)}: {advice}.")
    folder = Path(database).parent
    if not folder.is_dir():
        return NotOpenedError(
            f"there is no folder {folder} for {database}: make it, or name another."
        )
    if Path(database).is_dir():
        return NotOpenedError(f"{database} is a folder: name a file instead.")
    if "not a valid DuckDB database file" in str(error):
        if Path(database).stat().st_size == 0:
            return NotOpenedError(f"{database} is empty: remove it, and a build makes it anew.")
        return NotOpenedError(f"{database} is no DuckDB file: name a warehouse instead.")
    if str(error).startswith("Out of Memory Error"):
        return NotOpenedError(f"{database} needs more memory to be opened: raise the memory limit.")
    return NotOpenedError(f"{database} cannot be opened: {sentence_of(error)}")


def open_database(
    database: str | Path,
    *,
    read_only: bool,
    config: dict[str, Any] | None = None,
    advice: str = READ_RELEASES,
) -> duckdb.DuckDBPyConnection:
    """A connection to a DuckDB file; where there can be none, one sentence says why."""
    import duckdb

    # Readers of one file may be many, and what two of them spill into one folder ends in a crash.
    config = ({"temp_directory": str(reader_spill(database))} if read_only else {}) | (config or {})
    try:
        return duckdb.connect(str(database), read_only=read_only, config=config)
    except duckdb.Error as error:
        check_duckdb_settings(config)
        raise not_opened(database, error, advice) from error


def reader_spill(database: str | Path) -> Path:
    """Where this process spills what it reads of a file: DuckDB makes the folder when it must."""
    place = os.environ.get("PINGTOP_TEMP_DIRECTORY") or tempfile.gettempdir()
    file = Path(database).resolve()
    return Path(place) / f"pingtop_reader_{os.getpid()}_{crc32(str(file).encode()):08x}"


# Settings of DuckDB that the environment has a name for, with what they may be.
DUCKDB_SETTINGS = {
    "threads": ("PINGTOP_THREADS", "a whole number from 1 on, such as 4"),
    "memory_limit": ("PINGTOP_MEMORY_LIMIT", "a number with its unit, such as 4GB"),
}


def check_duckdb_settings(config: dict[str, Any]) -> None:
    """Stop where DuckDB refuses a setting, whatever file it is opened with."""
    import duckdb

    for name, (variable, allowed) in DUCKDB_SETTINGS.items():
        if name not in config:
            continue
        try:
            duckdb.connect(config={name: config[name]}).close()
        except duckdb.Error as error:
            what = variable if os.environ.get(variable) else f"the setting {name} of DuckDB"
            raise NotOpenedError(f"{what} is '{config[name]}', but must be {allowed}.") from error


# --- Rows and SQL ---------------------------------------------------------------------------------

Row = dict[str, Any]


def named_rows(result: duckdb.DuckDBPyConnection) -> list[Row]:
    """The rows of what was executed, by the names of the columns."""
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def identifier(name: str) -> str:
    """A SQL name, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | Path) -> str:
    """A SQL text literal of a text or a path."""
    return "'" + str(value).replace("'", "''") + "'"


def exact_path(path: str | Path) -> str:
    """A path for DuckDB's read_parquet, read_csv and glob, which would take it for a pattern."""
    return re.sub(r"[*?[]", r"[\g<0>]", str(path))


def all_of(conditions: Iterable[str]) -> str:
    """The conditions that there are, joined by and."""
    return " and ".join(condition for condition in conditions if condition)
