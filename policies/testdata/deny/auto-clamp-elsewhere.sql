-- denied: syntax-is-known
select count(auto_clamp(spend)) from market.outcomes
