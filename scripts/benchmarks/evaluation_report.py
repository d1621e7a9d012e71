"""What the tools took, as a table."""

from __future__ import annotations

from rich import box
from rich.table import Table


def result_table(size: dict[str, int], summary: dict[str, dict[str, float]], repeats: int) -> Table:
    """What each tool took, and how many times the engine's CPU that is."""
    table = Table(
        title=f"{size['users']:,} users, {size['lists_rows']:,} list rows, "
        f"{size['truth_rows']:,} truth rows; median of {repeats}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    table.add_column("tool")
    for heading in ("CPU s", "CPU s without imports", "peak MB"):
        table.add_column(heading, justify="right")
    if "rectools" in summary:
        table.add_column("CPU, of RecTools'", justify="right")
        table.add_column("without imports", justify="right")
    rivals = summary.get("rectools")
    for tool, took in summary.items():
        lines = [(tool, 0.0)]
        if tool == "engine":
            lines.append(("engine, its checks apart", took["checks_cpu_s"]))
        for name, apart in lines:
            cpu, work = took["cpu_s"] - apart, took["work_cpu_s"] - apart
            cells = [f"{cpu:.2f}", f"{work:.2f}", f"{took['peak_mb']:,.0f}"]
            if rivals:
                cells += [f"{cpu / rivals['cpu_s']:.0%}", f"{work / rivals['work_cpu_s']:.0%}"]
            if tool == "program":  # its imports are not told apart
                cells[1::3] = [""] * len(cells[1::3])
            table.add_row(name, *cells)
    return table
