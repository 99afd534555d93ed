# common.gp - what all pictures have in common: palette, fonts, axes, foot.
#
# The script that loads this has set: title, foot, note and note_lines (the text under the picture), folder (of the
# data files), dumb (1 on a text terminal), and the variables of its kind; they come from sim/report/plot_*.c.
# Columns are read by name. Colours are Okabe and Ito's, which colour-blind readers can tell apart, ordered so that
# their lightness differs too; what must be told apart without colour differs in height, dash or label besides.

set encoding utf8
set datafile separator tab
set datafile missing ''
# Above the middle of the picture, not of the plot, whose left margin varies; smaller where it is long.
title_font = strlen(title) > 95 ? ',9' : strlen(title) > 78 ? ',11' : ',13'
set label 1000 title at screen 0.5,graph 1 center offset 0,1.6 noenhanced font title_font
set tmargin 3.4
set border 3 linecolor rgb '#404040'
set tics nomirror out
set grid back linecolor rgb '#d8d8d8' linewidth 0.5
set style fill solid 1.0 noborder
file(name) = folder.'/'.name

# What threads are at: pictures of traces. In grey, those that a timeline draws at one height are 35 steps of 255 apart.
color_python = '#005b96'
color_c = '#d9691a'
color_native = '#5cc9a7'
color_gil_wait = '#f0e442'
color_ready = '#b5588f'
color_io = '#b8b8b8'
color_wait = '#e4e4e4'
color_start_up = '#e69f00'
color_other = '#202020'
color_task = '#56b4e9'

# Where time goes: pictures of results; those that have no colour above.
color_run_queue = color_ready
color_lock_wait = '#8c564b'
color_queue_wait = '#ececec'
color_ipc = '#56b4e9'
color_loop_wait = '#f7c6dd'
color_switching = color_other
color_throttled = '#000000'

# Text on these is white.
is_dark(name) = strstrt(' python c run_queue switching lock_wait throttled other ', ' '.name.' ') > 0

# A legend between axis and foot: `legend_rows` is set, then LEGEND evaluated.
LEGEND = "if (!dumb) { set key at screen 0.5,character foot_height center bottom horizontal samplen 3 spacing 1.1 font ',10'; set bmargin foot_height + 1.3 * legend_rows + 3.8 }"

# Lines: colour, dash and point all tell them apart.
array series_color[8] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#000000', '#56b4e9', '#8c564b']
series_style(i) = (i - 1) % 8 + 1
# Tics at 1, 2 and 5 of each power of ten, for logarithmic axes of few decades.
TICS_125 = "do for [power = -6:6] { set ytics add (10.0 ** power, 2 * 10.0 ** power, 5 * 10.0 ** power) }"

array series_dash[8] = [1, 2, 4, 5, 3, 1, 2, 4]
array series_point[8] = [7, 5, 9, 13, 11, 4, 6, 8]
do for [i = 1:8] {
	set style line i linecolor rgb series_color[i] linewidth 2 dashtype series_dash[i] pointtype series_point[i] pointsize 0.9
}

if (!dumb) {
	set label 1001 foot at screen 0.012,character 0.9 left noenhanced font ',9' textcolor rgb '#555555'
	set label 1002 note at screen 0.012,character (1.0 + 1.1 * note_lines) left noenhanced font ',9' textcolor rgb '#555555'
	# From below: foot, note, legend of so many rows, axis.
	foot_height = 1.6 + 1.1 * (note_lines + 1)
	legend_rows = 0
	set bmargin foot_height + 3.4
	set lmargin 11
	set rmargin 4
} else {
	# gilsim writes foot and note below the picture.
	set bmargin 3
	unset label 1000
	set title title noenhanced
	set tmargin 3
	unset grid
}
