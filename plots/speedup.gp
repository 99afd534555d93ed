# speedup.gp - speedup against an axis, or a bar a variant when there is none. Data: speedup.tsv.

if (has_axis) {
	set xlabel axis
	set ylabel 'speedup over the baseline'
	set yrange [0:*]
	# The ideal line must not press the others to the floor.
	if (has_ideal) { set yrange [0:best_speedup * 1.3] }
	set offsets graph 0.02, graph 0.06, 0, 0
	legend_rows = ceil((series_count + has_ideal + has_band) / 4.0)
	eval(LEGEND)
	set key maxcols 4
	if (dumb) { set key inside top left }
	set style fill transparent solid 0.18 noborder
	plot (has_ideal ? x : NaN) with lines linecolor rgb '#808080' linewidth 1.5 dashtype 3 title (has_ideal ? 'ideal' : ''), \
		for [i = 1:(has_band ? series_count : 0)] file('speedup.tsv') \
			using (column('series') == i ? column('x') : NaN):'low':'high' with filledcurves fillcolor rgb series_color[series_style(i)] title (i == 1 ? '95 % interval' : ''), \
		for [i = 1:series_count] file('speedup.tsv') \
			using (column('series') == i ? column('x') : NaN):'speedup' with linespoints linestyle series_style(i) title value('label_'.i), \
		file('speedup.tsv') using (stringcolumn('mark') ne '-' ? column('x') : NaN):'speedup' with points pointtype 6 pointsize 2.6 linewidth 2 linecolor rgb '#000000' notitle, \
		file('speedup.tsv') using (stringcolumn('mark') ne '-' ? column('x') : NaN):'speedup':(stringcolumn('mark')) with labels offset 0,1.4 font ',11' notitle
} else {
	set xlabel 'speedup over the baseline'
	set yrange [-series_count - 0.6:-0.4]
	set xrange [0:best_speedup * 1.15]
	unset ytics
	set border 1
	set key off
	set lmargin (dumb ? 24 : label_width)
	if (!dumb) { set arrow 1 from 1,-series_count - 0.6 to 1,-0.4 nohead dashtype 3 linecolor rgb '#404040' front }
	plot file('speedup.tsv') using (0.5 * column('speedup')):(-column('series')):(0):'speedup':(-column('series') - 0.3):(-column('series') + 0.3) with boxxyerror fillcolor rgb series_color[1], \
		file('speedup.tsv') using 'speedup':(-column('series')):(sprintf('%.3gx', column('speedup'))) with labels left offset 0.7,0, \
		file('speedup.tsv') using (0):(-column('series')):(stringcolumn('label')) with labels right offset -0.8,0
}
