-- denied: statement-is-one-select
select count(*) from market.outcomes; drop table x
