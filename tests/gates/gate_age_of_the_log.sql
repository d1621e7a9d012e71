-- The newest event is not long before the newest file: else files come, but no events.
{{ gate_test('age of the log') }}
