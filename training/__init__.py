"""How models are made: data sets, networks, fitting, judging.  Keras lives here, in a process of its own.

samples      the records that travel: photographs with labels, shared out in parts
telling      how steps say how far they are, and hear that they shall stop
run          one run: its steps in order, gone on with after any end
run_telling  how its process tells the window, by files
time_spent   how long it has been worked on in all
matrix_threads  more threads for numpy while a head is fitted
beginning    the model that it begins from and is compared with, the same one at each start
kept_data    the photographs as they were shared out, for going on
commands     train and evaluate on the command line
shown        their progress on a terminal
search_command  a search on the command line
embeddings   photographs -> vectors that are kept, of any model, with the library's among them
softmax_fit  softmax regression in numpy: L-BFGS, and the choice of its strength
head_task    what head mode begins with: vectors, and the model that is continued
head_mode    a linear head on stored vectors, in seconds
memory       what a model remembers of its training, and how that is rehearsed

data_set     the first step: read, look, share out, write down
sources      one labelled set of photographs, wherever it comes from
found        what a source gives, after the administrator's changes
folder_source   a folder for each class
table_source    a table of photographs
tables       CSV and Excel, and their columns
library_source  what the volunteers said
labels       the name of a class -> a label
stretch      several steps as one, for who waits
photo_facts  content, size and a grey copy of each file, kept
look_alikes  which photographs are nearly the same picture
wrong_labels labels that are perhaps wrong, cross-validated
data_check   everything that may be wrong, as findings
split        training, validation, test, by class and group
balance      classes of different sizes

augment      another view of the same picture, by chance
whitening    the numbers for whitening, from training pictures
preview      what the augmentation does, as a picture

ready        a network of core.backbones -> LiteRT files, made once and kept; no TensorFlow for the shipped ones
weight_files files of weights: found, checked, read
downloads    published weights onto this computer
builders     Keras' networks up to their last feature map, and classifiers on top of them
from_litert  networks from their LiteRT files back into Keras, to be fine-tuned or looked into
gradients    true gradients at every layer of any model, for the maps of core.layer_maps
scratch      small networks that are trained from nothing
package      what was trained -> a draft of a model on disk
folding      a trained Keras classifier -> networks and head
devices      what Keras computes on

finish       the end of a run: calibration, judgement, the finished model, all files
evaluate     the same judgement of any model on any labelled photographs
asking       what a bundle answers to photographs with labels
judgement    every figure, from probabilities
class_order  look-alike classes side by side
rivals       the model in use on the same photographs
comparison   which got better, which worse, and whether that can be chance
run_heatmaps the worst mistakes, and what spoke for them
result_files the tables of a judged run
report       the same as one page, of its parts: report_charts, report_classes, report_matrix, report_photos,
             report_style, report_words
trained_card MODEL_CARD.md of a model that somebody trained
trained_memory  which photographs it was trained on

study        the comparisons of earlier projects: every variant a run, one after the other, gone on with
study_records  what a study keeps of itself
study_data   its photographs: fewer for a quick try, a class for all else, one split for all variants
study_tables its results as CSV and Markdown
study_charts the curves of all variants in one picture
study_pictures  what augmentation and image processing make of some of its photographs
study_report all of it as one page

fit          fine-tuning and training from scratch, gone on with after any end
stages       which layers move when
feeding      photographs -> batches, ahead of the device
epochs       one epoch, batch by batch
optimisers   how weights are moved
schedules    how fast, as time goes by
losses       what is made small
checkpoints  how far a fitting is, on disk
tensorboards its curves for TensorBoard
estimate     how long it will take on this computer
search       which choices are best, by trying (Optuna)
search_space what is tried, and what a configuration becomes with it

weights      ImageNet weights from files
networks     the backbones, built in Keras and filled with them
u2net        the network for outlines, likewise
convert      a Keras network -> a LiteRT file
views        what a backbone is shown of a training photograph
embed        photographs -> stored embeddings, through the very files that ship
heads        linear softmax heads
calibrate    temperature, thresholds, figures
judge        what a bundle makes of a folder, by the code that answers the user
describe     what a shipped model says of itself
card         MODEL_CARD.md
ship         the one command that makes the models
trials       what was tried, as a table
"""

import os

# `core` gives numpy's matrix products one thread; fitting heads is nothing but matrix products.
os.environ.setdefault("OPENBLAS_NUM_THREADS", str(os.cpu_count() or 1))
