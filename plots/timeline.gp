# timeline.gp - lanes over time. Data: lanes.tsv, marks.tsv, slices.tsv (letters.tsv on a text terminal).
#
# A lane is high where its thread runs and low where it waits, so that the picture reads without colours: full height
# for bytecode and C code, less for waiting for the GIL or a core, a line for I/O and other waits.

half_python = 0.42; half_c = 0.42; half_native = 0.42; half_task = 0.42; half_other = 0.34; half_start_up = 0.30
half_gil_wait = 0.22; half_ready = 0.22; half_io = 0.07; half_wait = 0.07

set xlabel 'time ['.time_unit.']'
set yrange [lowest + 0.4:0.6]
unset ytics
set border 1
unset grid
if (!dumb) { set grid xtics back linecolor rgb '#d8d8d8' linewidth 0.5 }
set xrange [from_s * time_scale:to_s * time_scale]

if (dumb) {
	set lmargin label_columns - 2
	set rmargin 2
	set key off
	legend = ''
	do for [k in kinds] { legend = legend.(strlen(legend) ? ', ' : '').value('title_'.k) }
	set bmargin 5
	set label 1003 legend at screen 0.02,character 1 left
	plot file('lanes.tsv') using (from_s * time_scale):(column('is_heading') > 0 ? NaN : column('lane')):(stringcolumn('label')[1:label_columns - 4]) with labels right offset -1,0, \
		file('lanes.tsv') using (from_s * time_scale):(column('is_heading') > 0 ? column('lane') : NaN):(stringcolumn('label')) with labels left offset 0,0, \
		file('letters.tsv') using (from_s * time_scale):'lane':(stringcolumn('letters')) with labels left offset 0,0
} else {
	set lmargin label_width
	set tmargin 3.6
	legend_rows = ceil((words(kinds) + has_hand_overs + has_requests) / 2.0)
	eval(LEGEND)
	set key samplen 1.6 maxcols 2
	plot for [k in kinds] file('slices.tsv') \
			using (0.5 * (column('start_s') + column('end_s')) * time_scale):(stringcolumn('kind') eq k ? column('lane') : NaN):(column('start_s') * time_scale):(column('end_s') * time_scale):(column('lane') - value('half_'.k)):(column('lane') + value('half_'.k)) \
			with boxxyerror fillcolor rgb value('color_'.k) fillstyle solid noborder title value('title_'.k), \
		has_hand_overs ? file('marks.tsv') : '/dev/null' \
			using (column('time_s') * time_scale):(stringcolumn('what') eq 'hand_over' ? column('from_lane') : NaN):(0):(column('lane') - column('from_lane')) \
			with vectors head filled size screen 0.006,20 linecolor rgb '#000000' linewidth 0.8 title (has_hand_overs ? 'GIL handed over' : ''), \
		has_requests ? file('marks.tsv') : '/dev/null' \
			using (column('time_s') * time_scale):(stringcolumn('what') eq 'drop_request' ? column('lane') + 0.32 : NaN) \
			with points pointtype 11 pointsize 0.6 linecolor rgb '#a00000' title (has_requests ? 'asks for the GIL' : ''), \
		file('lanes.tsv') using (from_s * time_scale):(column('is_heading') > 0 ? NaN : column('lane')):(stringcolumn('label')) with labels right offset -0.8,0 font ',10' notitle, \
		file('lanes.tsv') using (from_s * time_scale):(column('is_heading') > 0 ? column('lane') - 0.25 : NaN):(stringcolumn('label')) with labels left offset 0,0 font ',11' notitle
}
