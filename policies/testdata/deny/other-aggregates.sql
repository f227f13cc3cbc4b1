-- denied: aggregate-is-permitted
select mode(zip) from market.outcomes
