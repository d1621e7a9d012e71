-- The newest whole day has about as many events as the days before it.
{{ gate_test('events of the day') }}
