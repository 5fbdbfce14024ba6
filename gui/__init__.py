"""What the user sees: Tkinter only, no computing.

app                start the window, then everything else behind it
shell              the window: menus, three tabs, notice bar, status line
actions            what can be done, with its visible name and its key
photo_tab          one photograph: opens, asks, shows
photo_canvas       the picture, or what to do to get one
verdict_card       the answer in words, and the volunteer's correction
breed_bars         the likeliest breeds as bars
heatmap_strip      what the heatmap shows, and how
correction_box     type-ahead for the breed that it really is
later_tabs         what is still to come, and what can be done until then
settings_dialog    choices
about              versions and licences
engine             what the worker threads do for the window
background         lanes of work whose results arrive in the main loop
clipboard, dropping, tooltip, theme, desktop   the desktop around the window
"""
