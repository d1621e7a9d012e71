-- What looks so odd in the log that the tables cannot be believed: see intake_warnings, whose rows
-- the end of a build says as sentences. The bounds are variables.
select
    kind,
    source_table,
    column_name,
    share,
    bound
from {{ ref('intake_warnings') }}
where is_above_bound
