-- allowed
select count(*) as 人数 from market.outcomes where zip = '上海'
