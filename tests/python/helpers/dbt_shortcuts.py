"""Shortcuts through dbt for processes that run it many times: the same runs in half the time.

Three quarters of a build of a small log are dbt's own work, much of it done anew for every model or
statement. None of it is what the tests are about: what dbt runs, checks and prints stays the same.
"""

from __future__ import annotations

import functools
import gc
import threading
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


def prepare(manifest: Manifest) -> None:
    """Before the first run on a manifest, and before the process is copied for it."""
    from dbt_common.clients.jinja import template_cache

    take_shortcuts()
    for macro in manifest.macros.values():
        template_cache.get_node_template(macro)
    for code in template_codes(manifest):
        compile_template(code)
    # a garbage collector that visits the manifest takes a fifth of a build
    gc.collect()
    gc.freeze()


@functools.cache
def take_shortcuts() -> None:
    import dbt.task.build  # noqa: F401, each copy of the process would load it

    keep_compiled_code()
    keep_date_parsers()
    leave_out_unseen_events()


def template_codes(manifest: Manifest) -> Iterable[str]:
    """What a run compiles besides the macros."""
    for node in manifest.nodes.values():
        yield getattr(node, "raw_code", "")
        hooks = [getattr(node.config, name, []) for name in ("pre_hook", "post_hook")]
        yield from (hook.sql for hook in chain(*hooks))


def compile_template(code: str) -> None:
    from dbt_common.clients.jinja import get_environment
    from jinja2.exceptions import TemplateError

    with suppress(TemplateError):  # the run says it, if it comes to it
        get_environment().compile(code)


def keep_compiled_code() -> None:
    """Jinja compiles the same code to the same code."""
    from dbt_common.clients.jinja import MacroFuzzEnvironment

    compile_anew, known = MacroFuzzEnvironment.compile, {}

    def compile(self: Any, source: Any, *others: Any, **options: Any) -> Any:  # noqa: ANN401
        if others or options or not isinstance(source, str):
            return compile_anew(self, source, *others, **options)
        key = (type(self), source)
        if key not in known:
            known[key] = compile_anew(self, source)
        return known[key]

    MacroFuzzEnvironment.compile = compile


def keep_date_parsers() -> None:
    """Every result of a query gets types for its columns, which know how dates are written."""
    import parsedatetime

    parsedatetime.Constants = functools.lru_cache(parsedatetime.Constants)


def leave_out_unseen_events() -> None:
    """Events of the level debug, of which there are a dozen a statement, are not even made."""
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager

    make, fire = BaseEvent.__init__, EventManager.fire_event

    def make_later(self: BaseEvent, *values: Any, **named: Any) -> None:  # noqa: ANN401
        self.__dict__["to_make"] = (values, named)

    def make_and_read(self: BaseEvent, key: str) -> Any:  # noqa: ANN401
        if "pb_msg" not in self.__dict__:
            values, named = self.__dict__["to_make"]
            make(self, *values, **named)
        made = self.__dict__["pb_msg"]
        return made if key == "pb_msg" else getattr(made, key)

    def fire_seen(
        self: EventManager,
        e: BaseEvent,
        level: EventLevel | None = None,
        *others: Any,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> None:
        # the one that dbt listens to itself is none of these
        is_seen = any(logger.level == EventLevel.DEBUG for logger in self.loggers)
        if is_seen or (level or e.level_tag()) != EventLevel.DEBUG:
            fire(self, e, level, *others, **options)

    BaseEvent.__init__ = make_later
    BaseEvent.__getattr__ = make_and_read
    EventManager.fire_event = fire_seen


def begin_run() -> None:
    """Before each run: what a macro sees that dbt itself calls is made once, not at each call."""
    from dbt.cli import requires
    from dbt.context.providers import MacroContext, OperationProvider

    known: dict[tuple[str, str | None, int], tuple[MacroContext, dict[str, Any]]] = {}

    def context_of(
        macro: Any,  # noqa: ANN401
        config: Any,  # noqa: ANN401
        manifest: Manifest,
        package: str | None,
    ) -> dict[str, Any]:
        key = (macro.unique_id, package, threading.get_ident())
        if key not in known:
            context = MacroContext(macro, config, manifest, OperationProvider(), package)
            known[key] = (context, context.to_dict())
        context, values = known[key]
        context.sql_results.clear()
        return values

    requires.generate_runtime_macro_context = context_of
