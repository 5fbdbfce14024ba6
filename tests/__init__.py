"""Tests, flat: test_core_*, test_gui_*, test_training_*."""
