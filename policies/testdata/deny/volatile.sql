-- denied: function-is-permitted
select count(*) from market.outcomes where random() < 0.5
