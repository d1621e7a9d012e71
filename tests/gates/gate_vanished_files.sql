-- Every file that was read is still there: what is computed would lack its events.
{{ gate_test('vanished files') }}
