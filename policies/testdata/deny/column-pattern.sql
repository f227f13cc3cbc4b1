-- denied: types-match
select count(*) from market.outcomes where zip like concat('%', zip)
