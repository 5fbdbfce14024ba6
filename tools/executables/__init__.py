"""How the finished programs are built, checked and measured: `make exe`.

make        build, and look whether nothing is missing
parts       what belongs in: names, data, modules, versions, licences
promises    which modules each of them has
slim        what stays out
elf_needs   a library that asks for fewer others
absent      stands for native modules that are imported and never called
hooks       what PyInstaller does not know of some packages
measure     sizes and times
"""
