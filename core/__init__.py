"""What the program knows and computes: no window, no neural network library beyond the small runtime.

records      the frozen dataclasses that travel
errors       what the user can act on
texts        the language of the screen, breed names
folders      where settings, library, models and logs live
settings     what the user chose
logs         one log file per start
photos       find, open, upright, shrink
inputs       pixels -> what a backbone takes (shared with training)
bundles      a model on disk: read, check, import, export
inference    photograph -> features -> calibrated probabilities
verdicts     probabilities -> sure, unsure, not a dog
heatmaps     why: evidence maps and their pictures
outlines     the animal cut out of the picture
library      the database: the volunteers' own labels
exports      rows, CSV, JSON
jobs         long work beside the window: start, progress, cancel
doctor       what is installed, what is missing, what to do
commands     the command line
"""
