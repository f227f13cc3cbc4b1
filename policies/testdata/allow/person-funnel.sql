-- allowed
with steps as (select email, min(day) filter (where category = 'viewed') as viewed, min(day) filter (where category = 'bought') as bought from market.events group by email) select count_if(viewed is not null) as viewers, count_if(bought >= viewed) as buyers, count_if(bought >= viewed) / count_if(viewed is not null) as rate from steps
