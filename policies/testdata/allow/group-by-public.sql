-- allowed
select arm, mens, count(*) as n from brand.campaign group by arm, mens
