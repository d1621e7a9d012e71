{{ raw_rows('exposures') }}
