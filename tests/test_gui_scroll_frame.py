"""Frames that scroll: the wheel turns those that are there, whatever was shown before."""

from __future__ import annotations

import tkinter
from tkinter import ttk

import pytest

from gui.scroll_frame import ScrollFrame
from tests.plain_window import *  # noqa: F403
from tests.plain_window import Plain


def high_frame(plain: Plain, parent: tkinter.Misc, room_px: int = 200) -> tuple[ScrollFrame, ttk.Label]:
    """A frame of this height with far more in it, and the label in the middle of its sight."""
    frame = ScrollFrame(parent, plain.look)
    frame.place(x=0, y=0, width=300, height=room_px)
    labels = [ttk.Label(frame.inside, text=f"line {number}") for number in range(60)]
    for label in labels:
        label.pack()
    plain.root.update()
    return frame, labels[3]


@pytest.mark.parametrize("event", ["<Button-5>", "<MouseWheel>"])
def test_the_wheel_scrolls_the_new_page_after_the_old_one_has_gone(plain: Plain, event: str) -> None:
    old, _label = high_frame(plain, plain.root)
    old.destroy()
    frame, label = high_frame(plain, plain.root)
    if event == "<MouseWheel>":
        label.event_generate(event, delta=-120)
    else:
        label.event_generate(event)
    plain.root.update()
    assert frame._view.canvasy(0) > 0
    assert plain.errors == []


def test_a_window_hears_the_wheel_once_however_many_frames_it_had(plain: Plain) -> None:
    for _ in range(5):
        high_frame(plain, plain.root)[0].destroy()
    assert len([line for line in plain.root.bind("<Button-5>").splitlines() if line.strip()]) == 1


def test_of_two_frames_one_in_the_other_the_inner_one_scrolls(plain: Plain) -> None:
    outer, _label = high_frame(plain, plain.root, 400)
    inner, label = high_frame(plain, outer.inside)
    label.event_generate("<Button-5>")
    plain.root.update()
    assert inner._view.canvasy(0) > 0
    assert outer._view.canvasy(0) == 0


def test_elsewhere_the_wheel_scrolls_nothing(plain: Plain) -> None:
    frame, _label = high_frame(plain, plain.root)
    beside = ttk.Label(plain.root, text="beside")
    beside.place(x=400, y=10)
    plain.root.update()
    beside.event_generate("<Button-5>")
    plain.root.update()
    assert frame._view.canvasy(0) == 0
