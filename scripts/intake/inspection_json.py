"""What an inspection found, for programs: the facts that its report prints, with stable names."""

from __future__ import annotations

import json
from typing import Any

from intake.guesses import Source
from intake.inspection import Inspection, columns_of, counts_of, not_read


def as_json(found: Inspection, said_of_draft: str) -> str:
    """One object. said_of_draft: where the draft was written, or how to."""
    trial = found.trial
    facts = {
        "raw_location": found.location.given,
        "kind": found.location.kind,
        "mapping": found.location.mapping_path,
        "can_build": not found.exit_code,
        "to_mend": found.blocks,
        "draft": found.draft,
        "draft_note": said_of_draft or None,
        "sources": [_source(source) for source in found.sources if source.table],
        "not_read": [{"what": what, "why": why} for what, why in not_read(found)],
        "trial": trial and {"problem": trial.problem, "is_sample": trial.is_sample},
    }
    if trial and trial.facts:
        told = ("rejected", "nulled", "types", "span", "joined")
        facts["trial"] |= {
            "tables": [
                {"source_table": table, "rows": rows, "accepted": accepted}
                for table, (rows, accepted, _) in counts_of(trial.facts).items()
            ],
            **{name: trial.facts[name] for name in told},
            "times": trial.facts["times"][0],
        }
    return json.dumps(facts, indent=2, ensure_ascii=False, default=str)


def _source(source: Source) -> dict[str, Any]:
    look = source.look
    return {
        "place": look.place,
        "files": [file.place for file in look.files],
        "table": source.table,
        "why": source.why,
        "is_guess": source.is_guess,
        "format": look.kind,
        "compression": look.files[0].compression if look.files else None,
        "encoding": look.encoding,
        "delimiter": look.delimiter,
        "rows": look.rows,
        "rows_are_estimated": look.is_about,
        "columns": [
            {"column": name, "read_as": contract_column, "why": why}
            for name, contract_column, why in columns_of(source)
        ],
        "columns_not_read": source.unused,
        "columns_missing": source.missing,
        "event_types_guessed": source.type_names,
        "event_types_unknown": {name: source.types[name] for name in source.unknown_types},
        "notes": source.notes,
    }
