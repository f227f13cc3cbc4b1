-- allowed
from (select category, day, count(*) as n from market.events group by category, day) pivot (sum(n) for category in ('shoes', 'coats' as coats) group by day)
