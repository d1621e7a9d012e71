-- A table whose rows were all rejected is most likely mapped wrongly (a column of another name,
-- another date format).
select source_table
from {{ ref('intake_summary') }}
group by source_table
having
    sum(case when outcome = 'rejected' then row_count else 0 end) > 0
    and sum(case when outcome <> 'rejected' then row_count else 0 end) = 0
