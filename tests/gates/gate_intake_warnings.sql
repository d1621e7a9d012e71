-- Little looks odd in the log; the bounds of each warning are those of another test.
{{ gate_test('intake warnings') }}
