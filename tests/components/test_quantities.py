from components.quantities import ago, count, decimal, duration, percent, size


def test_durations_have_the_unit_that_people_use():
    assert [duration(value) for value in (None, 0.44, 12.3, 187, 3729)] == ["–", "0.4 s", "12 s", "3:07 min", "1:02:09 h"]


def test_sizes_and_counts_stay_short():
    assert [size(value) for value in (12, 3_400, 5_600_000, 7_800_000_000)] == ["12 B", "3 KB", "6 MB", "7.8 GB"]
    assert [count(value) for value in (None, 999, 250_000, 1_500_000)] == ["–", "999", "250\u202f000", "1.5 M"]


def test_a_number_that_is_not_there_is_a_dash():
    assert (decimal(None), decimal(float("nan")), percent(None)) == ("–", "–", "–")
    assert (decimal(-0.25), percent(0.5)) == ("\u22120.25", "50 %")


def test_moments_are_told_as_time_passed():
    assert [ago(1000.0, now=1000 + passed) for passed in (5, 90, 7200, 200_000)] == [
        "just now",
        "1 min ago",
        "2 h ago",
        "2 d ago",
    ]
    assert ago("1970-01-01T00:16:40+00:00", now=1090.0) == "1 min ago"
