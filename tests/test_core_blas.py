"""Products of matrices take one thread while a batch is at work, and as many as before afterwards."""

from __future__ import annotations

import pytest

from core import blas


class Threads:
    """An OpenBLAS that only counts."""

    def __init__(self) -> None:
        self.now = 4

    def set(self, number: int) -> None:
        self.now = number


def test_one_thread_as_long_as_anybody_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = Threads()
    monkeypatch.setattr(blas, "_openblas", lambda: (lambda: threads.now, threads.set))
    first, second = blas.one_blas_thread(), blas.one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert threads.now == 1
    second.__exit__(None, None, None)
    assert threads.now == 4


def test_threads_come_back_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = Threads()
    monkeypatch.setattr(blas, "_openblas", lambda: (lambda: threads.now, threads.set))
    with pytest.raises(ValueError, match="wrong"), blas.one_blas_thread():
        raise ValueError("wrong")
    assert threads.now == 4


def test_without_openblas_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "_openblas", lambda: None)
    with blas.one_blas_thread():
        pass


def test_the_one_that_numpy_uses_is_set() -> None:
    found = blas._openblas()
    if found is None:
        pytest.skip("this NumPy has no OpenBLAS of its own")
    get, _ = found
    before = get()
    with blas.one_blas_thread():
        assert get() == 1
    assert get() == before
