-- denied: syntax-is-known
select count(*) from read_csv('people.csv')
