"""What the program knows and computes: no window, no neural network library beyond the small runtime.

What travels and what everything stands on:

about               name and version
records             the frozen dataclasses that travel
errors              what the user can act on
texts               the language of the screen, breed names
folders             where settings, library, models and logs live
settings            what the user chose
passphrase          a passphrase that is kept so that nobody can read it
manual              the manual: pages, and where something stands in them
single_instance     one window: a later start hands its photographs to the first
file_locks          locks on open files that end with their process
logs                one log file per start
this_program        from its source, or as a finished program: started again, and what is said of its parts
contents            what a finished program is made of, and whether all of it is there
machine             processors and memory
blas                NumPy's products of matrices on one thread while all processors run networks
licences            the parts that the program is made of, and their licences

One photograph, from the file to the answer:

photo_search        find photographs in folders
photos              open, upright, shrink
colours             any kind of colours -> RGB
inputs              pixels -> what a backbone takes (shared with training)
whitening           neighbouring pixels lose what they have in common
tails               feature map -> embedding, and backwards for heatmaps
inference           photograph -> features -> calibrated probabilities
verdicts            probabilities -> sure, unsure, not a dog
heatmaps            why: evidence maps, laid over the picture
perturbations       why, by asking again: parts covered, moved, taken away; the animal without its background
neurons             which channels carry a class (Shapley), and which photographs excite them
neuron_photographs  the same from the library's vectors, with its thumbnails
explain_methods     the ways to explain an answer: what each is and needs
explaining          all of them computed, for any model
network_layers      what lies inside a network, and what each layer answers
layer_maps          evidence at any layer; all resolutions in one map
gradient_server     maps of inner layers, by Keras in a process of its own
activation_sheet    the strongest channels of a layer
shap_partition      fair shares of the parts of a picture (SHAP)
outlines            the animal cut out of the picture
picture_text        words in pictures
transformations     what classic image processing sees of an object: cut out, filtered, outlined, measured
transformation_sheets  those pictures side by side, with their names
pictures            the picture with its heatmap as a file
picture_sheet       several pictures on a sheet, curves
explain_pictures    explanations as sheets

Models on disk:

bundle_info         what a model says of itself
bundle_files        the files of a model, read with care
bundles             a model: read, check, import, export
bundle_heads        the numbers in head.npz
bundle_memory       what a model keeps of its training, without a photograph
bundle_trial        a stranger's model is tried in a process of its own
models              which models there are, and which is in use
model_loss          what is lost when another model is used
model_versions      a trained model becomes the one in use, and one step back

Many photographs, and what is kept of them:

batch               many photographs on all processors, from the library where it knows them
looks               one file becomes an answer: known already, or asked of the networks
crew                the threads that read; a drive that hangs costs one file
network_sets        as many copies of a model's networks as the memory allows
fingerprints        what decides an answer, as a number
knowledge           what the library knows of photographs for one model
animals             which photographs show the same animal, and its one answer
runs                the runs over folders and their rows
reanswer            a new model answers from the vectors that are kept
tagging             a whole folder into the library: progress, stop, go on
export_files        what exports share: what was written, safe names, full disks
export_folders      a new folder, whole or not at all; names that clash nowhere
export_answers      what an export says of a photograph: a volunteer's word first
exports             rows, CSV, JSON
csv_reading         tables as people's programs save them
shelter_breeds      what shelter software calls a breed: an editable table
shelter_facts       name, code, age and sex, from a table of the shelter's own
shelter_claims      what may be said of an animal's breed, and in which words
shelter_cells       texts as cells that shelter software takes
asm3_options        what the user chooses before animals go to ASM3
export_checks       what ASM3 would refuse or silently change
exports_asm3        animals as ASM3's import file
exports_petfinder   animals as the files of Petfinder and Adopt-a-Pet
exports_excel       a workbook with a small picture in every row
exports_keywords    breeds as keywords: beside the photographs, in copies, in themselves
exports_copies      copies or links sorted by breed
xmp_packets         keywords into XMP data, which otherwise stays as it was
xmp_files           XMP data in and out of JPEG, PNG and WebP
export_jobs         one export as a record: which rows, what kind, how far it is
kept_facts          what the user said of the animals of a run, kept
breed_names_edit    the table of breed names, changed cell by cell
database            the file of the library: opened, migrated, put aside when damaged
library_schema      its tables, and how older ones become the present ones
library_backups     a whole copy before it is brought up to date
library_cells       cells that hold what the program never writes
library_rescue      what can be read of a damaged one
library_aside       what was set aside when a damaged one was renewed, for everybody who uses it
library_unwritten   words that could not be written, until they can
library             the volunteers' own labels, kept beside the predictions, undone in order
reviews             the rows of one run: filtered, sorted, read when they come into sight
row_filters         which rows are wanted, and in which order
row_lists           the rows that a filter wants, sorted
run_columns         all rows of a run as columns in memory, kept up to date
run_words           what people said of them, the same way
folded_texts        very many short texts, looked through for a few letters
figures             how the work on a run stands, how often people agreed, where they did not
neighbours          labels that are perhaps wrong, by their nearest neighbours
name_search         a breed by a few typed letters
name_spelling       what a misspelt one was meant to be
jobs                long work beside the window: start, progress, cancel
processes           an object that lives in a process of its own
served              what lives there for the window: the model, the finder of outlines

Training, as far as the window and the commands know of it (training/ does it, in a process of its own):

backbones           the table of networks that a model can be trained with
train_config        everything that a training decides: config.json of its run
train_records       what a run says of itself: state, data, judgement
train_defaults      good choices where nobody made any
train_typed         the config that was typed after `train`
train_checks        what can be refused before a photograph is read
train_runs          the runs: made, listed, started as a process, stopped, deleted
run_results         what a judged run left in its folder, read back
result_warnings     what must be known to read a judgement rightly, as sentences
train_process       the process of a run: this program, started again
train_lock          what one process holds as long as it lives
study_presets       the studies that can be run again, as data
low_priority        a process that gives way to others

The command line and help:

commands            what may be typed, exit status
commands_classify   a table of many photographs
commands_asm3       a table of their animals for ASM3
explain_arguments   what may be typed after explain
commands_explain    a picture that says why
commands_train      train and evaluate: what may be typed, and the config that it means
commands_study      study: what may be typed
commands_transform  transform: classic image processing of photographs, as files
commands_models     list, show, use, import, export, remove
doctor              what is installed, what is missing, what to do
diagnostics         the file that helps to find a fault
"""

import os

# One thread for numpy's matrix products, set before numpy is there: the waiting threads of its BLAS take the cores from
# the networks (197 instead of 160 ms a photograph with the model "dogs" on two cores).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
