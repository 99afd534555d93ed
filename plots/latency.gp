# latency.gp - percentiles of the sojourn on a logarithmic tail axis. Data: latency.csv.

set logscale x
set logscale y
set xrange [0.6:0.0008] reverse
set xtics ('50 %' 0.5, '90 %' 0.1, '95 %' 0.05, '99 %' 0.01, 'max' 0.001)
set xlabel 'share of tasks that take no longer'
set ylabel 'sojourn of a task ['.time_unit.']'
set offsets 0, 0, graph 0.08, graph 0.08
set key outside below center horizontal samplen 3.5 font ',10'
if (dumb) { set key inside top left }
if (!dumb) { set bmargin 8 + note_lines }
plot for [i = 1:series_count] file('latency.csv') \
		using (column('series') == i ? column('tail') : NaN):(column('sojourn_s') * time_scale) with linespoints linestyle series_style(i) title value('label_'.i), \
	(slo_s == slo_s ? slo_s * time_scale : NaN) with lines linecolor rgb '#a00000' linewidth 1.5 dashtype 2 title (slo_s == slo_s ? slo_text : '')
