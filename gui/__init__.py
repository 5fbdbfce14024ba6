"""What the user sees: Tkinter only, no computing.

app                start the window, then everything else behind it
later_starts       what comes from a start of the program while this window is open; no_answer: one that does not answer
start_problem      why there is no window; lone_window: a small one of its own
first_model        the model at the start, or what answers in its place
shell              the window: tabs, notice bar, status line; passes on what arrives
shell_menus        what can be done with the window, and the order of the menus
preferences        what the user chooses, applied at once and kept; the dialogs about the program
photo_tab          one photograph: lays out and reports
photo_desk         what happens to the photograph: asks, draws, corrects
on_desk            all that is known of the photograph
photo_actions      what can be done with it, with names and keys
photo_views        what the tab shows of it, in the present language
photo_canvas       the picture, or what to do to get one
verdict_card       the answer in words, and the volunteer's correction
breed_bars         the likeliest breeds as bars
heatmap_strip      what the heatmap shows, and how
correction_box     type-ahead for the breed that it really is
breed_choices      what can be typed there
answer_texts       the answer in words, for the screen, the clipboard and saved pictures
why_window         the window "Why?": further ways to explain an answer; lays out and reports
why_desk           what happens there: asked for, kept, drawn; why_after: how faithful it is, and a file
why_engine         what the worker threads do for it; why_sheets: several pictures side by side
why_methods, why_layers, why_stage, why_faith   parts of the window
why_words          what it says in sentences
folder_tab         the rows of a folder: lays out and reports; built when there are rows
folder_desk        what happens to the rows: listed, filtered, chosen, looked at
folder_run         the tagging: begun, watched, stopped, gone on with
folder_labels      what a volunteer says of the chosen rows
folder_glance      what is seen of the current row
folder_actions     what can be done with them, with names and keys
folder_checks      what is counted and checked after words were said
folder_engine      what the worker threads do for the tab
folder_words       what the tab says in sentences; folder_standing: how the folder stands
folder_welcome, folder_progress, folder_preview, folder_dialogs   parts of the tab
candidate_list, key_bar, name_field   parts of these
figures_page       the figures of a folder; bar_chart, agreement_view, confusion_view: its parts
row_texts          what stands in a row, in words; shown_names: names without what breaks a line
retrain_tab        three steps and the earlier runs: lays out and reports
retrain_desk       what happens there: photographs looked at, choices filled in, a training watched, its result used
retrain_results    what became of trainings: results and earlier runs, their models used; retrain_place: where one is
retrain_run        the process of a training as the window follows it; retrain_board: TensorBoard beside the window
retrain_engine     what the worker threads do for the tab
retrain_source, retrain_acts, retrain_form, retrain_options   what is chosen there, without widgets
retrain_words      what the tab says in sentences; retrain_actions: its keys
retrain_page       what its pages share
retrain_locked, retrain_photos, retrain_findings, retrain_choices, retrain_advanced   its first two steps
retrain_live, retrain_result, retrain_mistakes, retrain_runs, retrain_dialogs   a training, its result, earlier runs
photo_grid, drop_box, sorted_table, field_list, truth_matrix, curve_chart, calibration_chart   parts of these
passphrase_dialog  set, change or remove the passphrase of the Retrain tab
settings_dialog    choices
about              versions and licences; licences_dialog: their texts
help_dialog        what to do, and every key
manual_desk        the manual: pages read, links followed, words searched; manual_window, manual_page: how it looks
dialog, notice_bar, status_line, scroll_frame, tooltip, menus, shapes, icons   parts of a window
actions            what can be done, with its visible name and its key; focus: where the keyboard is; text_keys: fields
engine             what the worker threads do for the window; library_watch: the library, waited for with words
background         lanes of work whose results arrive in the main loop; garbage: what is left is freed there too
window_place       where the window opens, so that it fits on the screen
timers             what a widget wanted to do later is called off with it
clipboard, dropping, desktop, theme   the desktop around the window; widget_styles: what the theme leaves too faint
timeline           how long the start takes
check              what the doctor asks about the window
draw_icons         makes resources/icons
"""
