"""The files that an evaluation is given: read to the last row, as the intake reads them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import evaluate as program
import pytest

from common import InputError
from evaluation.more_lists import add_more_lists

LISTS = "user_id,ping_id,rank\nu,a,1\nu,b,2\nv,c,1\n"
TRUTH = "user_id,ping_id,relevance\nu,b,1\nv,c,2\n"


class Files:
    """A folder of inputs, and what an evaluation makes of them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.paths: dict[str, Path] = {}
        self.give("lists", LISTS)
        self.give("truth", TRUTH)

    def give(self, kind: str, content: str | bytes, name: str = "") -> Path:
        path = self.folder / (name or f"{kind}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data) if path.suffix.lower() == ".gz" else data)
        self.paths[kind] = path
        return path

    def parquet(self, kind: str, query: str, name: str = "") -> Path:
        path = self.folder / (name or f"{kind}.parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        duckdb.sql(query).write_parquet(str(path))
        self.paths[kind] = path
        return path

    def call(self, *options: str) -> int:
        files = [text for kind, path in self.paths.items() for text in (f"--{kind}", str(path))]
        output = ("--output", str(self.folder / "out"), "--no-chart", "--quiet")
        return program.main([*files, *output, *options])

    def run(self, *options: str) -> dict[str, Any]:
        """What metrics.json has of an evaluation that succeeds."""
        assert self.call(*options) == 0, self.capsys.readouterr().err
        return json.loads((self.folder / "out" / "metrics.json").read_text())

    def per_user(self) -> dict[str, float]:
        """The reciprocal rank of the first hit, by user."""
        self.run()
        path = self.folder / "out" / "per_user.parquet"
        with duckdb.connect() as connection:
            rows = connection.read_parquet(str(path)).filter("item_scope = 'all'")
            return dict(rows.select("user_id, mrr").fetchall())

    def refusal(self) -> str:
        """The one sentence with which an evaluation is refused."""
        self.capsys.readouterr()
        code = self.call()
        captured = self.capsys.readouterr()
        assert (code, captured.out) == (2, ""), captured
        assert captured.err.count("\n") == 1
        return captured.err


@pytest.fixture
def files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Files:
    return Files(tmp_path, capsys)


EXPECTED = {"u": 0.5, "v": 1.0}

# One content in many forms, all of which the intake reads alike.
FORMS: dict[str, str | bytes] = {
    "plain": LISTS,
    "semicolons": LISTS.replace(",", ";"),
    "tabs": LISTS.replace(",", "\t"),
    "bars": LISTS.replace(",", "|"),
    "byte order mark, carriage returns": b"\xef\xbb\xbf" + LISTS.replace("\n", "\r\n").encode(),
    "carriage returns alone": LISTS.replace("\n", "\r"),
    "blanks": " User_ID , PING_ID,Rank \n u ,a, 1\nu, b ,2\nv,c ,1",
    "blank lines": "user_id,ping_id,rank\n\nu,a,1\n  \nu,b,2\n\nv,c,1\n\n",
    "blank lines of tabs": "user_id\tping_id\trank\n\t\t\nu\ta\t1\nu\tb\t2\nv\tc\t1\n",
    "quotes": '"user_id","ping_id","rank"\n"u","a","1"\n"u","b","2"\n"v","c","1"\n',
    "a quote late": 'user_id,ping_id,rank\nu,a,1\nu,b,2\n"v",c,1\n',
    "columns in another order": "rank,extra,ping_id,user_id\n1,x,a,u\n2,x,b,u\n1,x,c,v\n",
    "an index without a name": ",user_id,ping_id,rank\n0,u,a,1\n1,u,b,2\n2,v,c,1\n",
    "ranks as doubles": "user_id,ping_id,rank\nu,a,1.0\nu,b,2.0\nv,c,1.0\n",
}


def test_names_are_printed_as_they_are(files: Files) -> None:
    """Brackets and colons of a strategy's name are no markup."""
    first, *rows = LISTS.splitlines()
    named = [f"strategy,{first}", *(f"[/x] :cat: [red]y,{row}" for row in rows)]
    files.give("lists", "\n".join(named))
    inputs = [text for kind, path in files.paths.items() for text in (f"--{kind}", str(path))]
    assert program.main([*inputs, "--output", str(files.folder / "out"), "--no-chart"]) == 0
    assert "[/x] :cat: [red]y" in files.capsys.readouterr().out


@pytest.mark.parametrize("form", FORMS)
def test_one_content_in_many_forms(form: str, files: Files) -> None:
    files.give("lists", FORMS[form])
    assert files.per_user() == EXPECTED


def test_compressed_and_in_a_folder_of_differing_files(files: Files) -> None:
    files.give("lists", LISTS, "lists.CSV.GZ")
    assert files.per_user() == EXPECTED
    files.give("lists", "rank;ping_id;user_id\n1;c;v\n", "lists/2.csv")
    files.give("lists", "user_id,ping_id,rank\nu,a,1\nu,b,2\n", "lists/1.tsv")
    files.paths["lists"] = files.folder / "lists"
    assert files.per_user() == EXPECTED


def test_exports_that_were_joined_lose_nothing(files: Files) -> None:
    """DuckDB's sniffer takes the second header for the first line of the file."""
    header, first, *rest = LISTS.splitlines(keepends=True)
    for again in (header, "\ufeff" + header):
        files.give("lists", header + first + again + "".join(rest))
        assert files.per_user() == EXPECTED
        assert "lists.csv has a line amid its rows that repeat the header." in files.run()["notes"]
    assert not any(
        "header" in note for note in (files.give("lists", LISTS), files.run())[1]["notes"]
    )


def test_what_comes_late_is_read_as_what_comes_early(files: Files) -> None:
    """Beyond what a sniffer samples: an id with quotes, one with a comma, one with a line break."""
    many = [f"u{number},p{number},1" for number in range(50_000)]
    late = ['"u""1""",a,1', '"last, first",b,1', '"two\nlines",c,1', "it's,d,1", 'in"ch,e,1']
    files.give("lists", "\n".join(["user_id,ping_id,rank", *many, *late]))
    users = ['"u""1"""', '"last, first"', '"two\nlines"', "it's", 'in"ch']
    found = [f"{user},{ping},1" for user, ping in zip(users, "abcde", strict=True)]
    files.give("truth", "\n".join(["user_id,ping_id,relevance", *found]))
    names = ['u"1"', "last, first", "two\nlines", "it's", 'in"ch']
    assert files.per_user() == dict.fromkeys(names, 1.0)


def test_null_words_are_missing(files: Files) -> None:
    files.give("users", "user_id,is_new\nu,NULL\nv,\\N\n")
    assert files.per_user() == EXPECTED
    files.give("lists", LISTS + "N/A,a,1\n")
    assert "lists.csv (lists) has rows without a user_id" in files.refusal()


def test_ids_are_trimmed_whatever_the_file(files: Files) -> None:
    files.parquet(
        "lists",
        "from (values ('u ', ' a', 1), ('u ', 'b ', 2), (' v', 'c', 1)) "
        "as t (user_id, ping_id, rank)",
    )
    assert files.per_user() == EXPECTED
    files.parquet(
        "lists",
        "from (values ('u'::blob, 'a'::blob, 1), ('u', 'b', 2), ('v', 'c', 1)) "
        "as t (user_id, ping_id, rank)",
    )
    assert files.per_user() == EXPECTED


def test_pings_that_never_match_are_noted(files: Files) -> None:
    assert not any("No list has" in note for note in files.run()["notes"])
    files.give("truth", TRUTH.replace(",b,", ",B,").replace(",c,", ",C,"))
    assert any("No list has a relevant ping" in note for note in files.run()["notes"])


def test_folders_and_files_with_odd_names(files: Files) -> None:
    """What stands in a path is no pattern and no value."""
    for odd in ("[1]", "a?", "a*", "it's", 'a "quoted" one', "user_id=x"):
        for suffix in ("csv", "parquet"):
            folder = f"{odd}/{suffix}"
            # a file that a pattern would find as well, or instead
            files.give("lists", "user_id,ping_id,rank\nw,w,1\n", f"1/{suffix}/lists1.csv")
            if suffix == "csv":
                files.give("lists", LISTS, f"{folder}/lists{odd}.csv")
            else:
                files.parquet(
                    "lists",
                    "from (values ('u', 'a', 1), ('u', 'b', 2), ('v', 'c', 1)) "
                    "as t (user_id, ping_id, rank)",
                    f"{folder}/lists{odd}.parquet",
                )
            assert files.per_user() == EXPECTED, odd
            files.paths["lists"] = files.folder / folder
            assert files.per_user() == EXPECTED, odd


BAD_FILES: dict[str, tuple[str | bytes, str]] = {
    "empty": (b"", "has no header in its first line"),
    "blank header": ("\n" + LISTS, "has no header in its first line"),
    "too few": (LISTS + "\nw,a\n", "has 2 fields in line 6 and 3 in its header"),
    "too many": (LISTS + "w,a,1,\n", "has 4 fields in line 5 and 3 in its header"),
    "only delimiters": (LISTS + ",,\n", "has rows without a user_id"),
    "no line end between": (LISTS[:-1] + LISTS, "has 5 fields in line 4 and 3 in its header"),
    "open quote": (LISTS + '"w,a,1\nx,a,1\n', "broken quotes, or too long a field, in the row"),
    "text after a quote": (LISTS + '"w"w,a,1\n', "that begins in line 5"),
    "line after a quoted break": (LISTS + '"w\n",a,1\nx\n', "has 1 fields in line 7"),
    "Latin-1": (LISTS.encode() + b"\xfcber,a,1\n", "is not UTF-8, first in line 5"),
    "UTF-16": (LISTS.encode("utf-16"), "is not UTF-8, first in line 1"),
    "column twice": ("user_id,ping_id,rank, Rank\nu,a,1,1\n", "has two columns named rank"),
    "other columns": ("user;ping;rank\nu;a;1\n", "has no column user_id or ping_id; its columns"),
    "other header amid": (
        LISTS + "rank,user_id,ping_id\n",
        "has a rank that is not a whole number",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_csv_is_refused_in_a_sentence(name: str, files: Files) -> None:
    content, part = BAD_FILES[name]
    files.give("lists", content)
    assert part in files.refusal()
    files.give("lists", content, "lists.csv.gz")
    assert part in files.refusal()


def test_a_cut_gzip_file_is_refused(files: Files) -> None:
    path = files.give("lists", LISTS * 1000, "lists.csv.gz")
    path.write_bytes(path.read_bytes()[:-20])
    assert "is no whole gzip file" in files.refusal()
    path.write_bytes(LISTS.encode())
    assert "is no whole gzip file" in files.refusal()


# --- flags, numbers and grades -------------------------------------------------------------------


@pytest.mark.parametrize(
    "pair",
    [
        ("true", "false"), ("True", "False"), ("1", "0"), ("1.0", "0.0"), ("yes", "no"),
        ("Y", "N"), ("t", "f"), (" new ", "existing"), ("NEW", ""),
    ],
)  # fmt: skip
def test_is_new_however_it_is_written(pair: Sequence[str], files: Files) -> None:
    files.give("users", f"user_id,is_new\nu,{pair[0]}\nv,{pair[1]}\n")
    rows = files.run()["metrics"]
    by_segment = {row["segment"]: row["value"] for row in rows if row["metric"] == "mrr"}
    assert by_segment == {"all": 0.75, "new": 0.5, "existing": 1.0}


@pytest.mark.parametrize("kind", ["boolean", "integer", "double", "decimal(3, 2)", "varchar"])
def test_is_new_of_any_type(kind: str, files: Files) -> None:
    values = "(values ('u', true), ('v', false)) as t (user_id, flag)"
    if kind.startswith("decimal"):
        values = "(values ('u', 1), ('v', 0)) as t (user_id, flag)"
    files.parquet("users", f"select user_id, cast(flag as {kind}) as is_new from {values}")
    rows = files.run()["metrics"]
    by_segment = {row["segment"]: row["value"] for row in rows if row["metric"] == "mrr"}
    assert by_segment == {"all": 0.75, "new": 0.5, "existing": 1.0}


BAD_VALUES: dict[str, tuple[str, str, str]] = {
    "is_new": ("users", "user_id,is_new\nu,maybe\nv,1\n", "has the is_new 'maybe': write true or"),
    "is_new 2": ("users", "user_id,is_new\nu,2\nv,1\n", "has the is_new '2'"),
    "is_eligible": ("users", "user_id,is_eligible\nu,new\n", "has the is_eligible 'new'"),
    "decimal comma": ("catalogue", "ping_id;popularity\na;0,5\n", "has the popularity '0,5'"),
    "huge": ("truth", TRUTH + "w,a,1e308\n", "has the relevance 1e+308, first for user w"),
    "tiny": ("truth", TRUTH + "w,a,1e-320\n", "has the relevance 9.99989e-321, first for user w"),
    "beyond a double": ("truth", TRUTH + "w,a,1e309\n", "relevance that is not a number of 0"),
    "text": ("truth", TRUTH + "w,a,high\n", "relevance that is not a number of 0"),
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_bad_values_are_refused_in_a_sentence(name: str, files: Files) -> None:
    kind, content, part = BAD_VALUES[name]
    files.give(kind, content)
    assert f"{kind}.csv ({kind}) has" in (sentence := files.refusal())
    assert part in sentence


@pytest.mark.parametrize("grade", [1e100, 1e-9])
def test_the_outermost_grades_give_numbers(grade: float, files: Files) -> None:
    """A hit on the second place of two, whatever the grades are multiplied with."""
    files.give("truth", f"user_id,ping_id,relevance\nu,b,{grade}\nv,c,{grade}\n")
    values = {row["metric"]: row["value"] for row in files.run("--bootstrap", "100")["metrics"]}
    assert values["ndcg"] == pytest.approx((0.6309297535714575 + 1) / 2)
    if grade < 1:
        assert values["ndcg_exp"] == pytest.approx(values["ndcg"])


# --- lists of another system beside those of a rewound warehouse ----------------------------------


def test_more_lists_are_refused_where_they_do_not_fit(tmp_path: Path) -> None:
    """Moments in whatever form are the cutoffs; every fault is one sentence."""
    lists, cutoffs = tmp_path / "lists", [datetime(2024, 2, 13), datetime(2024, 2, 19)]
    lists.mkdir()
    duckdb.sql(
        "select '2024-02-13 00:00:00' as cutoff, 'popular' as strategy, 'u1' as user_id, "
        "'p1' as ping_id, cast(1 as integer) as rank"
    ).write_parquet(str(lists / "0.parquet"))
    more = tmp_path / "more.csv"
    header = "user_id,ping_id,rank,strategy,cutoff\n"
    more.write_text(f"{header}u1,p2,1,own,2024-02-13\nu1,p3,1,own,2024-02-19T01:00:00+01:00\n")
    add_more_lists(more, cutoffs, lists)
    assert duckdb.sql(f"from '{lists / 'more.parquet'}'").fetchall() == [
        ("2024-02-13 00:00:00", "own", "u1", "p2", 1),
        ("2024-02-19 00:00:00", "own", "u1", "p3", 1),
    ]
    (lists / "more.parquet").unlink()
    wrong = {
        "user_id,ping_id\nu1,p1\n": "has no column rank",
        "user_id,ping_id,rank\nu1,p1,1\n": "have no column cutoff, and are compared at several",
        f"{header}u1,p2,1,own,2024-02-13\n": "has no list of the cutoff 2024-02-19 00:00:00",
        f"{header}u1,p2,1,own,2024-02-14\n": "of the cutoff 2024-02-14 00:00:00, which is not",
        f"{header}u1,p2,1,popular,2024-02-13\nu1,p2,1,popular,2024-02-19\n": (
            "has lists of popular, which is a strategy already"
        ),
    }
    for text, sentence in wrong.items():
        more.write_text(text)
        with pytest.raises(InputError, match=sentence):
            add_more_lists(more, cutoffs, lists)
    more.write_text("user_id,ping_id,rank\nu1,p1,x\n")
    add_more_lists(more, cutoffs[:1], lists)
    [row] = duckdb.sql(f"from '{lists / 'more.parquet'}'").fetchall()
    assert row == ("2024-02-13 00:00:00", "more", "u1", "p1", None)
