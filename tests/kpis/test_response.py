from datetime import time

import ibis
import pandas as pd
import pytest

from amlib import kpis
from amlib.business_time import WorkingHours
from amlib.kpis.engine import Query

NINE_TO_FIVE = WorkingHours(((time(9), time(17)),), country=None)


def messages(*pairs):
    received, replied = zip(*pairs, strict=True)
    return pd.DataFrame({"received_at": pd.to_datetime(list(received)), "replied_at": pd.to_datetime(list(replied))})


# Tuesday 6 October 2026 is the first day used here.
@pytest.fixture
def one_unanswered():
    return messages(
        ("2026-10-06 11:00", "2026-10-07 11:00"),  # 6 + 2 = 8 h
        ("2026-10-06 10:00", "2026-10-06 11:00"),  # 1 h
        ("2026-10-06 22:00", "2026-10-06 23:30"),  # at night: 0 h
        ("2026-10-09 16:00", "2026-10-12 11:00"),  # Friday 1 + Monday 2 = 3 h
        ("2026-10-09 16:00", None),
    )


def test_response_time_counts_business_hours(one_unanswered):
    (row,) = kpis.response_time(one_unanswered, NINE_TO_FIVE, within=3).to_dict("records")
    # 0, 1, 3, 8: mean 12/4, median (1+3)/2, p90 at rank 2.7 = 3 + .7 × 5
    assert (row["value"], row["median"], row["p90"]) == pytest.approx((3.0, 2.0, 6.5))
    assert (row["n"], row["received"], row["unanswered"]) == (4, 5, 1)
    # within 3 h: 0, 1 and 3 of five received
    assert row["share_within"] == pytest.approx(3 / 5)
    assert row["unanswered_share"] == pytest.approx(1 / 5)
    # deviation sqrt((9 + 4 + 0 + 25)/3) = 3.559026, error 1.779513, reach 3.487781; below 0 it stops
    assert (row["low"], row["high"]) == pytest.approx((0.0, 6.487781), abs=1e-5)


def test_without_a_service_level_there_is_no_share_within_it(one_unanswered):
    assert kpis.response_time(one_unanswered, NINE_TO_FIVE)["share_within"].isna().all()


def test_nothing_answered_is_null_and_counted(one_unanswered):
    (row,) = kpis.response_time(one_unanswered.tail(1), NINE_TO_FIVE, within=3).to_dict("records")
    assert (row["n"], row["received"], row["unanswered_share"], row["share_within"]) == (0, 1, 1.0, 0.0)
    assert all(pd.isna(row[column]) for column in ("value", "low", "high", "median", "p90"))


def test_one_answer_has_no_interval(one_unanswered):
    (row,) = kpis.response_time(one_unanswered.head(1), NINE_TO_FIVE).to_dict("records")
    assert row["value"] == 8.0
    assert pd.isna(row["low"])
    assert pd.isna(row["high"])


def test_instants_are_taken_to_the_time_zone_of_the_hours(one_unanswered):
    utc = one_unanswered.apply(lambda column: column.dt.tz_localize("Asia/Ho_Chi_Minh").dt.tz_convert("UTC"))
    pd.testing.assert_frame_equal(
        kpis.response_time(utc, NINE_TO_FIVE, by="month"), kpis.response_time(one_unanswered, NINE_TO_FIVE, by="month")
    )


def test_a_reply_before_its_message_is_an_error():
    with pytest.raises(ValueError, match=r"replied_at is 2026-10-06 10:00:00.*\(1 row like it\)"):
        kpis.response_time(messages(("2026-10-06 11:00", "2026-10-06 10:00")), NINE_TO_FIVE)


def test_the_clock_of_the_published_examples():
    # Friday 16:00 to Monday 11:00 at 8 to 17 without a lunch break is 1 + 3 hours
    eight_to_five = WorkingHours(((time(8), time(17)),), country=None)
    found = kpis.response_time(messages(("2026-10-09 16:00", "2026-10-12 11:00")), eight_to_five)
    assert found["value"].item() == 4.0


@pytest.mark.parametrize(
    ("received", "replied", "hours"),
    [
        ("2025-04-26 08:30", "2025-04-26 17:30", 7.5),  # a Saturday worked for the Friday of the week after
        ("2025-05-02 08:30", "2025-05-02 17:30", 0.0),
        ("2026-08-22 11:00", "2026-08-22 14:00", 1.5),  # another one, over lunch
        ("2025-11-24 08:30", "2025-11-24 17:30", 7.5),  # a Monday, and from 2026 on a holiday
        ("2026-11-24 08:30", "2026-11-24 17:30", 0.0),
    ],
)
def test_holidays_and_make_up_saturdays_of_vietnam(received, replied, hours):
    assert kpis.response_time(messages((received, replied)), WorkingHours())["value"].item() == hours


def test_a_message_is_of_the_month_it_was_received_in():
    # Friday 30 October 16:00 to Monday 2 November 10:00: 1 + 1 hours
    found = kpis.response_time(
        messages(("2026-10-30 16:00", "2026-11-02 10:00"), ("2026-11-02 09:00", None)), NINE_TO_FIVE, by="month"
    )
    assert found["month"].astype(str).tolist() == ["2026-10", "2026-11"]
    assert found["value"].fillna(-9).tolist() == [2.0, -9]
    assert found["unanswered"].tolist() == [0, 1]


@pytest.mark.parametrize(("within", "share"), [(8.0, 0.8), (7.99, 0.6), (0.0, 0.2)])
def test_the_service_level_is_kept_to_the_minute(one_unanswered, within, share):
    # 8, 1, 0 and 3 hours of five received
    found = kpis.response_time(one_unanswered, NINE_TO_FIVE, within=within)
    assert found["share_within"].item() == pytest.approx(share)


def test_response_time_of_each_channel(one_unanswered):
    channels = one_unanswered.assign(channel=["zalo", "email", "zalo", "email", "phone"])
    found = kpis.response_time(channels, NINE_TO_FIVE, by="channel")
    assert found["channel"].tolist() == ["email", "phone", "zalo"]
    assert found["value"].fillna(-9).tolist() == [2.0, -9, 4.0]
    assert found["unanswered_share"].tolist() == [0.0, 1.0, 0.0]


def test_nothing_received_has_no_shares(one_unanswered):
    (row,) = kpis.response_time(one_unanswered.iloc[:0], NINE_TO_FIVE, within=4).to_dict("records")
    assert (row["n"], row["received"]) == (0, 0)
    assert all(pd.isna(row[name]) for name in ("value", "share_within", "unanswered_share"))


def test_response_time_equals_sql(agency, sql, same):
    # Counted minute by minute, with the holidays and make-up Saturdays written out.
    same(
        kpis.response_time(agency["messages"], WorkingHours(), by="channel", within=4),
        sql("""
            with days as (
                select unnest(generate_series(date '2025-01-01', date '2027-03-01', interval 1 day))::date as day
            ), working as (
                select day from days
                where isodow(day) <= 5 and day not in (
                    '2025-01-01', '2025-01-27', '2025-01-28', '2025-01-29', '2025-01-30', '2025-01-31', '2025-04-07',
                    '2025-04-30', '2025-05-01', '2025-05-02', '2025-09-01', '2025-09-02', '2026-01-01', '2026-02-16',
                    '2026-02-17', '2026-02-18', '2026-02-19', '2026-02-20', '2026-04-27', '2026-04-30', '2026-05-01',
                    '2026-08-31', '2026-09-01', '2026-09-02', '2026-11-24', '2027-01-01')
                or day in ('2025-04-26', '2026-08-22')
            ), minutes as (
                select id,
                       unnest(generate_series(received_at, replied_at - interval 1 minute, interval 1 minute)) as moment
                from (select *, row_number() over () as id from messages) where replied_at is not null
            ), worked as (
                select id, count(*) filter (
                    moment::date in (select day from working)
                    and (moment::time >= '08:30' and moment::time < '12:00'
                         or moment::time >= '13:30' and moment::time < '17:30')
                ) / 60 as hours
                from minutes group by id
            ), taken as (
                select channel, case when replied_at is not null then coalesce(hours, 0) end as hours
                from (select *, row_number() over () as id from messages) left join worked using (id)
            )
            select channel, avg(hours) as value, count(hours) as n, quantile_cont(hours, 0.5) as median,
                   quantile_cont(hours, 0.9) as p90, count(*) filter (hours <= 4) / count(*) as share_within,
                   count(*) as received, count(*) filter (hours is null) as unanswered
            from taken group by channel order by channel nulls last
        """),
    )


@pytest.mark.pandas_only("what DuckDB is asked, wherever the rows are")
def test_duckdb_keeps_the_values_of_both_quantiles_once():
    columns = {"received_at": "timestamp", "replied_at": "timestamp"}
    there = ibis.duckdb.connect().create_table("messages", schema=columns)
    anywhere = kpis.response_time(ibis.table(columns, name="messages"), NINE_TO_FIVE)
    for sql in (ibis.to_sql(kpis.response_time(there, NINE_TO_FIVE)), Query(anywhere).sql):
        assert sql.upper().count("QUANTILE_CONT") == 1
        assert "[0.5, 0.9]" in sql
    assert "[0.5, 0.9]" not in ibis.to_sql(anywhere, dialect="snowflake")  # which has no such list
