"""Lanes of work: order, results in the caller's thread, what is dropped, what fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from core.errors import Cancelled, UserError
from core.jobs import Job, Jobs

LONGEST_S = 20.0


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    """Jobs that are closed after the test."""
    made = Jobs()
    yield made
    made.close()


def deliver_until(jobs: Jobs, is_done: Callable[[], bool]) -> None:
    until = time.monotonic() + LONGEST_S
    while not is_done():
        assert time.monotonic() < until, "the jobs did not finish"
        if not jobs.deliver():
            time.sleep(0.001)


def unexpected(result: object) -> None:
    raise AssertionError(f"nobody expected {result!r}")


def test_work_runs_elsewhere_and_its_result_arrives_here(jobs: Jobs) -> None:
    threads: list[threading.Thread] = []

    def done(worker: threading.Thread) -> None:
        threads.extend([worker, threading.current_thread()])

    jobs.start("lane", lambda _job: threading.current_thread(), done, unexpected)
    deliver_until(jobs, lambda: bool(threads))
    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.current_thread()


def test_one_lane_keeps_its_order(jobs: Jobs) -> None:
    seen: list[int] = []
    for number in range(50):
        jobs.start("lane", lambda _job, number=number: number, seen.append, unexpected)  # type: ignore[misc]
    deliver_until(jobs, lambda: not jobs.busy)
    assert seen == list(range(50))


def test_lanes_do_not_wait_for_each_other(jobs: Jobs) -> None:
    gate, seen = threading.Event(), list[str]()
    jobs.start("slow", lambda _job: gate.wait(LONGEST_S), lambda _opened: seen.append("slow"), unexpected)
    jobs.start("quick", lambda _job: "quick", seen.append, unexpected)
    deliver_until(jobs, lambda: bool(seen))
    gate.set()
    deliver_until(jobs, lambda: not jobs.busy)
    assert seen == ["quick", "slow"]


def test_a_newer_job_of_the_same_topic_replaces_the_earlier_one(jobs: Jobs) -> None:
    gate, begun, seen, worked = threading.Event(), threading.Event(), list[str](), list[str]()

    def first(_job: Job) -> str:
        begun.set()
        gate.wait(LONGEST_S)
        return "first"

    def second(_job: Job) -> str:
        worked.append("second")
        return "second"

    jobs.start("lane", first, seen.append, unexpected, topic="photo")
    assert begun.wait(LONGEST_S)
    jobs.start("lane", second, seen.append, unexpected, topic="photo")
    jobs.start("lane", lambda _job: "third", seen.append, unexpected, topic="photo")
    gate.set()
    deliver_until(jobs, lambda: not jobs.busy)
    assert seen == ["third"]
    assert worked == [], "a job that was replaced while it waited must not be worked off"


def test_dropped_jobs_are_silent_even_when_they_fail(jobs: Jobs) -> None:
    gate, seen = threading.Event(), list[object]()

    def work(_job: Job) -> None:
        gate.wait(LONGEST_S)
        raise UserError("too late")

    jobs.start("lane", work, seen.append, seen.append, topic="photo")
    jobs.drop("photo", "never started")
    gate.set()
    deliver_until(jobs, lambda: not jobs.busy)
    assert seen == []


def test_long_work_stops_when_it_asks(jobs: Jobs) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def work(job: Job) -> None:
        begun.set()
        try:
            while True:
                job.stop_if_cancelled()
                time.sleep(0.001)
        except Cancelled:
            stopped.set()
            raise

    jobs.start("lane", work, unexpected, unexpected, topic="long")
    assert begun.wait(LONGEST_S)
    jobs.drop("long")
    assert stopped.wait(LONGEST_S)
    deliver_until(jobs, lambda: not jobs.busy)


def test_failures_arrive_and_do_not_end_the_lane(jobs: Jobs) -> None:
    errors: list[Exception] = []
    seen: list[str] = []

    def work(_job: Job) -> str:
        raise UserError("a reason")

    jobs.start("lane", work, seen.append, errors.append)
    jobs.start("lane", lambda _job: "next", seen.append, unexpected)
    deliver_until(jobs, lambda: not jobs.busy)
    assert [str(error) for error in errors] == ["a reason"]
    assert seen == ["next"]


def test_an_error_in_a_callback_passes_and_loses_no_other_result(jobs: Jobs) -> None:
    seen: list[int] = []

    def broken(_result: int) -> None:
        raise ValueError("in the callback")

    jobs.start("lane", lambda _job: 1, broken, unexpected)
    jobs.start("lane", lambda _job: 2, seen.append, unexpected)
    with pytest.raises(ValueError, match="in the callback"):
        deliver_until(jobs, lambda: not jobs.busy)
    deliver_until(jobs, lambda: not jobs.busy)
    assert seen == [2]


def test_says_what_the_oldest_wanted_job_does(jobs: Jobs) -> None:
    gate = threading.Event()

    def wait(_job: Job) -> bool:
        return gate.wait(LONGEST_S)

    jobs.start("a", wait, lambda _done: None, unexpected)
    jobs.start("b", wait, lambda _done: None, unexpected, says="opening", topic="open")
    jobs.start("c", wait, lambda _done: None, unexpected, says="looking")
    assert jobs.says == "opening"
    jobs.drop("open")
    assert jobs.says == "looking"
    gate.set()
    deliver_until(jobs, lambda: not jobs.busy)
    assert jobs.says == ""


def test_a_promise_is_kept_when_everything_is_closed() -> None:
    jobs, kept = Jobs(), list[str]()
    gate = threading.Event()
    jobs.start("lane", lambda _job: gate.wait(LONGEST_S), unexpected, unexpected)
    jobs.start("lane", lambda _job: kept.append("called off"), unexpected, unexpected)
    jobs.start("lane", lambda _job: kept.append("promised"), unexpected, unexpected, is_promise=True)
    threading.Timer(0.05, gate.set).start()
    jobs.close(LONGEST_S)
    assert kept == ["promised"]


def test_close_does_not_wait_for_ever() -> None:
    jobs, gate = Jobs(), threading.Event()
    jobs.start("lane", lambda _job: gate.wait(LONGEST_S), unexpected, unexpected)
    jobs.start("lane", lambda _job: None, unexpected, unexpected)
    began = time.monotonic()
    jobs.close(patience_s=0.05)
    assert time.monotonic() - began < LONGEST_S / 2
    gate.set()
