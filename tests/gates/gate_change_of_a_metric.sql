-- The main metrics of the newest whole day are about those of the days before it.
{{ gate_test('change of a metric') }}
