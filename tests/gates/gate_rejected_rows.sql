-- No file of the newest delivery is mostly rejected, be its timestamps readable or not.
{{ gate_test('rejected rows') }}
