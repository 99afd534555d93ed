# load.gp - throughput, and p50 and p99, against the arrival rate. Data: load.tsv.

unset title
unset label 1000
set key outside right top vertical samplen 3 spacing 1.25 font ',9'
if (dumb) { set key inside top left }
set rmargin (dumb ? 4 : 14 + (legend_width > 10 ? legend_width : 10))
set lmargin 12
set multiplot title title font title_font
set size 1,0.44
set origin 0,0.50
set bmargin 2
set tmargin 2
set yrange [0:*]
set format x ''
set ylabel 'served per second'
plot x with lines linecolor rgb '#808080' linewidth 1 dashtype 3 title 'all that arrives', \
	for [i = 1:series_count] file('load.tsv') using (column('series') == i ? column('x') : NaN):'throughput_per_s' with linespoints linestyle series_style(i) title value('label_'.i), \
	file('load.tsv') using (column('saturated') > 0 ? column('x') : NaN):'throughput_per_s' with points pointtype 6 pointsize 2 linewidth 2 linecolor rgb '#000000' title 'saturated'
unset label 1001
unset label 1002
set origin 0,0
set size 1,0.5
set bmargin (dumb ? 3 : foot_height + 3)
set format x '%g'
set xlabel axis
set ylabel 'p99, thin: p50 [ms]' offset 0,0
set logscale y
set yrange [*:*]
set format y '%g'
plot for [i = 1:series_count] file('load.tsv') using (column('series') == i ? column('x') : NaN):(column('p99_s') * 1e3) with linespoints linestyle series_style(i) title value('label_'.i).', p99', \
	for [i = 1:series_count] file('load.tsv') using (column('series') == i ? column('x') : NaN):(column('p50_s') * 1e3) with lines linestyle series_style(i) linewidth 1 notitle, \
	(slo_s == slo_s ? slo_s * 1e3 : NaN) with lines linecolor rgb '#a00000' linewidth 1.5 dashtype 2 title (slo_s == slo_s ? slo_text : '')
unset multiplot
