# latency.gp - percentiles of the sojourn on a logarithmic tail axis. Data: latency.tsv.

set logscale x
set logscale y
set xrange [0.6:0.0008] reverse
set xtics ('50 %%' 0.5, '90 %%' 0.1, '95 %%' 0.05, '99 %%' 0.01, 'max' 0.001)
set xlabel 'share of tasks that take no longer'
set ylabel 'sojourn of a task ['.time_unit.']'
set yrange [shortest_s * time_scale / 1.4:longest_s * time_scale * 1.4]
legend_rows = ceil((series_count + 1) / 4.0)
eval(LEGEND)
set key maxcols 4
if (dumb) { set key inside top left }
set format y '%g'
eval(TICS_125)
plot for [i = 1:series_count] file('latency.tsv') \
		using (column('series') == i ? column('tail') : NaN):(column('sojourn_s') * time_scale) with linespoints linestyle series_style(i) title value('label_'.i), \
	(slo_s == slo_s ? slo_s * time_scale : NaN) with lines linecolor rgb '#a00000' linewidth 1.5 dashtype 2 title (slo_s == slo_s ? slo_text : '')
