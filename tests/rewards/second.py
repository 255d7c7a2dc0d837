"""A second calculation of the 109–112 programme: SQL on SQLite, numbers written out from domain.md §1 and §3.

It shares nothing with the product: it splits the raw cells itself, knows no rules file and no class. Where the two
disagree, one of them has misread the programme.
"""

import sqlite3
from collections.abc import Iterable, Iterator

TABLES = """
create table inst (n integer primary key, kind text, owner text, founded text, beds int, res int, anyang int,
  early int, ended text);
create table acc (n int, pass int, since text, vto text, re int);
create table waiting (n int, re int);
create table pen (n int, pair text, off text, day text);
create table ind (n int, id text, state text);
create table years (y int, nov30 text);
insert into years values (109,'2020-11-30'),(110,'2021-11-30'),(111,'2022-11-30'),(112,'2023-11-30');
create table due (id text, first int);
insert into due values ('data_reporting',109),('eop_plan',109),('eop_drill',110),('safety_subsidy',109),
 ('activity_space',109),('hand_hygiene',109),('infection_training',109),('flu_vaccination',109),('staffing',109),
 ('staff_rights',109),('foreign_carers',109),('group_activities',109),('self_care',110),('medical_care',111);
"""

QUERY = """
create table opened as
 select n, 'c' route, 1 rank, min(since) since from acc a where pass and re and since like '2019-%'
   and exists (select 1 from acc f where f.n=a.n and not f.pass and f.since<='2018-12-31') group by n
 union all
 select n, 'd', 2, min(since) from acc a where pass and re and since like '2020-%'
   and exists (select 1 from acc f where f.n=a.n and not f.pass and f.since<='2019-12-31') group by n
 union all
 select a.n, 'b', 3, a.since from acc a join inst i on i.n=a.n where a.pass and a.since like '2020-%'
   and i.founded<>'' and i.founded<='2019-12-31'
   and a.since=(select min(o.since) from acc o where o.n=a.n) group by a.n
 union all
 select n, 'a', 4, min(since) from acc where pass and since<='2019-12-31' and vto>='2019-12-31' group by n;
create table covered as
 select distinct n, y from acc, years where pass and since<=nov30 and vto>=nov30;
create table gone as
 select n, min(cast(substr(day,1,4) as int)-1911) y from pen
 where day between '2020-04-01' and '2023-12-31' and (
   pair in ('elderly-48-1/elderly-48','elderly-48-3b/elderly-48','disability-75/disability-90',
            'nursing-29/nursing-29','ltc-44/ltc-47')
   or (pair='mental-18/mental-58' and off<'2022-12-14') or (pair='mental-29/mental-80' and off>='2022-12-14'))
 group by n;
create table state as
 select i.n, y, sum(coalesce(ind.state,'pending')='unmet') unmet,
   sum(coalesce(ind.state,'pending') not in ('met','na')) waits
 from inst i, years join due on due.first<=y left join ind on ind.n=i.n and ind.id=due.id group by i.n, y;
create table route as
 select n, y, route, since from (
  select o.n, y, o.route, o.since, row_number() over (partition by o.n, y order by rank) k
  from opened o, years where o.since<=nov30) where k=1;
create table qualified as
 select r.n, r.y from route r join inst i on i.n=r.n join covered c on c.n=r.n and c.y=r.y
 left join gone g on g.n=r.n
 where i.kind<>'residential_ltc' and (g.y is null or g.y>=r.y)
   and (i.ended='' or cast(substr(i.ended,1,4) as int)-1911>r.y);
create table failed as
 select q.n, min(q.y) y from qualified q join state s on s.n=q.n and s.y=q.y where s.unmet>0 group by q.n;
select i.n, years.y,
  q.n is not null and (f.y is null or f.y>=years.y) ok,
  case when i.kind='residential_ltc' then '' else coalesce(r.route,'') end,
  case when i.kind='residential_ltc' then '' else coalesce(r.since,'') end,
  min(100, max(0, case i.kind when 'elderly' then res-anyang when 'disability' then res-early
     when 'residential_ltc' then 0 else i.beds end)) beds,
  case when i.kind='residential_ltc' then 0 when owner='public' then 10000 else 20000 end rate,
  q.n is not null and s.waits=0 and (f.y is null or f.y>years.y) and (g.y is null or g.y>years.y) pays
from inst i join years left join qualified q on q.n=i.n and q.y=years.y left join failed f on f.n=i.n
left join route r on r.n=i.n and r.y=years.y left join gone g on g.n=i.n
join state s on s.n=i.n and s.y=years.y order by i.n, years.y
"""
Outcome = tuple[bool, str, str, int, int, int]


def second_opinion(rows: Iterable[dict[str, str]]) -> Iterator[list[Outcome]]:
    """Per row the four years' (eligible, route, since, beds, rate, amount)."""
    base = sqlite3.connect(":memory:")
    base.executescript(TABLES)
    for n, row in enumerate(rows):
        _load(base, n, row)
    base.executescript("create index a on acc(n); create index i on ind(n, id); create index p on pen(n);")
    head, _, last = QUERY.rpartition(";")
    base.executescript(f"{head};")
    four: list[Outcome] = []
    for _, _, eligible, route, since, beds, rate, pays in base.execute(last):
        four.append((bool(eligible), route, since, beds, rate, beds * rate if pays else 0))
        if len(four) == 4:
            yield four
            four = []
    base.close()


def _load(base: sqlite3.Connection, n: int, row: dict[str, str]) -> None:
    numbers = [
        int(row[f"{name}_prev_dec"] or 0)
        for name in ("open_beds", "residents", "anyang_residents", "early_intervention_residents")
    ]
    values = (n, row["type"], row["ownership"], row["founded_on"], *numbers, row["ended_on"])
    base.execute("insert into inst values (?,?,?,?,?,?,?,?,?)", values)
    for one in filter(None, row["accreditations"].split("|")):
        grade, announced, begins, ends, kind = one.split("@")
        if announced == "":
            base.execute("insert into waiting values (?,?)", (n, kind == "re"))
            continue
        since = min(announced, begins or announced)
        passed = grade in ("優", "甲", "乙", "合格")
        base.execute("insert into acc values (?,?,?,?,?)", (n, passed, since, ends, kind == "re"))
    for one in filter(None, row["penalties"].split("|")):
        base.execute("insert into pen values (?,?,?,?)", (n, *one.split("@")))
    for one in filter(None, row["indicators"].split(";")):
        base.execute("insert into ind values (?,?,?)", (n, *one.split("=")))
