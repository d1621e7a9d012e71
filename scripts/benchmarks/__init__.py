"""What the benchmarks measure, with what, and how they show it."""
