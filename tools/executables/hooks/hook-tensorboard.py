"""TensorBoard: its page, and its plugins, which it knows by name."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

datas = collect_data_files("tensorboard")
hiddenimports = collect_submodules("tensorboard.plugins", filter=lambda name: "_test" not in name)
